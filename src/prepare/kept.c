/* What an older data file has besides, in the words of the new one. */
#include "base/memory.h"
#include "data/names.h"
#include "data/vocabulary.h"
#include "prepare/kept_parts.h"
#include "prepare/summary.h"

#include <inttypes.h>

/* Those of the older file's ids whose names the data lack: their numbers, ascending, and names. */
typedef struct {
    int64_t count;
    int32_t *id; /* (count) */
    td_strings names;
    int64_t known; /* others that the data have without an id */
} absent;

static void free_absent(absent *a)
{
    td_free(a->id);
    td_strings_free(&a->names);
}

static const td_schema *schema_of(td_dataset *data)
{
    return &td_dataset_info(data)->schema;
}

static absent find_absent(const td_strings *ours, int64_t our_ids, const td_strings *theirs,
                          int64_t their_ids)
{
    absent a = {.id = TD_NEW(int32_t, (size_t)their_ids)};
    td_names *names = td_names_create(ours);
    for (int64_t i = 0; i < their_ids; i++) {
        const int32_t found = td_names_find(names, td_string_at(theirs, i));
        if (found == 0)
            a.id[a.count++] = (int32_t)i + 1;
        a.known += found > our_ids;
    }
    a.names = td_strings_pick(theirs, a.count, a.id);
    td_names_free(names);
    return a;
}

/* C: those of the users, or of the items, and what the file to be calls all of them. */
static td_status find_role(const td_kept *kept, td_role role, absent *a, td_strings *names)
{
    const td_schema_field *our_field = td_schema_with_role(schema_of(kept->data), role);
    const td_schema_field *their_field = td_schema_with_role(schema_of(kept->older), role);
    td_strings theirs = {0};
    td_status status = td_dataset_read_vocabulary(kept->data, our_field->name, names);
    if (status == TD_OK)
        status = td_dataset_read_vocabulary(kept->older, their_field->name, &theirs);
    if (status == TD_OK) {
        *a = find_absent(names, our_field->vocabulary - 1, &theirs, their_field->vocabulary - 1);
        td_strings_append(names, &a->names);
        if (names->count > TD_VOCABULARY_MAX)
            status = td_fail(TD_ERR_INPUT, "--keep-absent: expected at most %d %s, found %" PRId64,
                             TD_VOCABULARY_MAX, our_field->name, names->count);
    }
    td_strings_free(&theirs);
    return status;
}

static td_strings *names_of(td_kept *kept, const td_schema_field *field)
{
    return &kept->prepared.names[field - kept->prepared.schema.fields];
}

/* C: the schema of the data, and the names of the ids. */
static td_status copy_schema(td_kept *kept)
{
    const td_schema *schema = schema_of(kept->data);
    td_prepared *prepared = &kept->prepared;
    prepared->names = TD_NEW(td_strings, schema->count);
    for (size_t f = 0; f < schema->count; f++) {
        const td_schema_field *field = td_schema_add(&prepared->schema, schema->fields[f]);
        const bool is_key = field->role == TD_ROLE_USER || field->role == TD_ROLE_ITEM;
        if (field->vocabulary > 0 && !field->is_hashed && !is_key)
            TD_TRY(td_dataset_read_vocabulary(kept->data, field->name, &prepared->names[f]));
    }
    return TD_OK;
}

/* Whether the older file's values of a field are such as the data's. */
static bool agree(const td_schema_field *ours, const td_schema_field *theirs)
{
    return theirs && ours->kind == theirs->kind && ours->of == theirs->of &&
           ours->width == theirs->width && ours->is_hashed == theirs->is_hashed &&
           (!ours->is_hashed || ours->vocabulary == theirs->vocabulary);
}

/* The field of the older file; NULL for none that agrees. Weights go with what they weigh. */
static const td_schema_field *their_field(const td_kept *kept, const td_schema_field *field)
{
    const td_schema *ours = &kept->prepared.schema, *theirs = schema_of(kept->older);
    const td_schema_field *found = td_schema_find(theirs, field->name);
    for (size_t f = 0; f < ours->count; f++) {
        const td_schema_field *weighed = &ours->fields[f];
        if (td_schema_weights_of(ours, weighed) == field &&
            !agree(weighed, td_schema_find(theirs, weighed->name)))
            return NULL;
    }
    return agree(field, found) ? found : NULL;
}

/* C: ids of the older file become those of the file to be, by their names, of categories or tokens;
 * one that is new gets the next id. */
static td_status map_ids(td_kept *kept, td_schema_field *field, int64_t count, int32_t *ids)
{
    td_strings theirs = {0}, *ours = names_of(kept, field);
    if (field->is_hashed)
        return TD_OK;
    TD_TRY(td_dataset_read_vocabulary(kept->older, field->name, &theirs));
    td_names *names = td_names_create(ours);
    int32_t *number = TD_NEW(int32_t, (size_t)theirs.count + 1);
    int32_t *added = TD_NEW(int32_t, (size_t)theirs.count);
    int64_t more = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t *to = &number[ids[i]];
        if (ids[i] > 0 && *to == 0)
            *to = td_names_find(names, td_string_at(&theirs, ids[i] - 1));
        if (ids[i] > 0 && *to == 0) {
            added[more++] = ids[i];
            *to = (int32_t)(ours->count + more);
        }
        ids[i] = *to;
    }
    td_strings others = td_strings_pick(&theirs, more, added);
    td_strings_append(ours, &others);
    field->vocabulary = ours->count + 1;
    td_strings_free(&others);
    td_strings_free(&theirs);
    td_names_free(names);
    td_free(number);
    td_free(added);
    return TD_OK;
}

