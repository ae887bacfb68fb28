/* Distinct names and their numbers: 1.. in order of arrival while they are collected, and after
 * td_vocabulary_sort in byte order, when they are the ids that a model's tables go by. 0 is the id
 * of every name that is not in it.
 *
 * All functions are Local. Names are bytes and need no terminator. A vocabulary holds at most
 * TD_VOCABULARY_MAX names, since ids are 32-bit.
 */
#ifndef TD_DATA_VOCABULARY_H
#define TD_DATA_VOCABULARY_H

#include "base/str.h"

#include <stdint.h>

enum { TD_VOCABULARY_MAX = INT32_MAX - 1 };

typedef struct td_vocabulary td_vocabulary;

/* td_vocabulary_free frees it; NULL may be freed. */
td_vocabulary *td_vocabulary_create(void);
void td_vocabulary_free(td_vocabulary *vocabulary);

/* Returns how many names there are. */
int32_t td_vocabulary_count(const td_vocabulary *vocabulary);

/* Returns the number of a name, which is count + 1 if the name is new; 0 if it is new and the
 * vocabulary is full. */
int32_t td_vocabulary_add(td_vocabulary *vocabulary, td_str name);

/* The same of names one after the other, whose numbers it sets; it waits for memory once for many
 * of them. names are not the vocabulary's own. */
void td_vocabulary_add_strings(td_vocabulary *vocabulary, const td_strings *names,
                               int32_t *numbers);

/* Returns the number of a name, 0 if it has none. */
int32_t td_vocabulary_find(const td_vocabulary *vocabulary, td_str name);

/* Tells the processor that the name will be looked for: what is done meanwhile hides the wait for
 * memory. */
void td_vocabulary_expect(const td_vocabulary *vocabulary, td_str name);

/* Returns the name of number, in 1..count; it lasts until the next name is added. */
td_str td_vocabulary_name(const td_vocabulary *vocabulary, int32_t number);

/* Renumbers the names in byte order. Returns the new number of each old one (count + 1 elements,
 * 0 stays 0); the caller frees it with td_free. */
int32_t *td_vocabulary_sort(td_vocabulary *vocabulary);

/* The same, and gives count ids, old numbers, their new ones. */
void td_vocabulary_sort_ids(td_vocabulary *vocabulary, int64_t count, int32_t *ids);

/* Returns a copy of the names of count numbers, in this order; free it with td_strings_free. */
td_strings td_vocabulary_strings(const td_vocabulary *vocabulary, int64_t count,
                                 const int32_t *numbers);

/* The same of all names by rising number. */
td_strings td_vocabulary_list(const td_vocabulary *vocabulary);

#endif
