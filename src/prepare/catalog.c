/* Rows of an item list, looked at in full before anything of them is kept; and then the items, each
 * with the values of its first row. */
#include "prepare/catalog.h"

#include "base/log.h"
#include "base/memory.h"
#include "data/tokens.h"
#include "prepare/rare.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_LIMIT = 1 << 10 };

/* A list while it is read. Arrays have room for limit rows; names are never more than rows. */
typedef struct {
    td_catalog *list;
    td_item_key key;
    const td_source_table *table;
    size_t id, title; /* their columns */
    bool has_title;
    size_t limit;
    int64_t *line;     /* of each row */
    uint64_t *digest;  /* of each row's cells, where later rows of an id are passed over, */
    bool *is_differed; /* and whether those of one differ */
    bool *untitled;    /* whether each row is named by its id for want of a title */
    int32_t *namer;    /* the row that named each item first, by the item's number - 1 */
} reading;

static void grow(reading *r)
{
    size_t limit = 2 * r->limit + FIRST_LIMIT;
    r->list->item = td_reallocate(r->list->item, r->limit, limit, sizeof(int32_t));
    r->line = td_reallocate(r->line, r->limit, limit, sizeof(int64_t));
    r->digest = td_reallocate(r->digest, r->limit, limit, sizeof(uint64_t));
    r->is_differed = td_reallocate(r->is_differed, r->limit, limit, sizeof(bool));
    r->untitled = td_reallocate(r->untitled, r->limit, limit, sizeof(bool));
    r->namer = td_reallocate(r->namer, r->limit, limit, sizeof(int32_t));
    r->limit = limit;
}

static td_status check_row(const reading *r, const td_line *line, td_str id, td_str name,
                           bool untitled)
{
    const td_catalog *list = r->list;
    if (list->rows == TD_VOCABULARY_MAX)
        return TD_LINE_FAIL(line, "expected at most %d items, found one more", TD_VOCABULARY_MAX);
    int32_t same = td_vocabulary_find(list->ids, id);
    if (same != 0)
        return TD_LINE_FAIL(line,
                            "expected each item id once, found '%s' again, after line "
                            "%" PRId64,
                            td_excerpt_of_str(id).text, r->line[same - 1]);
    int32_t item = td_vocabulary_find(list->items, name);
    if (item != 0 && r->untitled[r->namer[item - 1]] != untitled)
        return TD_LINE_FAIL(line,
                            "expected titles that differ from the ids of items without "
                            "title, found '%s' as both, here and on line %" PRId64,
                            td_excerpt_of_str(name).text, r->line[r->namer[item - 1]]);
    return TD_OK;
}

/* Returns a digest of the cells that tell of an item, as they stand. */
static uint64_t digest_of(const td_source_table *table, const td_str *cells)
{
    uint64_t digest = 0;
    for (size_t f = 0; f < table->count; f++)
        for (size_t c = 0; c < table->fields[f].columns; c++) {
            const td_str cell = cells[table->fields[f].column + c];
            digest = XXH3_64bits_withSeed(cell.text, cell.length, digest + 1);
        }
    return digest;
}

/* Passes over a row whose id an earlier row has; says whether it is one. */
static bool pass_over(reading *r, td_str id, const td_str *cells)
{
    const int32_t same = td_vocabulary_find(r->list->ids, id);
    if (same != 0 && r->digest[same - 1] != digest_of(r->table, cells))
        r->is_differed[same - 1] = true;
    return same != 0;
}

static td_status take_row(void *context, const td_line *line, const td_str *cells, bool *is_kept)
{
    reading *r = context;
    td_catalog *list = r->list;
    const td_str id = cells[r->id];
    *is_kept = !r->table->is_of_rows || !pass_over(r, id, cells);
    if (!*is_kept)
        return TD_OK;
    const bool by_title = r->has_title && r->key == TD_KEY_TITLE;
    const bool untitled = by_title && cells[r->title].length == 0;
    const td_str name = by_title && !untitled ? cells[r->title] : id;
    TD_TRY(check_row(r, line, id, name, untitled));
    if ((size_t)list->rows == r->limit)
        grow(r);
    int32_t items = td_vocabulary_count(list->items), row = list->rows++;
    td_vocabulary_add(list->ids, id);
    list->item[row] = td_vocabulary_add(list->items, name);
    r->line[row] = line->number;
    r->digest[row] = r->table->is_of_rows ? digest_of(r->table, cells) : 0;
    r->is_differed[row] = false;
    r->untitled[row] = untitled;
    if (list->item[row] > items)
        r->namer[items] = row;
    return TD_OK;
}

static void warn_of_differing(const reading *r)
{
    int64_t differing = 0;
    for (int32_t row = 0; row < r->list->rows; row++)
        differing += r->is_differed[row];
    td_source_warn_of_differing(r->table, TD_OF_ITEM, differing);
}

