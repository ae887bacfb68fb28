/* YAML trees into a td_config. Internal to base.
 *
 * All functions are Local, answer TD_ERR_CONFIG for what is wrong with the text, and then leave
 * config as it was.
 */
#ifndef TD_BASE_CONFIG_YAML_H
#define TD_BASE_CONFIG_YAML_H

#include "base/config_section.h"
#include "base/yaml.h"

/* Sets the keys that a text names. */
td_status td_config_read_tree(const td_yaml *root, td_config *config);

/* Sets the key of this full name to the value that a node is. */
td_status td_config_set_value(const char *name, const td_yaml *value, td_config *config);

#endif
