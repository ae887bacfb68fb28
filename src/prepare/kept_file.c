/* The new data's tables, read as shares, with what is kept behind its last ids. */
#include "base/memory.h"
#include "base/range.h"
#include "data/schema_file.h"
#include "prepare/kept_parts.h"
#include "prepare/table_list.h"
#include "store/checksum.h"

#include <string.h>

/* What is written, and what it is made of. */
typedef struct {
    td_kept kept;
    const td_data_info *info; /* of the data */
    td_table_list tables;
    size_t frames;
    td_frame *frame; /* (frames): freed with the tables */

    td_range places; /* of users in the file that this rank writes: */
    td_range ours;   /* those that the data have, */
    td_range absent; /* and those of the kept ones, which follow */
} writing;

/* A part of the places, counted from before on; an empty one begins at 0, which there always is. */
static td_range part_of(td_range places, td_range part, int64_t before)
{
    const td_range both = td_range_overlap(places, part);
    return both.count > 0 ? (td_range){both.first - before, both.count} : (td_range){0, 0};
}

static void share_places(writing *w)
{
    const int64_t users = w->info->file_users, absent = w->kept.users;
    td_comm_share(w->kept.comm, users + absent, &w->places.first, &w->places.count);
    w->ours = part_of(w->places, (td_range){0, users}, 0);
    w->absent = part_of(w->places, (td_range){users, absent}, users);
}

/* A frame that lasts as long as the tables. */
static td_frame *new_frame(writing *w)
{
    w->frame = td_grow(w->frame, w->frames, sizeof *w->frame);
    w->frame[w->frames] = (td_frame){.count = 0};
    return &w->frame[w->frames++];
}

static void add_rows(writing *w, const char *group, int64_t all, td_range mine, size_t fields,
                     const td_field *field)
{
    td_table_list_add(&w->tables, (td_file_table){.group = group,
                                                  .rows = all,
                                                  .run = {mine, {all, 0}},
                                                  .fields = fields,
                                                  .field = field});
}

static void add_users(writing *w, const char *group, size_t fields, const td_field *field)
{
    add_rows(w, group, w->info->file_users + w->kept.users, w->places, fields, field);
}

/* C: a split's rows, as they are: this rank's share of them. */
static td_status add_split_rows(writing *w, td_split split)
{
    const char *group = td_split_name(split);
    const int64_t all = w->info->rows[split];
    td_range mine;
    td_frame frame;
    td_comm_share(w->kept.comm, all, &mine.first, &mine.count);
    TD_TRY(td_dataset_read_rows(w->kept.data, split, mine, NULL, &frame));
    td_frame *rows = new_frame(w);
    *rows = frame;
    int64_t *number = td_table_list_keep(&w->tables, TD_NEW(int64_t, (size_t)mine.count));
    TD_TRY(td_dataset_read_row_numbers(w->kept.data, split, mine.first, mine.count, number));
    add_rows(w, group, all, mine, 1,
             td_table_list_field(&w->tables, "row", TD_INT64, number, NULL));
    add_rows(w, td_table_list_fields_in(&w->tables, group), all, mine, rows->fields, rows->field);
    return TD_OK;
}

/* Offsets of this rank's places from those of ours, which it frees: the others have nothing. */
static int64_t *extend_offsets(writing *w, int64_t *ours)
{
    int64_t *offsets = td_table_list_keep(&w->tables, TD_NEW(int64_t, (size_t)w->places.count + 1));
    memcpy(offsets, ours, ((size_t)w->ours.count + 1) * sizeof *offsets);
    for (int64_t i = w->ours.count; i < w->places.count; i++)
        offsets[i + 1] = offsets[i];
    td_free(ours);
    return offsets;
}

/* C: whose rows they are. */
static td_status add_split_users(writing *w, td_split split)
{
    int64_t *ours;
    TD_TRY(td_dataset_read_user_offsets(w->kept.data, split, w->ours, &ours));
    add_users(
        w, td_split_name(split), 1,
        td_table_list_field(&w->tables, "user_offsets", TD_UINT8, NULL, extend_offsets(w, ours)));
    return TD_OK;
}

/* C: what users have had in training, which those who are kept have not. */
static td_status add_seen(writing *w)
{
    int64_t *ours;
    int32_t *items;
    TD_TRY(td_dataset_read_seen(w->kept.data, w->ours.first, w->ours.count, &ours, &items));
    td_table_list_keep(&w->tables, items);
    add_users(w, "users", 1,
              td_table_list_field(&w->tables, "seen", TD_INT32, items, extend_offsets(w, ours)));
    return TD_OK;
}

