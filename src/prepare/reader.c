/* A line is looked at in full before anything of it is kept: names first, then numbers, then what
 * the judge says. */
#include "prepare/reader.h"

#include "base/log.h"
#include "base/memory.h"
#include "data/names.h"
#include "data/tokens.h"
#include "prepare/cell.h"
#include "prepare/reader_cells.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>

/* A field while it is read, and its value in the line at hand. */
typedef struct {
    const td_source_field *source; /* NULL for the key of a side table */
    td_kind kind;
    size_t column;
    bool is_key;                /* a user or an item, which must be there */
    bool is_item;               /* whose slot is fetched early */
    const td_vocabulary *known; /* names that alone are good; NULL: any is */
    td_vocabulary *names;       /* what they are added to; NULL with known ones, and for numbers */
    bool may_miss, is_missing;
    td_time_form time_form;
    int32_t id; /* of a known name */
    float number;
    int64_t time;
} field_at_hand;

/* A table while it is read. */
typedef struct {
    const td_source_table *source;
    td_of of;
    const td_row_judge *judge;
    td_table_form form; /* the source's, with what its cells must be */
    td_cell *form_cells;
    td_table *table;
    bool is_json;
    td_records *records;
    td_str *cells; /* (form.columns) of the line at hand */
    size_t count;
    field_at_hand *fields;     /* (count) the key of a side table, and the others */
    const td_vocabulary *soon; /* where the item is looked up; NULL for no item */
    size_t soon_column;
    td_buffer list; /* its values at hand */
    td_tokenizer tokens;
} reading;

/* What a key is called in messages: "user" in a row, "user id" in a table of users. */
static td_status fail_without_key(const reading *r, const td_line *line, const field_at_hand *key)
{
    return TD_LINE_FAIL(line, "expected %s %s%s, found an empty field", key->is_item ? "an" : "a",
                        key->is_item ? "item" : "user", r->of == TD_OF_ROW ? "" : " id");
}

/* Keys must be there, and known where that is asked; a vocabulary that is full has no number for a
 * new name. */
static td_status check_name(const reading *r, const td_line *line, field_at_hand *field,
                            td_str cell)
{
    if (field->is_key && cell.length == 0)
        return fail_without_key(r, line, field);
    if (field->known) {
        field->id = td_vocabulary_find(field->known, cell);
        return field->id > 0 ? TD_OK
                             : TD_LINE_FAIL(line, "expected an item of the item list, found '%s'",
                                            td_excerpt_of_str(cell).text);
    }
    if (td_vocabulary_count(field->names) == TD_VOCABULARY_MAX)
        return TD_LINE_FAIL(line, "expected fewer than %d users and items", TD_VOCABULARY_MAX);
    return TD_OK;
}

/* A cell of one value must not be a list, as JSON has them. */
static td_status check_single(const field_at_hand *field, const td_line *line, td_str cell)
{
    const bool is_list = field->kind == TD_KIND_CATEGORIES || field->kind == TD_KIND_VECTOR ||
                         field->kind == TD_KIND_NUMBERS;
    if (is_list || cell.length == 0 || !memchr(cell.text, TD_CELL_LIST, cell.length))
        return TD_OK;
    return TD_LINE_FAIL(line, "expected one value%s%s, found a list", field->source ? " as " : "",
                        field->source ? field->source->name : "");
}

/* Looks at the cells of a line. What is wrong with names is said rather than with numbers. */
static td_status look(const reading *r, const td_line *line)
{
    td_status plain = TD_OK;
    for (size_t f = 0; f < r->count; f++) {
        field_at_hand *field = &r->fields[f];
        const td_str *cells = r->cells + field->column;
        if (field->may_miss)
            field->is_missing = td_cell_is_missing(field->source, *cells);
        if (field->is_missing)
            continue;
        if (r->is_json)
            TD_TRY(check_single(field, line, *cells));
        if (field->names || field->known)
            TD_TRY(check_name(r, line, field, *cells));
        if (plain != TD_OK)
            continue;
        if (field->kind == TD_KIND_NUMBER)
            plain = td_cell_number(field->source, line, *cells, &field->number);
        else if (field->kind == TD_KIND_TIME)
            plain = td_cell_time(field->source, &field->time_form, line, *cells, &field->time);
        else if (field->source && field->source->flags)
            plain = td_cell_flags(field->source, line, cells);
        else if (field->kind == TD_KIND_VECTOR || field->kind == TD_KIND_NUMBERS)
            plain = td_cell_list(field->source, line, *cells);
    }
    return plain;
}

/* Room for the values of a list at hand, ids or floats. */
static void *room_for(reading *r, size_t count)
{
    return td_buffer_fit(&r->list, count, sizeof(int32_t));
}