/* Adds a field with the values at these places of one of theirs. */
static td_field *take_theirs(const td_field *theirs, int64_t count, const int64_t *places,
                             const char *name, td_frame *fields)
{
    td_field taken = td_field_gather(theirs, count, places);
    td_field *to =
        td_frame_take(fields, name, taken.type, taken.width, count, taken.values, taken.offsets);
    td_free(taken.name);
    return to;
}

/* C: fields of users or items that are kept, from those of theirs at these places. */
static td_status keep_fields(td_kept *kept, td_of of, const td_frame *theirs, const absent *a,
                             int64_t first, td_frame *fields)
{
    int64_t *places = TD_NEW(int64_t, (size_t)a->count);
    td_status status = TD_OK;
    for (int64_t i = 0; i < a->count; i++)
        places[i] = a->id[i] - first;
    fields->count = fields->room = a->count;
    for (size_t f = 0; f < kept->prepared.schema.count && status == TD_OK; f++) {
        td_schema_field *field = &kept->prepared.schema.fields[f];
        if (field->of != of)
            continue;
        const td_schema_field *from = their_field(kept, field);
        td_field *to = from ? take_theirs(td_frame_find(theirs, from->name), a->count, places,
                                          field->name, fields)
                            : td_schema_add_to(field, fields);
        if (from && td_kind_has_vocabulary(field->kind))
            status = map_ids(kept, field, td_field_elements(to, a->count), to->values);
        field->missing += td_count_missing(to, a->count);
    }
    td_free(places);
    return status;
}

/* C */
static td_status keep_users(td_kept *kept)
{
    td_schema_field *field = td_schema_with_role(&kept->prepared.schema, TD_ROLE_USER);
    const td_range all = {0, td_dataset_info(kept->older)->users};
    td_frame theirs = {0};
    absent a = {.count = 0};
    td_status status = find_role(kept, TD_ROLE_USER, &a, names_of(kept, field));
    if (status == TD_OK)
        status = td_dataset_read_user_fields(kept->older, all, NULL, &theirs);
    if (status == TD_OK)
        status = keep_fields(kept, TD_OF_USER, &theirs, &a, 1, &kept->user_fields);
    kept->users = a.count;
    kept->known_users = a.known;
    field->vocabulary = names_of(kept, field)->count + 1;
    td_frame_free(&theirs);
    free_absent(&a);
    return status;
}

/* C: the rows of the older item list whose items are kept; id[i] is the place of item i among them,
 * from 1; 0: it is not. */
static td_status keep_rows(td_kept *kept, const int32_t *id)
{
    const td_data_info *info = td_dataset_info(kept->older);
    const int64_t items = td_dataset_info(kept->data)->items;
    const bool has_titles = td_schema_with_role(&kept->prepared.schema, TD_ROLE_TITLE) != NULL;
    const bool had_titles = td_schema_with_role(&info->schema, TD_ROLE_TITLE) != NULL;
    int32_t *catalog = NULL, *number = TD_NEW(int32_t, (size_t)info->catalog);
    td_strings ids = {0}, titles = {0};
    td_status status = td_dataset_read_catalog(kept->older, &catalog);
    if (status == TD_OK)
        status = td_dataset_read_catalog_ids(kept->older, &ids);
    if (status == TD_OK && has_titles)
        status = had_titles ? td_dataset_read_catalog_titles(kept->older, &titles)
                            : td_dataset_read_catalog_ids(kept->older, &titles);
    kept->row_item = TD_NEW(int32_t, (size_t)info->catalog);
    for (int64_t row = 0; status == TD_OK && row < info->catalog; row++) {
        if (id[catalog[row]] == 0)
            continue;
        kept->row_item[kept->rows] = (int32_t)items + id[catalog[row]];
        number[kept->rows++] = (int32_t)row + 1;
    }
    if (status == TD_OK) {
        kept->row_ids = td_strings_pick(&ids, kept->rows, number);
        if (has_titles)
            kept->row_titles = td_strings_pick(&titles, kept->rows, number);
    }
    td_free(catalog);
    td_free(number);
    td_strings_free(&ids);
    td_strings_free(&titles);
    return status;
}

/* C */
static td_status keep_items(td_kept *kept)
{
    td_schema_field *field = td_schema_with_role(&kept->prepared.schema, TD_ROLE_ITEM);
    const int64_t items = td_dataset_info(kept->older)->items;
    int32_t *id = TD_NEW(int32_t, (size_t)items + 1);
    td_frame theirs = {0};
    absent a = {.count = 0};
    td_status status = find_role(kept, TD_ROLE_ITEM, &a, names_of(kept, field));
    if (status == TD_OK)
        status = td_dataset_read_item_fields(kept->older, NULL, &theirs);
    if (status == TD_OK)
        status = keep_fields(kept, TD_OF_ITEM, &theirs, &a, 0, &kept->item_fields);
    for (int64_t i = 0; i < a.count; i++)
        id[a.id[i]] = (int32_t)i + 1;
    kept->items = a.count;
    field->vocabulary += a.count;
    if (status == TD_OK)
        status = keep_rows(kept, id);
    td_free(id);
    td_frame_free(&theirs);
    free_absent(&a);
    return status;
}

td_status td_kept_find(td_kept *kept)
{
    TD_TRY(copy_schema(kept));
    TD_TRY(keep_users(kept));
    return keep_items(kept);
}

void td_kept_free(td_kept *kept)
{
    td_prepared_free(&kept->prepared);
    td_frame_free(&kept->user_fields);
    td_frame_free(&kept->item_fields);
    td_free(kept->row_item);
    td_strings_free(&kept->row_ids);
    td_strings_free(&kept->row_titles);
}
