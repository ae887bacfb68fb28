/* Specs for models of made-up data: users, items, times and, with tokens, titles. */
#ifndef TESTS_MODEL_SPECS_H
#define TESTS_MODEL_SPECS_H

#include "base/log.h"
#include "base/memory.h"
#include "model/spec.h"

#include <string.h>

typedef struct {
    td_schema schema;
    td_frame items;
    td_spec *spec;
} spec_data;

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
    if (td_spec_create(config, "data", &s.schema, &s.spec) != TD_OK)
        td_abort("%s", td_message());
    td_spec_bind(s.spec, NULL, &s.items);
    return s;
}

static inline void spec_free(spec_data *s)
{
    td_spec_free(s->spec);
    td_schema_free(&s->schema);
    td_frame_free(&s->items);
}

#endif