/* C */
static td_status add_user_fields(writing *w)
{
    td_frame fields;
    TD_TRY(td_dataset_read_user_fields(w->kept.data, w->ours, NULL, &fields));
    td_frame *frame = new_frame(w);
    *frame = fields;
    td_frame_append(frame, &w->kept.user_fields, w->absent);
    add_users(w, "users/fields", frame->fields, frame->field);
    return TD_OK;
}

/* C */
static td_status add_items(writing *w)
{
    const int64_t rows = w->info->items + 1, all = rows + w->kept.items;
    int64_t *counts = NULL;
    td_frame fields;
    TD_TRY(td_dataset_read_item_fields(w->kept.data, NULL, &fields));
    td_frame *frame = new_frame(w);
    *frame = fields;
    td_frame_append(frame, &w->kept.item_fields, (td_range){0, w->kept.items});
    TD_TRY(td_dataset_read_item_counts(w->kept.data, &counts));
    int64_t *more = td_table_list_keep(&w->tables, TD_NEW(int64_t, (size_t)all));
    memcpy(more, counts, (size_t)rows * sizeof *counts);
    td_free(counts);
    td_table_list_add_common(&w->tables, w->kept.comm, "items", all, 1,
                             td_table_list_field(&w->tables, "train_counts", TD_INT64, more, NULL));
    td_table_list_add_common(&w->tables, w->kept.comm, "items/fields", all, frame->fields,
                             frame->field);
    return TD_OK;
}

static void add_vocabularies(writing *w)
{
    const td_prepared *prepared = &w->kept.prepared;
    for (size_t f = 0; f < prepared->schema.count; f++)
        if (prepared->names[f].offsets)
            td_table_list_add_strings(&w->tables, w->kept.comm, "vocabularies",
                                      prepared->schema.fields[f].name, &prepared->names[f]);
}

/* Adds strings of the item list, which it takes over, and those of what is kept. */
static void add_list(writing *w, const char *name, td_strings *strings, const td_strings *more)
{
    td_strings_append(strings, more);
    td_table_list_keep(&w->tables, strings->bytes);
    td_table_list_keep(&w->tables, strings->offsets);
    td_table_list_add_strings(&w->tables, w->kept.comm, "catalog", name, strings);
}

/* C */
static td_status add_catalog(writing *w)
{
    const int64_t rows = w->info->catalog;
    td_strings strings;
    int32_t *items;
    TD_TRY(td_dataset_read_catalog(w->kept.data, &items));
    int32_t *all = td_table_list_keep(&w->tables, TD_NEW(int32_t, (size_t)(rows + w->kept.rows)));
    memcpy(all, items, (size_t)rows * sizeof *all);
    if (w->kept.rows > 0)
        memcpy(all + rows, w->kept.row_item, (size_t)w->kept.rows * sizeof *all);
    td_free(items);
    td_table_list_add_common(&w->tables, w->kept.comm, "catalog", rows + w->kept.rows, 1,
                             td_table_list_field(&w->tables, "item", TD_INT32, all, NULL));
    TD_TRY(td_dataset_read_catalog_ids(w->kept.data, &strings));
    add_list(w, "id", &strings, &w->kept.row_ids);
    if (!w->kept.row_titles.offsets)
        return TD_OK;
    TD_TRY(td_dataset_read_catalog_titles(w->kept.data, &strings));
    add_list(w, "title", &strings, &w->kept.row_titles);
    return TD_OK;
}

/* C */
static td_status add_all(writing *w)
{
    share_places(w);
    for (int split = 0; split < TD_SPLITS; split++) {
        if (w->info->rows[split] == 0)
            continue;
        TD_TRY(add_split_users(w, (td_split)split));
        TD_TRY(add_split_rows(w, (td_split)split));
    }
    TD_TRY(add_seen(w));
    TD_TRY(add_user_fields(w));
    add_vocabularies(w);
    TD_TRY(add_items(w));
    return add_catalog(w);
}

/* C: copies an attribute that is not made anew. */
static td_status copy_attribute(td_file *from, td_file *to, const char *name, const char *attribute)
{
    td_attribute_kind kind;
    int64_t integer;
    double real;
    char *text;
    TD_TRY(td_file_kind_of_attribute(from, name, attribute, &kind));
    if (kind == TD_ATTRIBUTE_INT) {
        TD_TRY(td_file_get_int(from, name, attribute, &integer));
        return td_file_set_int(to, name, attribute, integer);
    }
    if (kind == TD_ATTRIBUTE_REAL) {
        TD_TRY(td_file_get_real(from, name, attribute, &real));
        return td_file_set_real(to, name, attribute, real);
    }
    TD_TRY(td_file_get_text(from, name, attribute, &text));
    const td_status status = td_file_set_text(to, name, attribute, text);
    td_free(text);
    return status;
}

