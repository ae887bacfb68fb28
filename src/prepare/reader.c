/* Tables read in parts: each rank looks at the rows of its own, and keeps what is good. */
#include "prepare/reader.h"

#include "base/log.h"
#include "base/memory.h"
#include "prepare/reader_row.h"
#include "prepare/vector_files.h"

#include <string.h>

#define PLACE ".row" /* a field that only readers see */

/* A table while it is read. */
typedef struct {
    const td_source_table *source;
    td_of of;
    const td_row_judge *judge;
    td_table_form form; /* the source's, with what its cells must be */
    td_cell *form_cells;
    td_table *table;
    td_row row;
} reading;

/* Completes the message of a file's first line by what it has not, as a misspelt member; of later
 * ones it would depend on the ranks what had been met before. */
static td_status explain(const reading *r, const td_line *line, td_status status)
{
    for (size_t f = 0; f < r->row.count && r->row.is_json && line->number == 1; f++) {
        const td_row_field *field = r->row.order[f];
        const bool is_read = !field->source || field->source->columns > 0;
        if (!is_read || field->may_miss || td_table_met(r->table, field->column) ||
            !td_table_nearest(r->table, field->column))
            continue;
        return td_fail(status, "%s; the first object has no '%s', the nearest is '%s'",
                       td_message(), r->form.columns[field->column],
                       td_table_nearest(r->table, field->column));
    }
    return status;
}

static td_status take_row(reading *r, const td_line *line)
{
    td_row *row = &r->row;
    TD_TRY(td_table_cut(r->table, line, row->cells));
    for (size_t i = 0; i < row->keys; i++) /* the wait for memory is hidden by reading numbers */
        if (row->order[i]->known)
            td_vocabulary_expect(row->order[i]->known, row->cells[row->order[i]->column]);
    const td_status status = td_row_look(row, line);
    if (status != TD_OK)
        return explain(r, line, status);
    bool is_kept = true;
    if (r->judge->judge)
        TD_TRY(r->judge->judge(r->judge->context, line, row->cells, &is_kept));
    if (is_kept)
        td_row_keep(row);
    return TD_OK;
}

/* Counts the rows of files before those for validation, and for testing. */
static void count_by_file(reading *r)
{
    const size_t file = td_table_file(r->table);
    td_records *records = r->row.records;
    for (int what = 0; what < 2; what++)
        if (file < r->source->held_out[what])
            records->held_out[what] = records->frame.count;
}

static td_status read_lines(reading *r, td_bad_lines *bad)
{
    td_line line;
    bool found;
    td_status status = TD_OK;
    while (status == TD_OK) {
        status = td_table_next(r->table, &line, &found);
        if (status != TD_OK || !found)
            break;
        r->row.met++;
        status = take_row(r, &line);
        if (status != TD_OK)
            status = td_bad_lines_skip(bad, &line);
        if (r->source->held_out[0] > 0)
            count_by_file(r);
    }
    td_row_number_names(&r->row);
    return status;
}

/* Adds a field to what is read; the key of a side table has no source. */
static void begin_field(reading *r, const td_source_field *source, td_role role, size_t column)
{
    td_row_field *field = td_row_add_field(&r->row, r->of, r->judge, source, role, column);
    if (source && source->kind == TD_KIND_TIME && r->table)
        field->time_form = td_row_guess_time(r->table, r->form.path, source);
}

/* Only lists of JSON need no separator. */
static td_status check_lists(const reading *r)
{
    const td_source_table *source = r->source;
    for (size_t f = 0; f < source->count && td_table_kind_of(r->table) != TD_TABLE_JSONL; f++)
        if (td_source_needs_separator(&source->fields[f]))
            return td_place_fail(
                source->fields[f].place,
                "expected a separator between the names in a cell of '%s', or "
                "flags, for the kind categories, as %s has no lists of JSON; found "
                "neither",
                source->fields[f].name, r->form.path);
    return TD_OK;
}

/* Collective. Opens the table, with what the fields say of its cells. */
static td_status open_table(td_comm *comm, reading *r)
{
    const td_source_table *source = r->source;
    r->form = source->form;
    r->form.cells = r->form_cells = TD_NEW(td_cell, source->form.count);
    for (size_t f = 0; f < source->count; f++) {
        const td_source_field *field = &source->fields[f];
        if (field->columns > 0 && (field->kind == TD_KIND_NUMBER || field->kind == TD_KIND_TIME))
            r->form_cells[field->column] =
                field->kind == TD_KIND_TIME ? TD_CELL_TIME : TD_CELL_NUMBER;
        else if (field->columns > 0 && field->is_guess)
            r->form_cells[field->column] = TD_CELL_NAME;
    }
    td_status status = td_table_open(comm, &r->form, &r->table);
    if (status == TD_OK)
        status = check_lists(r);
    for (size_t f = 0; f < source->count && status == TD_OK; f++)
        if (source->fields[f].is_guess)
            status = td_row_check_names(r->table, r->form.path, &source->fields[f]);
    if (status != TD_OK) {
        td_table_close(r->table);
        td_free(r->form_cells);
    }
    return status;
}