/* The number of a name, which is new perhaps. */
static int32_t number_of(const field_at_hand *field, td_str name)
{
    if (field->source && field->source->hash_buckets > 0)
        return td_names_hash(name, field->source->hash_buckets);
    return td_vocabulary_add(field->names, name);
}

/* Puts the categories of a cell, or those whose flags are 1, into the list of the last row. */
static void keep_categories(reading *r, size_t f, int64_t row)
{
    const td_source_field *source = r->fields[f].source;
    const td_str cell = r->cells[source->column];
    int32_t *ids = room_for(r, source->columns + cell.length);
    int64_t count = 0;
    for (size_t c = 0; source->flags && c < source->columns; c++)
        if (r->cells[source->column + c].length == 1 && *r->cells[source->column + c].text == '1')
            ids[count++] =
                number_of(&r->fields[f], (td_str){source->flags[c], strlen(source->flags[c])});
    td_cell_names names = td_cell_begin(source, cell);
    while (!source->flags && td_cell_next(&names))
        ids[count++] = number_of(&r->fields[f], names.name);
    td_field_put_list(&r->records->frame.field[f], row, count, ids);
}

/* The weights of a cell's categories, in their order. */
static void keep_weights(reading *r, size_t f, int64_t row)
{
    td_cell_names names = td_cell_begin(r->fields[f].source, r->cells[r->fields[f].column]);
    float *weights = room_for(r, names.cell.length);
    int64_t count = 0;
    while (td_cell_next(&names))
        weights[count++] = names.weight;
    td_field_put_list(&r->records->frame.field[f], row, count, weights);
}

/* The tokens of a text, as categories. */
static void keep_tokens(reading *r, size_t f, int64_t row)
{
    td_tokens_cut(&r->tokens, r->cells[r->fields[f].column]);
    int32_t *ids = room_for(r, r->tokens.count);
    for (size_t t = 0; t < r->tokens.count; t++)
        ids[t] = number_of(&r->fields[f], r->tokens.tokens[t]);
    td_field_put_list(&r->records->frame.field[f], row, (int64_t)r->tokens.count, ids);
}

static int32_t id_of(const field_at_hand *field, td_str cell)
{
    if (field->known)
        return field->id;
    if (cell.length == 0)
        return 0;
    return number_of(field, field->source ? td_cell_prefix(field->source, cell) : cell);
}

static void keep_missing(td_field *field, int64_t row)
{
    if (field->offsets)
        field->offsets[row + 1] = field->offsets[row];
    else
        td_missing_fill(field->type, field->width,
                        (char *)field->values + (size_t)row * td_field_size(field));
}

static void keep(reading *r)
{
    td_frame *frame = &r->records->frame;
    if (frame->count == frame->room)
        td_frame_grow(frame);
    const int64_t row = frame->count++;
    for (size_t f = 0; f < r->count; f++) {
        const field_at_hand *at_hand = &r->fields[f];
        td_field *field = &frame->field[f];
        const td_str cell = r->cells[at_hand->column];
        if (at_hand->is_missing) {
            keep_missing(field, row);
            continue;
        }
        switch (at_hand->kind) {
        case TD_KIND_CATEGORY:
            ((int32_t *)field->values)[row] = id_of(at_hand, cell);
            break;
        case TD_KIND_CATEGORIES:
            keep_categories(r, f, row);
            break;
        case TD_KIND_NUMBER:
            ((float *)field->values)[row] = at_hand->number;
            break;
        case TD_KIND_TIME:
            ((int64_t *)field->values)[row] = at_hand->time;
            break;
        case TD_KIND_TEXT:
            if (r->of == TD_OF_ITEM)
                td_field_put_list(field, row, (int64_t)cell.length, cell.text);
            else
                keep_tokens(r, f, row);
            break;
        case TD_KIND_VECTOR:
            td_cell_vector(at_hand->source, cell, (float *)field->values + row * field->width);
            break;
        case TD_KIND_NUMBERS:
            keep_weights(r, f, row);
            break;
        }
    }
}

static td_status take_row(reading *r, const td_line *line)
{
    TD_TRY(td_table_cut(r->table, line, r->cells));
    if (r->soon) /* the wait for memory is hidden by reading numbers */
        td_vocabulary_expect(r->soon, r->cells[r->soon_column]);
    TD_TRY(look(r, line));
    if (r->judge->judge)
        TD_TRY(r->judge->judge(r->judge->context, line, r->cells));
    keep(r);
    return TD_OK;
}

