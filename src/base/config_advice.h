/* What a table of types and ranges does not say of a configuration key: when to use it, an example,
 * and the words that others use for it. Internal to base. Local. */
#ifndef TD_BASE_CONFIG_ADVICE_H
#define TD_BASE_CONFIG_ADVICE_H

#include <stddef.h>

typedef struct {
    const char *key;     /* its full name; "features.width" for the key of an entry */
    const char *use;     /* when to use it */
    const char *example; /* a value, in YAML's notation */
    const char *words;   /* what it is called elsewhere, between blanks; "" for nothing else */
} td_key_advice;

extern const td_key_advice td_config_advice[];
extern const size_t td_config_advice_count;

/* Returns the advice on a key, NULL if there is none (a test sees to it that there is). */
const td_key_advice *td_advice_find(const char *key);

#endif
