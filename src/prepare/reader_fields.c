/* What each field asks of its cells and what becomes of them, by its kind and its role; decided
 * before the first row. */
#include "prepare/reader_row.h"

static td_pending_names *make_pending(void)
{
    td_pending_names *pending = TD_NEW(td_pending_names, 1);
    pending->names.offsets = TD_NEW(int64_t, TD_PENDING_NAMES + 1);
    pending->names.bytes = TD_NEW(char, TD_PENDING_BYTES);
    return pending;
}

static void free_pending(td_pending_names *pending)
{
    if (pending)
        td_strings_free(&pending->names);
    td_free(pending);
}

/* What is asked of a field's cells; names is what they are added to. */
static td_look look_of(const td_source_field *source, td_role role, const td_vocabulary *known,
                       const td_vocabulary *names)
{
    if (source && source->columns == 0)
        return TD_LOOK_NOTHING; /* it is made */
    if (known)
        return TD_LOOK_KNOWN;
    if (role == TD_ROLE_USER || role == TD_ROLE_ITEM)
        return TD_LOOK_KEY;
    if (source->flags)
        return TD_LOOK_FLAGS;
    if (names)
        return TD_LOOK_NAME;
    return source->kind == TD_KIND_NUMBER    ? TD_LOOK_NUMBER
           : source->kind == TD_KIND_TIME    ? TD_LOOK_TIME
           : source->kind == TD_KIND_VECTOR  ? TD_LOOK_VECTOR
           : source->kind == TD_KIND_NUMBERS ? TD_LOOK_WEIGHTS
                                             : TD_LOOK_NOTHING;
}

/* What becomes of a field's cells; texts of items are kept whole, not as tokens. */
static td_keep keep_of(const td_source_field *source, td_of of, const td_vocabulary *known)
{
    static const td_keep by_kind[TD_KINDS] = {
        [TD_KIND_CATEGORY] = TD_KEEP_NAME,  [TD_KIND_CATEGORIES] = TD_KEEP_NAMES,
        [TD_KIND_NUMBER] = TD_KEEP_NUMBER,  [TD_KIND_TIME] = TD_KEEP_TIME,
        [TD_KIND_TEXT] = TD_KEEP_TOKENS,    [TD_KIND_VECTOR] = TD_KEEP_VECTOR,
        [TD_KIND_NUMBERS] = TD_KEEP_WEIGHTS};
    if (source && source->columns == 0)
        return TD_KEEP_MISSING;
    if (known)
        return TD_KEEP_KNOWN;
    if (!source)
        return TD_KEEP_NAME;
    if (source->flags)
        return TD_KEEP_FLAGS;
    return source->kind == TD_KIND_TEXT && of == TD_OF_ITEM ? TD_KEEP_BYTES : by_kind[source->kind];
}

/* Adds a field's values to the frame, and its names. */
static void add_to_records(td_records *records, size_t place, const td_source_field *source,
                           td_keep keep)
{
    const char *name = source ? source->name : TD_FIELD_KEY;
    const td_schema_field field = {.name = (char *)name,
                                   .kind = source ? source->kind : TD_KIND_CATEGORY,
                                   .width = source && source->width > 0 ? source->width : 1};
    if (keep == TD_KEEP_BYTES)
        td_frame_add_list(&records->frame, name, TD_UINT8, 1);
    else
        td_schema_add_to(&field, &records->frame);
    if (td_kind_has_vocabulary(field.kind) && keep != TD_KEEP_BYTES && keep != TD_KEEP_KNOWN &&
        !(source && source->hash_buckets > 0))
        records->names[place] = td_vocabulary_create();
}

td_row_field *td_row_add_field(td_row *row, td_of of, const td_row_judge *judge,
                               const td_source_field *source, td_role role, size_t column)
{
    const size_t place = row->count++;
    const td_vocabulary *known = role == TD_ROLE_ITEM ? judge->known_items : NULL;
    const td_keep keep = keep_of(source, of, known);
    add_to_records(row->records, place, source, keep);
    td_vocabulary *names = row->records->names[place];
    const bool is_user = role == TD_ROLE_USER, in_row = of == TD_OF_ROW;
    row->fields[place] = (td_row_field){
        .source = source,
        .look = look_of(source, role, known, names),
        .keep = keep,
        .column = column,
        .key = is_user ? (in_row ? "a user" : "a user id") : (in_row ? "an item" : "an item id"),
        .known = known,
        .names = names,
        .pending = keep == TD_KEEP_NAME && names ? make_pending() : NULL,
        .buckets = source ? source->hash_buckets : 0,
        .has_prefix = source && source->prefix > 0,
        .may_miss = (is_user && judge->users_may_miss) ||
                    (source && source->columns > 0 && !source->flags &&
                     (td_role_may_miss(role) || source->missing > 0)),
        .vector = source && source->width > 0 ? TD_NEW(float, (size_t)source->width) : NULL,
    };
    return &row->fields[place];
}

void td_row_put_in_order(td_row *row)
{
    size_t place = 0;
    row->order = TD_NEW(td_row_field *, row->count);
    for (td_look look = TD_LOOK_KEY; look <= TD_LOOK_NOTHING; look++) {
        for (size_t f = 0; f < row->count; f++)
            if (row->fields[f].look == look)
                row->order[place++] = &row->fields[f];
        if (look < TD_LOOK_NAME)
            row->keys = place;
    }
}

void td_row_free_fields(td_row *row)
{
    for (size_t f = 0; f < row->count; f++) {
        td_free(row->fields[f].vector);
        free_pending(row->fields[f].pending);
    }
    td_free(row->fields);
    td_free(row->order);
}
