/* Conditions on the rows of a frame, as people write them: one grammar for filters, the rows of
 * tasks, splits and groups.
 *
 *     rating >= 4 and event in [cart, purchase]
 *     users.age < 30 or not (items.genres = Horror or time < 1998-04-23)
 *
 *     condition   all { "or" all }
 *     all         one { "and" one }
 *     one         "not" one | "(" condition ")" | field test
 *     test        comparison value | ["not"] "in" "[" value { "," value } "]"
 *                 | "is" ["not"] "missing"
 *     comparison  "=" "!=" "<" "<=" ">" ">="
 *
 * A field is one of a schema, by its name, before which "users." or "items." may stand: then it is
 * one of theirs. A value is a finite decimal number, a time (time_text.h) or the name of a
 * category, as the field's kind has it; categories have = and != and in only, texts and vectors `is
 * missing` alone. A word ends at a blank or at one of ()[],=!<>; a name that is no such word, or
 * that is one of the words above, stands in '' or "", where a quote is written twice.
 *
 * A value that is missing satisfies no comparison: neither rating < 4 nor rating >= 4, nor
 * not rating < 4, nor rating not in [1, 2]. `not` is the opposite of each comparison that it
 * reaches, so that a row may satisfy neither a condition nor its opposite. A list of categories
 * satisfies = and in if any of its names does, != and not in if none does and it is not empty; it
 * is missing if it is empty. Numbers are compared as the 32-bit numbers that fields hold: 4.1 is
 * the 4.1 of the data.
 *
 * All functions are Local, but for what names->find may be.
 */
#ifndef TD_DATA_CONDITION_H
#define TD_DATA_CONDITION_H

#include "base/place.h"
#include "base/range.h"
#include "data/frame.h"
#include "data/schema.h"

#include <stdbool.h>
#include <stdint.h>

/* Limits of a text: its bytes, and how deep parentheses stand within each other. */
enum { TD_CONDITION_LARGEST = 1 << 16, TD_CONDITION_DEPTH = 32 };

/* What the names in a text mean. */
typedef struct {
    const td_schema *schema;

    /* Sets *id to that of a category's name, of a field with a vocabulary: 0 if it has none, which
     * no value then equals. May fail, for example because the name is none: the message is put
     * after the text's place. It is asked in the order of the text, so that it may be Collective
     * where all ranks parse the same text. */
    td_status (*find)(void *of, const td_schema_field *field, td_str name, int32_t *id);
    void *of;
} td_condition_names;

typedef struct td_condition td_condition;

/* Reads a text, whose own place is `place`. TD_ERR_CONFIG with that place, the column in the text,
 * what was expected, what was found and the nearest field's name; or what find fails with. Free
 * *condition, which is NULL after a failure, with td_condition_free. */
td_status td_condition_parse(const char *text, td_place place, const td_condition_names *names,
                             td_condition **condition);
void td_condition_free(td_condition *condition);

/* The frames that have the fields, by what they are of. Row r of those that are asked about is row
 * place[of][r] of a frame, or row r if place[of] is NULL. A place below 0 is no row: all its values
 * are missing. */
typedef struct {
    const td_frame *frame[TD_OFS];
    const int32_t *place[TD_OFS];
} td_condition_rows;

/* Sets holds[i], for 0 <= i < range.count, to whether row range.first + i satisfies the condition.
 * The frames have the fields that the condition names, of their kind's type. */
void td_condition_test(const td_condition *condition, const td_condition_rows *rows, td_range range,
                       bool *holds);

/* Tells whether the condition names a field of users, items or rows. */
bool td_condition_names_any(const td_condition *condition, td_of of);

/* Returns the names of the fields of users, items or rows that the condition names, each once; they
 * end with NULL, and are the condition's. The caller frees the list with td_free. */
const char **td_condition_fields(const td_condition *condition, td_of of);

#endif