static void begin(reading *r, int64_t lines)
{
    td_row *row = &r->row;
    const td_source_table *source = r->source;
    const size_t keys = r->of != TD_OF_ROW, count = keys + source->count;
    *row->records =
        (td_records){.table = source, .keys = keys, .names = TD_NEW(td_vocabulary *, count)};
    row->cells = TD_NEW(td_str, source->form.count);
    row->is_json = r->table && td_table_kind_of(r->table) == TD_TABLE_JSONL;
    row->fields = TD_NEW(td_row_field, count);
    if (keys > 0)
        begin_field(r, NULL, r->of == TD_OF_USER ? TD_ROLE_USER : TD_ROLE_ITEM, source->key);
    for (size_t f = 0; f < source->count; f++)
        begin_field(r, &source->fields[f], source->fields[f].role, source->fields[f].column);
    td_row_put_in_order(row);
    for (size_t f = 0; f < source->count; f++)
        row->keeps_place = row->keeps_place || source->fields[f].file;
    if (row->keeps_place)
        td_frame_add(&row->records->frame, PLACE, TD_INT64, 1);
    td_frame_reserve(&row->records->frame, lines > 0 ? lines : 1 << 12);
}

static void end(reading *r)
{
    td_frame_remove(&r->row.records->frame, PLACE);
    td_table_close(r->table);
    td_row_free_fields(&r->row);
    td_free(r->row.cells);
    td_buffer_free(&r->row.list);
    td_tokenizer_free(&r->row.tokens);
    td_free(r->form_cells);
}

/* Collective. Says which members are wanted and none of all objects has, as a misspelt one would.
 */
static void tell_absent(td_comm *comm, const reading *r)
{
    const size_t count = r->form.count;
    int64_t *met = TD_NEW(int64_t, count), rows = r->row.met;
    for (size_t c = 0; c < count && r->row.is_json; c++)
        met[c] = td_table_met(r->table, c);
    td_comm_sum(comm, count, met);
    td_comm_sum(comm, 1, &rows);
    for (size_t c = 0; c < count && r->row.is_json && rows > 0; c++) {
        const char *nearest = td_table_nearest(r->table, c);
        if (met[c] == 0)
            td_warn("%s: no object has '%s'%s%s%s, so it is missing of all", r->form.path,
                    r->form.columns[c], nearest ? " (the nearest is '" : "", nearest ? nearest : "",
                    nearest ? "')" : "");
    }
    td_free(met);
}

/* Collective. Reads the vectors that stand beside the table, whose rows so far are met, and those
 * of the ranks before this one, first. */
static td_status read_vectors(td_comm *comm, reading *r, int64_t first, int64_t met)
{
    td_frame *frame = &r->row.records->frame;
    int64_t *place = td_frame_values(frame, PLACE);
    if (!r->row.keeps_place)
        return TD_OK;
    for (int64_t i = 0; i < frame->count; i++)
        place[i] += first;
    return td_vector_files_read(comm, r->source, met, place, frame);
}

td_status td_records_read_whole(td_comm *comm, const td_source *source, td_of of,
                                const td_row_judge *judge, td_bad_lines *bad, td_records *records)
{
    reading r = {.source = &source->table[of], .of = of, .judge = judge, .row.records = records};
    *records = (td_records){0};
    TD_TRY(open_table(comm, &r));
    begin(&r, 0);
    td_status status = td_comm_agree(comm, read_lines(&r, bad));
    if (status == TD_OK)
        tell_absent(comm, &r);
    if (status == TD_OK)
        status = read_vectors(comm, &r, 0, r.row.met);
    records->total = records->frame.count;
    end(&r);
    return status;
}

/* Local. Reads this rank's part, also a second time. */
static td_status read_part(reading *r, td_bad_lines *bad)
{
    r->row.records->frame.count = 0;
    r->row.met = 0;
    r->row.records->held_out[0] = r->row.records->held_out[1] = 0;
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
    reading r = {.source = &source->table[of], .of = of, .judge = judge, .row.records = records};
    *records = (td_records){0};
    TD_TRY(open_table(comm, &r));
    td_status status = td_table_share(comm, r.table, bad->limit - bad->skipped);
    begin(&r, td_table_most_lines(r.table));
    if (status == TD_OK)
        status = read_parts(comm, &r, bad);
    if (status == TD_OK)
        tell_absent(comm, &r);
    int64_t met = r.row.met, before;
    td_comm_sum(comm, 1, &met);
    td_comm_exscan(comm, 1, &r.row.met, &before);
    if (status == TD_OK)
        status = read_vectors(comm, &r, before, met);
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
    reading r = {.source = &source->table[of], .of = of, .judge = &judge, .row.records = records};
    begin(&r, rows);
    for (int64_t row = 0; row < rows && status == TD_OK; row++) {
        if (columns > 0)
            memcpy(r.row.cells, cells + (size_t)row * columns, columns * sizeof *cells);
        status = td_row_look(&r.row, &lines[row]);
        if (status == TD_OK)
            td_row_keep(&r.row);
    }
    td_row_number_names(&r.row);
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