td_status td_catalog_agree(td_comm *comm, const char *path, const td_catalog *list)
{
    const int32_t mine[] = {list->rows, td_vocabulary_count(list->items)};
    int32_t first[sizeof mine / sizeof *mine];
    memcpy(first, mine, sizeof mine);
    td_comm_broadcast(comm, 0, first, sizeof first);
    td_status status = TD_OK;
    if (memcmp(mine, first, sizeof mine) != 0)
        status = td_fail(TD_ERR_INPUT,
                         "%s: rank %d on %s read another item list than rank 0: the file changed "
                         "while it was read",
                         path, td_comm_rank(comm), td_comm_host(comm));
    return td_comm_agree(comm, status);
}

td_status td_catalog_read(td_comm *comm, const td_source *source, td_bad_lines *bad,
                          td_catalog *catalog)
{
    const td_source_table *table = &source->table[TD_OF_ITEM];
    const td_source_field *title = td_source_with_role(source, TD_ROLE_TITLE);
    *catalog = (td_catalog){.ids = td_vocabulary_create(), .items = td_vocabulary_create()};
    reading r = {.list = catalog,
                 .key = source->item_key,
                 .table = table,
                 .id = table->key,
                 .title = title ? title->column : 0,
                 .has_title = title != NULL};
    const td_row_judge judge = {.judge = take_row, .context = &r};
    grow(&r);
    td_status status =
        td_records_read_whole(comm, source, TD_OF_ITEM, &judge, bad, &catalog->records);
    catalog->listed = table->is_of_rows ? 0 : catalog->rows;
    if (status == TD_OK && table->is_of_rows)
        warn_of_differing(&r);
    if (status == TD_OK && catalog->rows == 0)
        status =
            td_fail(TD_ERR_INPUT, "%s: expected a list of items, found no row", table->form.path);
    td_vocabulary_sort_ids(catalog->items, catalog->rows, catalog->item);
    td_free(r.line);
    td_free(r.digest);
    td_free(r.is_differed);
    td_free(r.untitled);
    td_free(r.namer);
    TD_TRY(status);
    return td_catalog_agree(comm, table->form.path, catalog);
}

void td_catalog_warn(const td_catalog *list)
{
    int64_t *rows = TD_NEW(int64_t, (size_t)td_vocabulary_count(list->items) + 1);
    int64_t ids = 0, titles = 0;
    int32_t shown = 0;
    for (int32_t row = 0; row < list->rows; row++)
        if (++rows[list->item[row]] == 2) {
            titles++;
            shown = shown > 0 ? shown : list->item[row];
        }
    for (int32_t row = 0; row < list->rows; row++)
        ids += rows[list->item[row]] > 1;
    td_free(rows);
    if (ids == 0)
        return;
    const td_str title = td_vocabulary_name(list->items, shown);
    td_warn("%s: %" PRId64 " ids with titles that others have, such as '%s', are %" PRId64
            " %s now; --item-key id keeps them apart",
            list->records.table->form.path, ids, td_excerpt_of_str(title).text, titles,
            titles == 1 ? "item" : "items");
}

void td_catalog_of_ids(td_vocabulary *ids, td_catalog *catalog)
{
    int32_t rows = td_vocabulary_count(ids);
    *catalog = (td_catalog){.rows = rows, .items = ids, .item = TD_NEW(int32_t, (size_t)rows)};
    for (int32_t row = 0; row < rows; row++)
        catalog->item[row] = row + 1;
}

void td_catalog_add_unlisted(const td_vocabulary *names, td_catalog *catalog, int32_t *item)
{
    const int32_t count = td_vocabulary_count(names), listed = catalog->rows;
    for (int32_t n = 1; n <= count; n++)
        item[n] = td_vocabulary_add(catalog->ids, td_vocabulary_name(names, n)); /* of its row */
    catalog->rows = td_vocabulary_count(catalog->ids);
    catalog->item = td_reallocate(catalog->item, (size_t)listed, (size_t)catalog->rows + 1,
                                  sizeof *catalog->item);
    for (int32_t row = listed; row < catalog->rows; row++)
        catalog->item[row] =
            td_vocabulary_add(catalog->items, td_vocabulary_name(catalog->ids, row + 1));
    td_vocabulary_sort_ids(catalog->items, catalog->rows, catalog->item);
    td_frame_extend(&catalog->records.frame, catalog->rows - listed);
    for (int32_t n = 1; n <= count; n++)
        item[n] = catalog->item[item[n] - 1];
}

void td_catalog_renumber(const int32_t *number, td_catalog *catalog)
{
    td_vocabulary *ids = catalog->ids ? td_vocabulary_create() : NULL;
    td_vocabulary *items = td_vocabulary_create();
    int64_t *places = TD_NEW(int64_t, (size_t)catalog->rows);
    int32_t rows = 0;
    for (int32_t row = 0; row < catalog->rows; row++)
        if (number[catalog->item[row]] != 0) {
            if (ids)
                td_vocabulary_add(ids, td_vocabulary_name(catalog->ids, row + 1));
            catalog->item[rows] = number[catalog->item[row]];
            places[rows++] = row;
        }
    for (int32_t i = 1; i <= td_vocabulary_count(catalog->items); i++)
        if (number[i] != 0)
            td_vocabulary_add(items, td_vocabulary_name(catalog->items, i));
    const td_frame left = td_frame_gather(&catalog->records.frame, rows, places);
    td_frame_free(&catalog->records.frame);
    td_vocabulary_free(catalog->ids);
    td_vocabulary_free(catalog->items);
    td_free(places);
    catalog->records.frame = left;
    catalog->ids = ids;
    catalog->items = items;
    catalog->rows = rows;
}

