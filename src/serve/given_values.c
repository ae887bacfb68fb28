/* Records as the data have them: ids of their names, tokens, items of histories. */
#include "serve/given_parts.h"

#include "base/memory.h"
#include "data/names.h"
#include "data/tokens.h"
#include "serve/user_embeddings.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>

bool td_given_can_be(const td_given *given, const td_schema_field *field)
{
    const bool has_time = field->role == TD_ROLE_TIME && given->of != TD_OF_ROW;
    const bool fits = field->of == given->of || (field->of == TD_OF_ROW && given->of == TD_OF_USER);
    return fits && field->kind != TD_KIND_NUMBERS &&
           (td_role_may_miss(field->role) || field->role == TD_ROLE_TITLE || has_time);
}

static void count_unknown(td_given *given, const char *field, int32_t id, td_str name)
{
    given->unknown_values += id == 0;
    if (id == 0 && !given->unknown_value)
        given->unknown_value = td_print_text("%s '%s'", field, td_excerpt_of_str(name).text);
}

/* A category's names as read become ids of the data: ids[n] is that of name number n. */
static td_status find_ids(td_given *given, const char *where, const td_schema_field *field,
                          const td_vocabulary *read, int32_t *ids)
{
    td_strings list = {0};
    td_status status = TD_OK;
    if (field->is_hashed) {
        for (int32_t n = 1; n <= td_vocabulary_count(read); n++)
            ids[n] = td_names_hash(td_vocabulary_name(read, n), field->vocabulary - 1);
        return TD_OK;
    }
    TD_TRY(td_dataset_read_vocabulary(given->data, field->name, &list));
    td_names *names = td_names_create(&list);
    for (int32_t n = 1; n <= td_vocabulary_count(read) && status == TD_OK; n++) {
        const td_str name = td_vocabulary_name(read, n);
        td_str nearest[TD_NAMES_NEAREST];
        ids[n] = td_names_find(names, name);
        count_unknown(given, field->name, ids[n], name);
        if (ids[n] > 0 || given->unknown != TD_UNKNOWN_REFUSE)
            continue;
        const td_excerpt found = td_excerpt_of_str(name);
        if (td_names_nearest(names, name, nearest) > 0)
            status = td_fail(TD_ERR_INPUT, "%s: %s: the data have no '%s'; the nearest: '%s'",
                             where, field->name, found.text, td_excerpt_of_str(nearest[0]).text);
        else
            status = td_fail(TD_ERR_INPUT, "%s: %s: the data have no '%s'", where, field->name,
                             found.text);
    }
    td_names_free(names);
    td_strings_free(&list);
    return status;
}

/* Sets lists to those of ids that are known, and weights, unless NULL, to theirs, which are 1 where
 * none are told (told is NULL). ids is NULL for what has ids of the data already. */
static void put_weighed(const td_field *from, const td_field *told, const int32_t *ids,
                        int64_t rows, td_field *to, td_field *weights)
{
    const int32_t *numbers = from->values;
    for (int64_t row = 0; row < rows; row++) {
        const int64_t first = from->offsets[row], end = from->offsets[row + 1];
        int32_t *known = TD_NEW(int32_t, (size_t)(end - first));
        float *weight = TD_NEW(float, (size_t)(end - first));
        int64_t count = 0;
        for (int64_t i = first; i < end; i++) {
            known[count] = ids ? ids[numbers[i]] : numbers[i];
            weight[count] = told ? ((const float *)told->values)[i] : 1;
            count += known[count] > 0;
        }
        td_field_put_list(to, row, count, known);
        if (weights)
            td_field_put_list(weights, row, count, weight);
        td_free(known);
        td_free(weight);
    }
}

static void put_lists(const td_field *from, const int32_t *ids, int64_t rows, td_field *to)
{
    put_weighed(from, NULL, ids, rows, to, NULL);
}

static td_status take_names(td_given *given, const char *where, const td_schema_field *field,
                            const td_records *records, const td_field *from,
                            const td_vocabulary *read, td_frame *part)
{
    /* Without names the reader has hashed them. */
    int32_t *ids = read ? TD_NEW(int32_t, (size_t)td_vocabulary_count(read) + 1) : NULL;
    td_field *to = td_frame_find(part, field->name);
    const td_status status = read ? find_ids(given, where, field, read, ids) : TD_OK;
    const td_schema_field *weights = td_schema_weights_of(td_given_schema(given), field);
    const int32_t *numbers = from->values;
    if (status == TD_OK && field->kind == TD_KIND_CATEGORIES)
        put_weighed(from, weights ? td_frame_find(&records->frame, weights->name) : NULL, ids,
                    part->count, to, weights ? td_frame_find(part, weights->name) : NULL);
    for (int64_t row = 0; status == TD_OK && field->kind == TD_KIND_CATEGORY && row < part->count;
         row++)
        ((int32_t *)to->values)[row] = ids ? ids[numbers[row]] : numbers[row];
    td_free(ids);
    return status;
}