static td_status read_lines(reading *r, td_bad_lines *bad)
{
    td_line line;
    bool found;
    for (;;) {
        TD_TRY(td_table_next(r->table, &line, &found));
        if (!found)
            return TD_OK;
        td_status status = take_row(r, &line);
        if (status != TD_OK)
            TD_TRY(td_bad_lines_skip(bad, &line));
    }
}

/* Adds a field to what is read; the key of a side table has no source. */
static void begin_field(reading *r, const td_source_field *source, const char *name, td_role role,
                        size_t column)
{
    td_records *records = r->records;
    const td_kind kind = source ? source->kind : TD_KIND_CATEGORY;
    const td_vocabulary *known = role == TD_ROLE_ITEM ? r->judge->known_items : NULL;
    const int64_t width = source && source->width > 0 ? source->width : 1;
    const td_schema_field field = {.name = (char *)name, .kind = kind, .width = width};
    const bool is_whole = kind == TD_KIND_TEXT && r->of == TD_OF_ITEM; /* a text, not its tokens */
    if (is_whole)
        td_frame_add_list(&records->frame, name, TD_UINT8, 1);
    else
        td_schema_add_to(&field, &records->frame);
    if (td_kind_has_vocabulary(kind) && !is_whole && !known &&
        !(source && source->hash_buckets > 0))
        records->names[r->count] = td_vocabulary_create();
    r->fields[r->count] = (field_at_hand){
        .source = source,
        .kind = kind,
        .column = column,
        .is_item = role == TD_ROLE_ITEM,
        .is_key = role == TD_ROLE_ITEM || role == TD_ROLE_USER,
        .may_miss = source && !source->flags &&
                    (role == TD_ROLE_NONE || source->missing > 0 ||
                     (role == TD_ROLE_USER && r->judge->users_may_miss)),
        .is_missing = source && source->columns == 0, /* in every line */
        .time_form = kind == TD_KIND_TIME && r->table
                         ? td_cell_guess_time(r->table, r->form.path, source)
                         : (td_time_form){0},
        .known = known,
        .names = records->names[r->count],
    };
    if (role == TD_ROLE_ITEM) {
        r->soon = known ? known : records->names[r->count];
        r->soon_column = column;
    }
    r->count++;
}

/* Collective. Opens the table, with what the fields say of its cells. */
static td_status open_table(td_comm *comm, reading *r)
{
    const td_source_table *source = r->source;
    r->form = source->form;
    r->form.cells = r->form_cells = TD_NEW(td_cell, source->form.count);
    for (size_t f = 0; f < source->count; f++)
        if (source->fields[f].columns > 0 &&
            (source->fields[f].kind == TD_KIND_NUMBER || source->fields[f].kind == TD_KIND_TIME))
            r->form_cells[source->fields[f].column] =
                source->fields[f].kind == TD_KIND_TIME ? TD_CELL_TIME : TD_CELL_NUMBER;
    const td_status status = td_table_open(comm, &r->form, &r->table);
    if (status != TD_OK)
        td_free(r->form_cells);
    return status;
}

static void begin(reading *r, int64_t lines)
{
    const td_source_table *source = r->source;
    const size_t keys = r->of != TD_OF_ROW, count = keys + source->count;
    *r->records =
        (td_records){.table = source, .keys = keys, .names = TD_NEW(td_vocabulary *, count)};
    r->cells = TD_NEW(td_str, source->form.count);
    r->is_json = r->table && td_table_kind_of(r->table) == TD_TABLE_JSONL;
    r->fields = TD_NEW(field_at_hand, count);
    if (keys > 0)
        begin_field(r, NULL, TD_FIELD_KEY, r->of == TD_OF_USER ? TD_ROLE_USER : TD_ROLE_ITEM,
                    source->key);
    for (size_t f = 0; f < source->count; f++)
        begin_field(r, &source->fields[f], source->fields[f].name, source->fields[f].role,
                    source->fields[f].column);
    td_frame_reserve(&r->records->frame, lines > 0 ? lines : 1 << 12);
}

static void end(reading *r)
{
    td_table_close(r->table);
    td_free(r->cells);
    td_free(r->fields);
    td_buffer_free(&r->list);
    td_tokenizer_free(&r->tokens);
    td_free(r->form_cells);
}

td_status td_records_read_whole(td_comm *comm, const td_source *source, td_of of,
                                const td_row_judge *judge, td_bad_lines *bad, td_records *records)
{
    reading r = {.source = &source->table[of], .of = of, .judge = judge, .records = records};
    *records = (td_records){0};
    TD_TRY(open_table(comm, &r));
    begin(&r, 0);
    td_status status = read_lines(&r, bad);
    records->total = records->frame.count;
    end(&r);
    return td_comm_agree(comm, status);
}

