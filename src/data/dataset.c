/* Opening a data file, which is not trusted: what it says of itself must be possible, and every
 * dataset must have the shape that follows from it. */
#include "data/dataset.h"

#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/frame_file.h"
#include "data/schema_file.h"
#include "data/vocabulary.h"
#include "store/checksum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* More rows than any disk holds, few enough for sums and products of them. */
#define ROWS_MAX (INT64_C(1) << 44)

static td_status get_size(td_dataset *data, const char *name, int64_t min, int64_t max,
                          int64_t *value)
{
    TD_TRY(td_file_get_int(data->file, "", name, value));
    if (min <= *value && *value <= max)
        return TD_OK;
    return TD_DATASET_FAIL(
        data, "expected attribute '%s' from %" PRId64 " to %" PRId64 ", found %" PRId64, name, min,
        max, *value);
}

static td_status get_sizes(td_dataset *data)
{
    td_data_info *info = &data->info;
    TD_TRY(get_size(data, "file_users", 1, TD_VOCABULARY_MAX, &info->file_users));
    TD_TRY(get_size(data, "catalog", 1, TD_VOCABULARY_MAX, &info->catalog));
    for (int s = 0; s < TD_SPLITS; s++) {
        char name[32];
        snprintf(name, sizeof name, "%s_rows", td_split_name((td_split)s));
        TD_TRY(get_size(data, name, s == TD_TRAIN, ROWS_MAX, &info->rows[s]));
        data->file_rows[s] = info->rows[s];
    }
    return TD_OK;
}

/* The ids of users and items are rows of tables. */
static td_status get_ids(td_dataset *data, td_role role, int64_t max, int64_t *ids)
{
    const td_schema_field *field = td_schema_with_role(&data->info.schema, role);
    *ids = field->vocabulary - 1;
    if (*ids >= 1 && *ids <= max && field->missing == 0)
        return TD_OK;
    return TD_DATASET_FAIL(data,
                           "expected attribute 'vocabulary' of 'schema/%s' from 2 to %" PRId64
                           " and 'missing' of 0, found %" PRId64 " and %" PRId64,
                           field->name, max + 1, field->vocabulary, field->missing);
}

static td_status get_schema(td_dataset *data)
{
    td_data_info *info = &data->info;
    TD_TRY(td_schema_read(data->file, &info->schema));
    const td_schema_field *time = td_schema_with_role(&info->schema, TD_ROLE_TIME);
    info->latest = time ? (int64_t)time->summary.high : 0;
    TD_TRY(get_ids(data, TD_ROLE_USER, info->file_users, &info->users));
    return get_ids(data, TD_ROLE_ITEM, info->catalog, &info->items);
}

static bool is_named(const char *name, const char *const *names)
{
    bool found = names == NULL;
    for (; !found && *names; names++)
        found = strcmp(*names, name) == 0;
    return found;
}

td_frame td_dataset_fields(const td_dataset *data, td_of of, const char *const *fields)
{
    td_frame frame = {0};
    for (size_t f = 0; f < data->info.schema.count; f++) {
        const td_schema_field *field = &data->info.schema.fields[f];
        if (field->of == of && field->role != TD_ROLE_USER && is_named(field->name, fields))
            td_schema_add_to(field, &frame);
    }
    return frame;
}

td_status td_dataset_check_weights(const td_dataset *data, const char *group, const td_frame *frame)
{
    for (size_t f = 0; f < data->info.schema.count; f++) {
        const td_schema_field *of = &data->info.schema.fields[f];
        const td_schema_field *said = td_schema_weights_of(&data->info.schema, of);
        const td_field *field = td_frame_find(frame, of->name);
        const td_field *weights = said ? td_frame_find(frame, said->name) : NULL;
        if (field && weights &&
            memcmp(field->offsets, weights->offsets,
                   ((size_t)frame->count + 1) * sizeof *field->offsets) != 0)
            return TD_DATASET_FAIL(data, "expected a weight for each value of '%s/%s'", group,
                                   of->name);
    }
    return TD_OK;
}

