/* Names of users or items, looked up by what someone typed.
 *
 * Numbers count from 1 in the order of the list, as ids do; 0 is no name. All functions are Local.
 */
#ifndef TD_DATA_NAMES_H
#define TD_DATA_NAMES_H

#include "base/str.h"
#include "store/file.h"
#include "text/fields.h"

#include <stddef.h>
#include <stdint.h>

typedef struct td_names td_names;

/* Copies the names of a list, at most TD_VOCABULARY_MAX. td_names_free frees it; NULL may be
 * freed. */
td_names *td_names_create(const td_strings *list);
void td_names_free(td_names *names);

/* Returns the id, from 1 to buckets, that a hashed field gives a name: 1 + XXH3 (64 bits, seed 0)
 * of its bytes modulo buckets. */
int32_t td_names_hash(td_str name, int64_t buckets);

/* Returns the number of a name, the first if several are equal; 0 if there is none. */
int32_t td_names_find(const td_names *names, td_str name);

enum { TD_NAMES_NEAREST = 3, TD_NAMES_LONGEST = 256 };

/* Finds the names that someone may have meant by an unknown one, nearest first, by distance:
 *   4 for each byte of name that must be changed, added or left out, upper and lower case of
 *   ASCII letters being alike; 1 for each byte of the other name after the part that fits, and for
 *   each before it, with 3 more if there are any.
 * So a title is found by its beginning or a part of it, misspelt or not, and shorter titles come
 * first. Of equal distances, the first in the list. Names in which more than a third of the bytes
 * would be wrong are none, and nothing is near to an empty name or to one of more than
 * TD_NAMES_LONGEST bytes. Sets nearest, to texts that last as long as names, and returns how many
 * there are. It looks at every name: some ms for ten thousand. */
size_t td_names_nearest(const td_names *names, td_str name, td_str nearest[TD_NAMES_NEAREST]);

#endif