td_strings td_catalog_titles(const td_catalog *catalog)
{
    const td_source_table *table = catalog->records.table;
    for (size_t f = 0; table && f < table->count; f++)
        if (table->fields[f].role == TD_ROLE_TITLE)
            return td_field_strings(td_frame_find(&catalog->records.frame, table->fields[f].name),
                                    catalog->rows);
    return (td_strings){0};
}

/* Returns the first row of each item, by its number - 1. */
static int64_t *find_first_rows(const td_catalog *list)
{
    int64_t *first = TD_NEW(int64_t, (size_t)td_vocabulary_count(list->items));
    for (int64_t row = list->rows - 1; row >= 0; row--)
        first[list->item[row] - 1] = row;
    return first;
}

/* Adds the ids of the tokens of each item's text. */
static void add_tokens(const td_strings *texts, const td_vocabulary *learned, int64_t items,
                       const int64_t *first, td_field *field)
{
    td_tokenizer cut = {0};
    int32_t *ids = NULL;
    size_t room = 0;
    for (int64_t item = 1; item <= items; item++) {
        td_tokens_cut(&cut, td_string_at(texts, first[item - 1]));
        if (cut.count > room) {
            td_free(ids);
            room = 2 * cut.count;
            ids = TD_NEW(int32_t, room);
        }
        for (size_t i = 0; i < cut.count; i++)
            ids[i] = td_tokens_id(learned, cut.tokens[i]);
        td_field_put_list(field, item, (int64_t)cut.count, ids);
    }
    td_free(ids);
    td_tokenizer_free(&cut);
}

/* Adds a field of texts, as tokens; returns their names. */
static td_strings add_text(const td_field *from, const td_catalog *list, int64_t max_tokens,
                           const int64_t *first, td_frame *items)
{
    const td_strings texts = td_field_strings(from, list->rows);
    td_vocabulary *learned = td_tokens_learn(&texts, (int32_t)max_tokens);
    td_field *field = td_frame_add_list(items, from->name, TD_INT32, 1);
    add_tokens(&texts, learned, items->count - 1, first, field);
    td_strings names = td_tokens_names(learned);
    td_vocabulary_free(learned);
    return names;
}

/* Adds any other field; returns the names of its categories, if it has such, in their order, which
 * become its ids. */
static td_strings add_values(const td_field *from, td_vocabulary *categories, int64_t min_count,
                             const int64_t *first, td_frame *items)
{
    td_field *field = from->offsets ? td_frame_add_list(items, from->name, from->type, from->width)
                                    : td_frame_add(items, from->name, from->type, from->width);
    const int64_t count = items->count - 1;
    td_frame one = {.count = count, .room = count, .fields = 1, .field = TD_NEW(td_field, 1)};
    one.field[0] = td_field_gather(from, count, first);
    td_frame target = {.count = 1, .room = items->room, .fields = 1, .field = field};
    td_frame_append(&target, &one, (td_range){0, count});
    td_frame_free(&one);
    if (!categories)
        return (td_strings){0};
    td_vocabulary_sort_ids(categories, td_field_elements(field, items->count), field->values);
    const td_strings names = td_vocabulary_list(categories);
    if (min_count <= 1)
        return names;
    int64_t *counts = TD_NEW(int64_t, (size_t)names.count + 1);
    td_rare_count(field, items->count, counts);
    const td_strings left = td_rare_drop(names, min_count, counts, field, items->count);
    td_free(counts);
    return left;
}

td_frame td_catalog_fields(const td_catalog *catalog, int64_t max_tokens, td_prepared *prepared)
{
    td_frame items = {0};
    td_frame_extend(&items, (int64_t)td_vocabulary_count(catalog->items) + 1);
    if (!catalog->ids)
        return items;
    const td_records *records = &catalog->records;
    int64_t *first = find_first_rows(catalog);
    for (size_t f = 0; f < records->table->count; f++) {
        const td_field *from = &records->frame.field[records->keys + f];
        const td_source_field *source = &records->table->fields[f];
        const td_strings names = source->kind == TD_KIND_TEXT
                                     ? add_text(from, catalog, max_tokens, first, &items)
                                     : add_values(from, records->names[records->keys + f],
                                                  source->min_count, first, &items);
        td_prepared_add(prepared, TD_OF_ITEM, source, names);
    }
    td_free(first);
    return items;
}

void td_catalog_free(td_catalog *catalog)
{
    td_records_free(&catalog->records);
    td_vocabulary_free(catalog->ids);
    td_vocabulary_free(catalog->items);
    td_free(catalog->item);
    *catalog = (td_catalog){.rows = 0};
}