td_status td_dataset_check_fields(const td_dataset *data, const char *group, const td_frame *frame,
                                  int64_t first)
{
    for (size_t f = 0; f < frame->fields; f++) {
        const td_field *field = &frame->field[f];
        const td_schema_field *said = td_schema_find(&data->info.schema, field->name);
        const int64_t begin = td_field_elements(field, first) * field->width;
        const int64_t end = td_field_elements(field, frame->count) * field->width;
        const int64_t place = td_schema_fault(said, begin, end, field->values);
        if (place == end)
            continue;
        if (field->type == TD_INT32)
            return TD_DATASET_FAIL(
                data, "expected '%s/%s' from 1 to %" PRId64 ", found %" PRId32 " at place %" PRId64,
                group, field->name, said->vocabulary - 1, ((const int32_t *)field->values)[place],
                place);
        return TD_DATASET_FAIL(data, "the value in '%s/%s' at place %" PRId64 " is impossible",
                               group, field->name, place);
    }
    return td_dataset_check_weights(data, group, frame);
}

/* Checks the shapes of a table: one field, or those that the schema says. */
static td_status check_table(td_dataset *data, const char *group, td_frame *frame, int64_t rows)
{
    td_status status = td_frame_check(data->file, group, frame, rows);
    td_frame_free(frame);
    return status;
}

static td_status check_field(td_dataset *data, const char *group, const char *name, td_type type,
                             int64_t rows)
{
    td_frame frame = {0};
    td_frame_add(&frame, name, type, 1);
    return check_table(data, group, &frame, rows);
}

static td_status check_strings(td_dataset *data, const char *group, const char *name, int64_t count)
{
    td_frame frame = {0};
    td_frame_add_list(&frame, name, TD_UINT8, 1);
    return check_table(data, group, &frame, count);
}

static td_status check_split(td_dataset *data, td_split split)
{
    char group[32];
    const char *name = td_split_name(split);
    const int64_t rows = data->info.rows[split];
    if (rows == 0)
        return TD_OK;
    td_frame fields = td_dataset_fields(data, TD_OF_ROW, NULL);
    snprintf(group, sizeof group, "%s/fields", name);
    TD_TRY(check_table(data, group, &fields, rows));
    TD_TRY(check_field(data, name, "row", TD_INT64, rows));
    return check_field(data, name, "user_offsets", TD_INT64, data->info.file_users + 1);
}

/* Only fields without a role, that are no text, may have ids without names. */
static td_status find_hashed(td_dataset *data, td_schema_field *field)
{
    char path[sizeof "vocabularies/" + TD_FIELD_NAME_MAX];
    bool has;
    if (field->role != TD_ROLE_NONE || field->kind == TD_KIND_TEXT || field->vocabulary < 2)
        return TD_OK;
    snprintf(path, sizeof path, "vocabularies/%s", field->name);
    TD_TRY(td_file_has(data->file, path, &has));
    field->is_hashed = !has;
    return TD_OK;
}

static td_status check_vocabularies(td_dataset *data)
{
    for (size_t f = 0; f < data->info.schema.count; f++) {
        td_schema_field *field = &data->info.schema.fields[f];
        const int64_t names =
            field->role == TD_ROLE_USER ? data->info.file_users : field->vocabulary - 1;
        if (field->vocabulary == 0)
            continue;
        TD_TRY(find_hashed(data, field));
        if (!field->is_hashed)
            TD_TRY(check_strings(data, "vocabularies", field->name, names));
    }
    return TD_OK;
}

static td_status check_shapes(td_dataset *data)
{
    const td_data_info *info = &data->info;
    for (int s = 0; s < TD_SPLITS; s++)
        TD_TRY(check_split(data, (td_split)s));
    td_frame fields = td_dataset_fields(data, TD_OF_USER, NULL);
    TD_TRY(check_table(data, "users/fields", &fields, info->file_users));
    fields = td_dataset_fields(data, TD_OF_ITEM, NULL);
    TD_TRY(check_table(data, "items/fields", &fields, info->items + 1));
    td_frame_add_list(&fields, "seen", TD_INT32, 1);
    TD_TRY(check_table(data, "users", &fields, info->file_users));
    TD_TRY(check_vocabularies(data));
    TD_TRY(check_field(data, "items", "train_counts", TD_INT64, info->items + 1));
    TD_TRY(check_field(data, "catalog", "item", TD_INT32, info->catalog));
    TD_TRY(check_strings(data, "catalog", "id", info->catalog));
    if (!td_schema_with_role(&info->schema, TD_ROLE_TITLE))
        return TD_OK;
    return check_strings(data, "catalog", "title", info->catalog);
}

