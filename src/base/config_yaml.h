/* YAML trees into a td_config. Internal to base.
 *
 * All functions are Local, answer TD_ERR_CONFIG for what is wrong with the text, and may then
 * leave config half-set: callers hand in a copy.
 */
#ifndef TD_BASE_CONFIG_YAML_H
#define TD_BASE_CONFIG_YAML_H

#include "base/config_table.h"
#include "base/yaml.h"
#include "tandem/config.h"

/* Sets the keys that a text names. */
td_status td_config_read_tree(const td_yaml *root, td_config *config);

/* Sets key to the value that a node is. */
td_status td_config_read_value(const td_config_key *key, const td_yaml *node, td_config *config);

#endif