/* Texts as the data's tokens, of which the first is for what was not learned. */
static td_status take_texts(td_given *given, const td_schema_field *field, const td_field *from,
                            const td_vocabulary *read, td_frame *part)
{
    td_strings list = {0};
    td_tokenizer cut = {0};
    TD_TRY(td_dataset_read_vocabulary(given->data, field->name, &list));
    td_names *names = td_names_create(&list);
    if (from->type == TD_INT32) { /* the reader has cut texts of users into tokens */
        int32_t *ids = TD_NEW(int32_t, (size_t)td_vocabulary_count(read) + 1);
        for (int32_t n = 1; n <= td_vocabulary_count(read); n++) {
            const int32_t id = td_names_find(names, td_vocabulary_name(read, n));
            ids[n] = id > 0 ? id : TD_TOKEN_UNKNOWN;
        }
        put_lists(from, ids, part->count, td_frame_find(part, field->name));
        td_free(ids);
    }
    for (int64_t row = 0; from->type != TD_INT32 && row < part->count; row++) {
        const char *text = (const char *)from->values + from->offsets[row];
        td_tokens_cut(&cut, (td_str){text, (size_t)(from->offsets[row + 1] - from->offsets[row])});
        int32_t *ids = TD_NEW(int32_t, cut.count);
        for (size_t i = 0; i < cut.count; i++) {
            const int32_t id = td_names_find(names, cut.tokens[i]);
            ids[i] = id > 0 ? id : TD_TOKEN_UNKNOWN;
        }
        td_field_put_list(td_frame_find(part, field->name), row, (int64_t)cut.count, ids);
        td_free(ids);
    }
    td_tokenizer_free(&cut);
    td_names_free(names);
    td_strings_free(&list);
    return TD_OK;
}

td_status td_given_find_items(td_given *given, const char *where, const td_vocabulary *read,
                              int32_t *ids)
{
    for (int32_t n = 1; n <= td_vocabulary_count(read); n++) {
        ids[n] = td_known_names_item_id(given->known, td_vocabulary_name(read, n));
        count_unknown(given, TD_GIVEN_COLUMN_HISTORY, ids[n], td_vocabulary_name(read, n));
        if (ids[n] > 0 || given->unknown != TD_UNKNOWN_REFUSE)
            continue;
        const td_found found = td_known_names_item(given->known, td_vocabulary_name(read, n), true);
        const td_status status =
            td_fail(TD_ERR_INPUT, "%s: " TD_GIVEN_COLUMN_HISTORY ": %s", where, found.note);
        td_free(found.note);
        return status;
    }
    return TD_OK;
}

static td_status take_history(td_given *given, const char *where, const td_field *from,
                              const td_vocabulary *read, td_frame *part)
{
    int32_t *ids = TD_NEW(int32_t, (size_t)td_vocabulary_count(read) + 1);
    const td_status status = td_given_find_items(given, where, read, ids);
    if (status == TD_OK)
        put_lists(from, ids, part->count, td_frame_find(part, TD_GIVEN_HISTORY));
    td_free(ids);
    return status;
}

/* C: a field of the records becomes that of the part; one of a schema that the data lack is none.
 */
static td_status take_field(td_given *given, const char *where, const td_records *records, size_t f,
                            td_frame *part)
{
    const td_field *from = &records->frame.field[f];
    const td_schema_field *field = td_schema_find(td_given_schema(given), from->name);
    td_field *to = field && td_given_can_be(given, field) ? td_frame_find(part, from->name) : NULL;
    if (strcmp(from->name, TD_GIVEN_HISTORY) == 0)
        return take_history(given, where, from, records->names[f], part);
    if (!to)
        return TD_OK;
    if (field->kind == TD_KIND_TEXT)
        return take_texts(given, field, from, records->names[f], part);
    if (td_kind_has_vocabulary(field->kind))
        return take_names(given, where, field, records, from, records->names[f], part);
    if (part->count > 0)
        memcpy(to->values, from->values, (size_t)part->count * td_field_size(to));
    return TD_OK;
}

/* The names of the records' users or items, or their places. */
static void add_names(td_given *given, const td_records *records)
{
    const td_frame *frame = &records->frame;
    const td_field *key = td_frame_find(frame, records->keys ? TD_FIELD_KEY : TD_GIVEN_NAME);
    const int64_t before = given->frame.count;
    given->name = td_reallocate(given->name, (size_t)before, (size_t)(before + frame->count),
                                sizeof *given->name);
    for (int64_t row = 0; row < frame->count; row++) {
        const int32_t number = key ? ((const int32_t *)key->values)[row] : 0;
        given->name[before + row] =
            number > 0 ? td_str_copy(td_vocabulary_name(records->names[key - frame->field], number))
                       : td_print_text("%" PRId64, before + row + 1);
    }
}

/* C: adds what was read. */
td_status td_given_take(td_given *given, const char *where, const td_records *records)
{
    td_frame part = {.count = 0};
    td_status status = TD_OK;
    td_frame_add_like(&part, &given->frame);
    td_frame_extend(&part, records->frame.count);
    for (size_t f = 0; f < records->frame.fields && status == TD_OK; f++)
        status = take_field(given, where, records, f, &part);
    if (status == TD_OK) {
        add_names(given, records);
        td_frame_append(&given->frame, &part, (td_range){0, part.count});
    }
    td_frame_free(&part);
    return status;
}