/* Collective. Values have no checksum of HDF5's: one that changed on the disk may still be
 * possible, and would train another model. Reads the whole file once, each rank a share. */
static td_status verify_values(td_dataset *data)
{
    const char *const everything[] = {"", NULL};
    uint64_t found;
    TD_TRY(td_checksum_groups(data->file, everything, &found));
    if (found == data->info.checksum)
        return TD_OK;
    return TD_DATASET_FAIL(data,
                           "it is damaged: its values have the checksum %016" PRIx64
                           ", and were written with %016" PRIx64 "; copy or prepare it again",
                           found, data->info.checksum);
}

/* What a file says that has users and items of an older one besides. */
static td_status get_kept(td_dataset *data)
{
    td_data_info *info = &data->info;
    char **names;
    size_t count;
    TD_TRY(td_file_list_attributes(data->file, "", &count, &names));
    bool extends = false;
    for (size_t i = 0; i < count; i++)
        extends = extends || strcmp(names[i], TD_DATA_EXTENDS) == 0;
    td_free(names);
    if (!extends)
        return TD_OK;
    TD_TRY(td_file_get_checksum(data->file, "", TD_DATA_EXTENDS, &info->extends));
    TD_TRY(get_size(data, "kept_users", 0, info->users, &info->kept_users));
    return get_size(data, "kept_items", 0, info->items, &info->kept_items);
}

td_status td_dataset_open(td_comm *comm, const char *path, td_dataset **out)
{
    td_dataset *data = TD_NEW(td_dataset, 1);
    data->comm = comm;
    td_status status = td_file_open(comm, path, TD_DATA_FORMAT, TD_DATA_VERSION, &data->file);
    if (status != TD_OK) {
        td_free(data);
        return status;
    }
    status = td_file_get_checksum(data->file, "", "checksum", &data->info.checksum);
    if (status == TD_OK)
        status = get_sizes(data);
    if (status == TD_OK)
        status = get_schema(data);
    if (status == TD_OK)
        status = get_kept(data);
    if (status == TD_OK)
        status = check_shapes(data);
    if (status == TD_OK)
        status = verify_values(data);
    if (status == TD_OK)
        *out = data;
    else
        td_dataset_close(data);
    return status;
}

/* Whether the file tells of rows that a core left out. */
static td_status find_core(td_dataset *data, bool *has_core)
{
    size_t count;
    char **names;
    TD_TRY(td_file_list_attributes(data->file, "provenance", &count, &names));
    *has_core = false;
    for (size_t i = 0; i < count; i++)
        *has_core = *has_core || strcmp(names[i], "left_out_core") == 0;
    td_free(names);
    return TD_OK;
}

td_status td_dataset_read_origin(td_dataset *data, td_data_origin *origin)
{
    char *statistics;
    *origin = (td_data_origin){.split = NULL};
    TD_TRY(td_file_get_text(data->file, "", "statistics", &statistics));
    origin->statistics_of_all = strcmp(statistics, "all") == 0;
    td_free(statistics);
    TD_TRY(find_core(data, &origin->has_core));
    return td_file_get_text(data->file, "", "split", &origin->split);
}

void td_dataset_close(td_dataset *data)
{
    if (!data)
        return;
    td_file_discard(data->file);
    td_schema_free(&data->info.schema);
    td_free(data);
}

const td_data_info *td_dataset_info(const td_dataset *data)
{
    return &data->info;
}

td_file *td_dataset_file(td_dataset *data)
{
    return data->file;
}