/* C: copies the attributes of a group but for those that are named. */
static td_status copy_attributes(td_file *from, td_file *to, const char *name,
                                 const char *const *others)
{
    size_t count;
    char **names;
    td_status status = td_file_list_attributes(from, name, &count, &names);
    for (size_t i = 0; status == TD_OK && i < count; i++) {
        const char *const *other = others;
        while (*other && strcmp(*other, names[i]) != 0)
            other++;
        if (!*other)
            status = copy_attribute(from, to, name, names[i]);
    }
    if (status == TD_OK)
        td_free(names);
    return status;
}

static int64_t kept_users(const writing *w)
{
    return w->kept.known_users + w->kept.users;
}

/* C: the data's own attributes, and where it is from. */
static td_status write_attributes(const writing *w, td_file *to)
{
    static const char *const made[] = {"format",     "version",    "checksum",
                                       "file_users", "catalog",    TD_DATA_EXTENDS,
                                       "kept_users", "kept_items", NULL};
    static const char *const groups[] = {"provenance", "provenance/ratings", "provenance/users",
                                         "provenance/items"};
    static const char *const none[] = {NULL};
    td_file *from = td_dataset_file(w->kept.data);
    bool has;
    TD_TRY(copy_attributes(from, to, "", made));
    TD_TRY(td_file_set_int(to, "", "file_users", w->info->file_users + w->kept.users));
    TD_TRY(td_file_set_int(to, "", "catalog", w->info->catalog + w->kept.rows));
    TD_TRY(td_file_set_checksum(to, "", TD_DATA_EXTENDS, w->info->checksum));
    TD_TRY(td_file_set_int(to, "", "kept_users", kept_users(w)));
    TD_TRY(td_file_set_int(to, "", "kept_items", w->kept.items));
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        TD_TRY(td_file_has(from, groups[g], &has));
        if (has)
            TD_TRY(copy_attributes(from, to, groups[g], none));
    }
    return td_schema_write(to, &w->kept.prepared.schema);
}

/* C */
static td_status write_all(const writing *w, td_file *file)
{
    const char *const everything[] = {"", NULL};
    uint64_t checksum;
    TD_TRY(td_table_list_each(file, &w->tables, td_file_table_make));
    TD_TRY(write_attributes(w, file));
    TD_TRY(td_table_list_each(file, &w->tables, td_file_table_write));
    TD_TRY(td_checksum_groups(file, everything, &checksum));
    return td_file_set_checksum(file, "", "checksum", checksum);
}

/* C */
static td_status write_file(writing *w, const char *path)
{
    td_file *file;
    TD_TRY(add_all(w));
    TD_TRY(td_file_create(w->kept.comm, path, TD_DATA_FORMAT, TD_DATA_VERSION, &file));
    const td_status status = write_all(w, file);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}

/* C: items are found again by their names: both files must name them by the same. */
static td_status check_keys(const td_kept *kept)
{
    td_dataset *const files[] = {kept->data, kept->older};
    char *key[2] = {NULL};
    td_status status = TD_OK;
    for (int i = 0; i < 2 && status == TD_OK; i++)
        status = td_file_get_text(td_dataset_file(files[i]), "", "item_key", &key[i]);
    if (status == TD_OK && strcmp(key[0], key[1]) != 0)
        status = td_fail(TD_ERR_MISMATCH,
                         "--keep-absent: %s names items by %s, and %s by %s: prepare one of them "
                         "again, by the other's (--item-key, named_by)",
                         td_file_path(td_dataset_file(files[0])), key[0],
                         td_file_path(td_dataset_file(files[1])), key[1]);
    td_free(key[0]);
    td_free(key[1]);
    return status;
}

td_status td_kept_write(td_comm *comm, td_dataset *data, td_dataset *older, const char *path,
                        int64_t *users, int64_t *items)
{
    writing w = {.kept = {.comm = comm, .data = data, .older = older},
                 .info = td_dataset_info(data)};
    td_status status = check_keys(&w.kept);
    if (status == TD_OK)
        status = td_kept_find(&w.kept);
    if (status == TD_OK && kept_users(&w) + w.kept.items > 0)
        status = write_file(&w, path);
    *users = kept_users(&w);
    *items = w.kept.items;
    td_table_list_free(&w.tables);
    for (size_t i = 0; i < w.frames; i++)
        td_frame_free(&w.frame[i]);
    td_free(w.frame);
    td_kept_free(&w.kept);
    return status;
}
