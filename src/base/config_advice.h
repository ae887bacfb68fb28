/* What a table of types and ranges does not say of a configuration key: when to use it, an example,
 * and the words that others use for it. Internal to base. Local. */
#ifndef TD_BASE_CONFIG_ADVICE_H
#define TD_BASE_CONFIG_ADVICE_H

#include <stdbool.h>
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

/* Whether two words are the same but for case, '_', '-' and blanks: `early stopping` is
 * `earlystopping`. */
bool td_advice_same_word(const char *a, size_t length, const char *b);

/* Whether a word is among those of an advice. */
bool td_advice_has_word(const td_key_advice *advice, const char *word);

/* Returns the advice on a key that is called so elsewhere, "optimizer.lr" or "lr": of the section
 * that is named, else of any; NULL if there is none. */
const td_key_advice *td_advice_called(const char *name);

#endif
