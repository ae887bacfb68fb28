/* What a configuration names, resolved once against what the data has: the features of both towers
 * and of heads, the tables that they read, what is derived from the data for them.
 *
 * A feature is a field through an encoder. `user`, `timestamp_buckets`, `timestamp`, `item` and
 * `title_text` are declared here unless the configuration declares them; they find their fields by
 * role. The query tower reads fields of rows and users, the candidate tower those of items, a head
 * those of rows besides the embeddings. All functions are Local.
 */
#ifndef TD_MODEL_SPEC_H
#define TD_MODEL_SPEC_H

#include "data/derive.h"
#include "data/frame.h"
#include "data/history.h"
#include "data/schema.h"
#include "model/dropout.h"
#include "tandem/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { TD_QUERY, TD_CANDIDATE } td_side;
enum { TD_SIDES = TD_CANDIDATE + 1 };

/* Who reads features: the tower of a side, or the head of a task, which has this number. */
static inline size_t td_reader_of_task(size_t task)
{
    return TD_SIDES + task;
}

/* Whose shard or range has a table's row, so that one rank alone may hold it. A table whose rows
 * are not all read by ids of users, or all by ids of items, has no owner. */
typedef enum { TD_OWNER_NONE, TD_OWNER_USER, TD_OWNER_ITEM } td_owner;

/* A table of embeddings. What its rows are is said by the first feature that reads it. */
typedef struct {
    char *name; /* "user_table": its tensor is user_table/weight */
    int64_t rows;
    size_t width;
    td_owner owner;
    bool is_met; /* others than the owner read rows of it, too: by a history, or row 0 by dropout */
    const td_schema_field *field;    /* whose ids its rows are, */
    const td_derivation *derivation; /* or, if not NULL, the buckets of it */
} td_embedding_table;

typedef struct td_encoder td_encoder;

typedef struct {
    char *name;
    const td_encoder *encoder;
    td_of of;                    /* TD_OF_USER also for the user's id itself, TD_OF_ITEM likewise */
    bool is_id;                  /* what is read is the row's user or item itself */
    char *column;                /* the field, derived or not, that has what the encoder reads */
    char *weights;               /* the field with the weights of a list's ids; NULL: all are 1 */
    const td_field *field;       /* of a user or item: its values by id, id 0 first */
    const td_field *weighted_by; /* likewise their weights */
    bool is_history;             /* of a query: lists of its own, by the name of column */
    int pool;                    /* TD_POOL_*: how a list's embeddings become one */
    float dropout;               /* the share of ids, or histories, that a training step hides */
    td_dropout units;            /* of the embedding's, element by element */
    size_t width;                /* of an embedding, or of numbers */
    bool has_flag;               /* after them, an input of 1 where a history is empty, else 0 */
    size_t table;                /* its place in the list of tables; of an encoder with a table */
    size_t tensor;               /* the table's, once a tower has declared it */
} td_feature;

typedef struct {
    size_t count;
    td_feature *feature; /* (count) */
    bool are_added;      /* not side by side */
    size_t apart; /* the last of them, so many, are no inputs of the tower: candidates' bias */
} td_features;

typedef struct {
    size_t readers;        /* the towers, by side, then each task, of which retrieval reads none */
    td_features *features; /* (readers): in the order of their inputs */
    size_t tables;
    td_embedding_table *table; /* (tables) */
    td_derivations derivations;
    td_history_rules histories;
    int64_t users; /* rows of what is by user: ids 0 to users - 1 */
    int64_t items;
} td_spec;

/* Resolves the configuration. Of users' and items' fields it needs no values yet: see
 * td_spec_bind. TD_ERR_MISMATCH if the data lack a field, naming file, key and the nearest field;
 * TD_ERR_CONFIG if a feature cannot read its field, or two features cannot share a table;
 * TD_ERR_INPUT if a table would be too large. Free it with td_spec_free. */
td_status td_spec_create(const td_config *config, const char *where, const td_schema *schema,
                         td_spec **out);
void td_spec_free(td_spec *spec);

/* Adds the tables of heads' biases; for td_spec_create. TD_ERR_CONFIG if a feature's table has the
 * name of one. */
td_status td_spec_add_biases(td_spec *spec, const td_config *config, const td_schema *schema);

/* Likewise the items' bias of retrieval: a feature of candidates, of width 1, that stands apart. */
td_status td_spec_add_item_bias(td_spec *spec, const td_schema *schema);

/* Tells whether a feature reads a field, for who loads what is read. */
bool td_spec_reads(const td_spec *spec, const td_schema_field *field);

/* Returns the inputs of a tower that a feature gives. */
static inline size_t td_feature_inputs(const td_feature *feature)
{
    return feature->width + feature->has_flag;
}

/* Returns the names of the fields that features read of rows, or of users or items, ids left out;
 * they end with NULL. The caller frees the list, whose names are the schema's. */
const char **td_spec_fields(const td_spec *spec, const td_schema *schema, td_of of);

/* Gives the spec the fields of users and items, by id, id 0 first, to which it adds what is derived
 * and then refers. NULL for none that is read. */
void td_spec_bind(td_spec *spec, td_frame *users, td_frame *items);

/* Returns the table of this tensor name ("user_table/weight"), NULL if it is no table's. */
const td_embedding_table *td_spec_find_table(const td_spec *spec, const char *tensor);

#endif