/* Local. Reads this rank's part, also a second time. */
static td_status read_part(reading *r, td_bad_lines *bad)
{
    r->records->frame.count = 0;
    td_table_begin(r->table);
    return read_lines(r, bad);
}

/* How a rank's part went. */
typedef struct {
    int64_t skipped;
    int64_t failed;
} outcome;

/* Returns the rank whose part has the line that would have ended the reading of all parts one after
 * the other, size if none; *before is how many bad lines would have been left out before its part.
 */
static int find_end(int size, const outcome *of, int64_t limit, int64_t *before)
{
    for (int rank = 0; rank < size; rank++) {
        if (of[rank].failed || of[rank].skipped > limit - *before)
            return rank;
        *before += of[rank].skipped;
    }
    return size;
}

/* Local. Reads a part again that may leave out fewer bad lines than it did. */
static td_status read_again(reading *r, int64_t before, td_bad_lines *bad)
{
    *bad = (td_bad_lines){.limit = bad->limit, .skipped = before};
    TD_TRY(read_part(r, bad));
    return td_fail(TD_ERR_INPUT, "%s: the file changed while it was read", r->source->form.path);
}

/* Collective. Gathers the messages of lines that were left out, in the order of the parts. */
static void show_all(td_comm *comm, int64_t count, char (*message)[TD_BAD_LINE_BYTES],
                     td_bad_lines *bad)
{
    size_t total;
    char(*all)[TD_BAD_LINE_BYTES] =
        td_comm_allgatherv(comm, message, (size_t)count, sizeof *message, &total);
    td_bad_lines_show(bad, total, all);
    td_free(all);
}

/* Collective. Reads all parts; bad becomes what it would be had they been read in one go. */
static td_status read_parts(td_comm *comm, reading *r, td_bad_lines *bad)
{
    size_t size;
    int rank = td_comm_rank(comm);
    int64_t before = bad->skipped;
    td_bad_lines own = {.limit = bad->limit, .skipped = before};
    td_status status = read_part(r, &own);
    outcome mine = {own.skipped - before, status != TD_OK};
    outcome *of = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &size);
    int end = find_end((int)size, of, bad->limit, &before);
    if (rank == end && before > bad->skipped)
        status = read_again(r, before, &own);
    bad->skipped = before;
    show_all(comm, rank <= end ? own.shown : 0, own.message, bad);
    td_free(of);
    return td_comm_agree(comm, rank == end ? status : TD_OK);
}

td_status td_records_read(td_comm *comm, const td_source *source, td_of of,
                          const td_row_judge *judge, td_bad_lines *bad, td_records *records)
{
    reading r = {.source = &source->table[of], .of = of, .judge = judge, .records = records};
    *records = (td_records){0};
    TD_TRY(open_table(comm, &r));
    td_status status = td_table_share(comm, r.table, bad->limit - bad->skipped);
    begin(&r, td_table_most_lines(r.table));
    if (status == TD_OK)
        status = read_parts(comm, &r, bad);
    end(&r);
    records->total = records->frame.count;
    td_comm_sum(comm, 1, &records->total);
    td_comm_exscan(comm, 1, &records->frame.count, &records->first);
    return status;
}

td_status td_records_of_cells(const td_source *source, td_of of, int64_t rows, const td_line *lines,
                              const td_str *cells, td_records *records)
{
    const size_t columns = source->table[of].form.count;
    td_status status = TD_OK;
    const td_row_judge judge = {.known_items = NULL};
    reading r = {.source = &source->table[of], .of = of, .judge = &judge, .records = records};
    begin(&r, rows);
    for (int64_t row = 0; row < rows && status == TD_OK; row++) {
        if (columns > 0)
            memcpy(r.cells, cells + (size_t)row * columns, columns * sizeof *cells);
        status = look(&r, &lines[row]);
        if (status == TD_OK)
            keep(&r);
    }
    records->total = records->frame.count;
    end(&r);
    return status;
}

td_vocabulary *td_records_take_names(td_records *records, const char *field)
{
    const td_field *found = td_frame_find(&records->frame, field);
    td_vocabulary **place = &records->names[found - records->frame.field], *names = *place;
    *place = NULL;
    return names;
}

void td_records_give_names(td_records *records, const char *field, td_vocabulary *names)
{
    records->names[td_frame_find(&records->frame, field) - records->frame.field] = names;
}

void td_records_free(td_records *records)
{
    for (size_t f = 0; records->table && f < records->keys + records->table->count; f++)
        td_vocabulary_free(records->names[f]);
    td_free(records->names);
    td_frame_free(&records->frame);
    *records = (td_records){0};
}
