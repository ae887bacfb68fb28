/* YAML into a td_config, through libyaml. Internal to base.
 *
 * All functions are Local, answer TD_ERR_CONFIG for what is wrong with the text, and may then
 * leave config half-set: callers hand in a copy.
 */
#ifndef TD_BASE_CONFIG_YAML_H
#define TD_BASE_CONFIG_YAML_H

#include "base/config_table.h"
#include "tandem/config.h"

enum { TD_YAML_LARGEST = 1 << 20 }; /* bytes of a configuration, far more than any needs */

/* Sets the keys that the size bytes of text name; where names the text in messages. */
td_status td_yaml_read(const char *text, size_t size, const char *where, td_config *config);

/* Sets key to the value that text is. */
td_status td_yaml_read_value(const td_config_key *key, const char *text, const char *where,
                             td_config *config);

#endif
