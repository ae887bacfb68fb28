/* Specs for models of made-up data: users with occupations, items with genres, times and, with
 * tokens, titles. */
#ifndef TESTS_MODEL_SPECS_H
#define TESTS_MODEL_SPECS_H

#include "base/log.h"
#include "base/memory.h"
#include "model/spec.h"

#include <string.h>

typedef struct {
    td_schema schema;
    td_frame users, items;
    td_spec *spec;
} spec_data;

/* Adds the user field `occupation`, one of 7, and the item field `genres`, lists of 0 to 3 of 5. */
static inline void add_side_fields(spec_data *s, int64_t users, int64_t items)
{
    td_frame_extend(&s->users, users);
    int32_t *occupation = td_frame_add(&s->users, "occupation", TD_INT32, 1)->values;
    for (int64_t i = 0; i < users; i++)
        occupation[i] = (int32_t)(i * i % 7);
    if (s->items.fields == 0)
        td_frame_extend(&s->items, items);
    td_field *genres = td_frame_add_list(&s->items, "genres", TD_INT32, 1);
    for (int64_t i = 0; i < items; i++) {
        const int32_t ids[] = {1, (int32_t)(1 + i % 4), 3};
        td_field_put_list(genres, i, i % 4, ids);
    }
    td_schema_add(&s->schema, (td_schema_field){.name = "occupation",
                                                .of = TD_OF_USER,
                                                .kind = TD_KIND_CATEGORY,
                                                .vocabulary = 7});
    td_schema_add(&s->schema, (td_schema_field){.name = "genres",
                                                .of = TD_OF_ITEM,
                                                .kind = TD_KIND_CATEGORIES,
                                                .vocabulary = 5});
}

/* Returns buckets, int32, twice, and normalized times, float32, as towers and heads read them of
 * rows; in fields, which the frame refers to. */
enum { TIME_FIELDS = 3 };
static inline td_frame times_of(td_field fields[TIME_FIELDS], int64_t count, void *bucket,
                                void *time)
{
    static char names[TIME_FIELDS][32] = {"feature/timestamp_buckets", "feature/timestamp",
                                          "feature/moment"};
    fields[0] = (td_field){names[0], TD_INT32, 1, bucket, NULL, 0};
    fields[1] = (td_field){names[1], TD_FLOAT32, 1, time, NULL, 0};
    fields[2] = (td_field){names[2], TD_INT32, 1, bucket, NULL, 0};
    return (td_frame){.count = count, .fields = TIME_FIELDS, .field = fields};
}

/* Adds titles to the items: the tokens of item i are ids[offsets[i]] to ids[offsets[i + 1] - 1]. */
static inline void add_titles(spec_data *s, int64_t items, const int64_t *offsets,
                              const int32_t *ids)
{
    int64_t *own_offsets = TD_NEW(int64_t, (size_t)items + 1);
    int32_t *own_ids = TD_NEW(int32_t, (size_t)offsets[items]);
    memcpy(own_offsets, offsets, ((size_t)items + 1) * sizeof *offsets);
    memcpy(own_ids, ids, (size_t)offsets[items] * sizeof *ids);
    td_frame_take(&s->items, "title", TD_INT32, 1, items, own_ids, own_offsets);
}

/* Adds the lists of histories of items: of item i the ids of i % 4 users, spread over all. */
static inline void add_users_of_items(spec_data *s, int64_t users, int64_t items)
{
    for (size_t r = 0; r < s->spec->histories.count; r++) {
        const td_history_rule *rule = &s->spec->histories.rule[r];
        if (rule->of != TD_OF_ITEM)
            continue;
        td_field *lists = td_frame_add_list(&s->items, rule->name, TD_INT32, 1);
        for (int64_t i = 0; i < items; i++) {
            const int32_t ids[] = {(int32_t)(i * i % users), (int32_t)(i % users),
                                   (int32_t)((7 * i + 3) % users)};
            td_field_put_list(lists, i, i % 4, ids);
        }
    }
}

/* Makes the spec of a configuration over so many rows of users and items, id 0 included, and titles
 * of so many tokens; 0: none. */
static inline spec_data spec_of(const td_config *config, int64_t users, int64_t items,
                                int64_t tokens, const int64_t *offsets, const int32_t *ids)
{
    spec_data s = {.spec = NULL};
    td_schema_add(&s.schema, (td_schema_field){.name = "user",
                                               .kind = TD_KIND_CATEGORY,
                                               .role = TD_ROLE_USER,
                                               .vocabulary = users});
    td_schema_add(&s.schema, (td_schema_field){.name = "item",
                                               .kind = TD_KIND_CATEGORY,
                                               .role = TD_ROLE_ITEM,
                                               .vocabulary = items});
    td_schema_add(&s.schema, (td_schema_field){.name = "timestamp",
                                               .kind = TD_KIND_TIME,
                                               .role = TD_ROLE_TIME,
                                               .summary = {.high = 1000, .variance = 1}});
    if (tokens > 0) {
        td_schema_add(&s.schema, (td_schema_field){.name = "title",
                                                   .of = TD_OF_ITEM,
                                                   .kind = TD_KIND_TEXT,
                                                   .role = TD_ROLE_TITLE,
                                                   .vocabulary = tokens});
        add_titles(&s, items, offsets, ids);
    }
    add_side_fields(&s, users, items);
    if (td_spec_create(config, "data", &s.schema, &s.spec) != TD_OK)
        td_abort("%s", td_message());
    add_users_of_items(&s, users, items);
    td_spec_bind(s.spec, &s.users, &s.items);
    return s;
}

static inline void spec_free(spec_data *s)
{
    td_spec_free(s->spec);
    td_schema_free(&s->schema);
    td_frame_free(&s->users);
    td_frame_free(&s->items);
}

#endif
