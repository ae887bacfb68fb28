/* A data file: the interactions that `tandem prepare` wrote, grouped by user, and what they name.
 *
 * Ids are rows of embedding tables: users are 1..users in the file's order (a seeded random one),
 * items 1..items in byte order of their names, and 0 is whatever the vocabulary lacks. Users that
 * only test rows name come last in the file; where the vocabulary was taken from the training rows
 * they have id 0. The layout of the file is in docs/formats.md.
 *
 * Every function but the accessors is Collective over comm, with the same status on every rank:
 * TD_ERR_FILE, or TD_ERR_FORMAT for a file that is not a data file or contradicts itself. A file
 * may be hostile: sizes, offsets and ids are checked before anything relies on them.
 */
#ifndef TD_DATA_DATASET_H
#define TD_DATA_DATASET_H

#include "base/range.h"
#include "base/str.h"
#include "comm/comm.h"
#include "data/rows.h"
#include "data/schema.h"
#include "data/split.h"
#include "store/file.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stdint.h>

#define TD_DATA_FORMAT "tandem-data"
enum { TD_DATA_VERSION = 2 };

/* The attribute of a file that is another one with what an older one has besides (prepare/kept.h):
 * the checksum of that other one. */
#define TD_DATA_EXTENDS "extends"

/* What a data file says of itself. */
typedef struct {
    int64_t users;      /* in the vocabulary: ids 1..users */
    int64_t file_users; /* in the file, those without an id included */
    int64_t items;      /* distinct items: ids 1..items */
    int64_t catalog;    /* rows of the item list, of which several may name one item */
    int64_t rows[TD_SPLITS];
    int64_t joined;     /* of the training rows, so many are validation rows */
    int64_t latest;     /* of the times that statistics are of, and of joined rows; 0 without */
    td_schema schema;   /* its fields */
    uint64_t checksum;  /* of the whole contents (store/checksum.h), kept in the file */
    uint64_t extends;   /* the checksum of the file that it is with more; 0: of none */
    int64_t kept_users; /* of the users, and of the items, so many have an id for that alone */
    int64_t kept_items;
} td_data_info;

typedef struct td_dataset td_dataset;

/* Opens a data file and verifies the checksum of its values, for which all of it is read, by each
 * rank a share. The caller closes it with td_dataset_close. */
td_status td_dataset_open(td_comm *comm, const char *path, td_dataset **out);
void td_dataset_close(td_dataset *data);

/* Validation rows are training rows from now on, for every function here, in the order of their
 * numbers with the others of their user, and info tells of no validation row any more. All users of
 * the file have an id, since those who were new in validation are not any more; who has neither
 * rows keeps a row of tables that nobody trains. Users' rows of TD_VALIDATION can be read all the
 * same, as they are in the file, joined or not. TD_ERR_FORMAT comes later, where rows of a user
 * have one number in both. Other vocabularies, and statistics, stay the file's. TD_ERR_INPUT if
 * there are none. */
td_status td_dataset_join_validation(td_dataset *data);

/* Local. The file, for who copies what it says of itself, is not to be closed. */
const td_data_info *td_dataset_info(const td_dataset *data);
td_file *td_dataset_file(td_dataset *data);

/* How a data file was made, as far as an evaluation must say it. */
typedef struct {
    char *split;            /* the rule's name; the caller frees it with td_free */
    bool statistics_of_all; /* test rows gave statistics and ids, too */
    bool has_core;          /* a core of users and items left rows out, before the split */
} td_data_origin;

td_status td_dataset_read_origin(td_dataset *data, td_data_origin *origin);

/* Cuts the users into shards of nearly equal training rows: sets first_user[s], s in 0..shards,
 * to the place in the file of the first user of shard s (first_user[shards] = file_users). Shard s
 * begins with the first user whose rows start at or after rows * s / shards, rounded up. */
td_status td_dataset_cut_shards(td_dataset *data, int64_t shards, int64_t *first_user);

/* Reads this rank's own choice of users, [first, first + users) by place in the file, and all
 * their rows of one split, with the fields of these names, which end with NULL: all others are not
 * looked at, but for the user and the row's number, which rows always have. fields is NULL for all
 * of the schema, with what it lacks made up (td_rows_complete). user_offsets (users + 1) says which
 * rows are whose. The caller frees rows with td_rows_free and *user_offsets with td_free. */
td_status td_dataset_read_users(td_dataset *data, td_split split, int64_t first, int64_t users,
                                const char *const *fields, int64_t **user_offsets, td_rows *rows);

/* Reads which rows of a split are whose, for this rank's own choice of users by place: offsets
 * (users.count + 1), from 0 on. The caller frees them with td_free. */
td_status td_dataset_read_user_offsets(td_dataset *data, td_split split, td_range users,
                                       int64_t **offsets);

/* Reads the schema's fields of users, for this rank's own choice of places in the file, or those of
 * items, whole on every rank and by id: row 0, of no item, has missing values. fields as above. The
 * caller frees frame with td_frame_free. */
td_status td_dataset_read_user_fields(td_dataset *data, td_range users, const char *const *fields,
                                      td_frame *frame);
td_status td_dataset_read_item_fields(td_dataset *data, const char *const *fields, td_frame *frame);

/* Reads fields of this rank's own choice of a split's rows, in the file's order, joined ones last.
 * fields as above.
 * The caller frees frame with td_frame_free. */
td_status td_dataset_read_rows(td_dataset *data, td_split split, td_range rows,
                               const char *const *fields, td_frame *frame);

/* Reads this rank's own choice of row numbers, [first, first + count) of a split in the same order,
 * unchecked. */
td_status td_dataset_read_row_numbers(td_dataset *data, td_split split, int64_t first,
                                      int64_t count, int64_t *numbers);

/* Reads each user's sorted distinct training items for this rank's own choice of users, as
 * offsets (users + 1) and items (ids); the caller frees both with td_free. */
td_status td_dataset_read_seen(td_dataset *data, int64_t first, int64_t users, int64_t **offsets,
                               int32_t **items);

/* Reads the item id of every row of the item list (catalog); the caller frees it. */
td_status td_dataset_read_catalog(td_dataset *data, int32_t **items);

/* Reads how many training rows each id has (items + 1; id 0 has none); the caller frees it. */
td_status td_dataset_read_item_counts(td_dataset *data, int64_t **counts);

/* Reads the names of a field's ids: that of id i is string i - 1. Those of the user field are in
 * the file's order, file_users of them. TD_ERR_INPUT if the schema has no such field with a
 * vocabulary. The caller frees names with td_strings_free. */
td_status td_dataset_read_vocabulary(td_dataset *data, const char *field, td_strings *names);

/* Finds the id of a name of a field, 0 if the data has none; a hashed field has one of any name. */
td_status td_dataset_find_id(td_dataset *data, const td_schema_field *field, td_str name,
                             int32_t *id);

/* The same of the fields that are users and items. */
td_status td_dataset_read_user_names(td_dataset *data, td_strings *names);
td_status td_dataset_read_item_names(td_dataset *data, td_strings *names);

/* Reads the id or the title of every row of the item list; free them with td_strings_free.
 * TD_ERR_INPUT for the titles of a file without. */
td_status td_dataset_read_catalog_ids(td_dataset *data, td_strings *ids);
td_status td_dataset_read_catalog_titles(td_dataset *data, td_strings *titles);

#endif
