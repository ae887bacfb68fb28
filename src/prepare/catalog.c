/* Rows of an item list, looked at in full before anything of them is kept. */
#include "prepare/catalog.h"

#include "base/memory.h"
#include "prepare/source.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>

enum { FIRST_LIMIT = 1 << 10 };

/* A list while it is read. Arrays have room for limit rows; names are never more than rows. */
typedef struct {
    td_catalog *list;
    td_item_key key;
    size_t id, title; /* places of their cells in fields */
    td_str *fields;   /* of a line; after the wanted columns an empty one for no title */
    size_t limit;
    int64_t *line;  /* of each row */
    int32_t *namer; /* the row that named each item first, by the item's number - 1 */
} reading;

static bool is_untitled(const reading *r, int32_t row)
{
    td_str title = td_vocabulary_name(r->list->titles, r->list->title[row]);
    return r->key == TD_KEY_TITLE && title.length == 0;
}

static void grow(reading *r)
{
    size_t limit = 2 * r->limit + FIRST_LIMIT;
    r->list->title = td_reallocate(r->list->title, r->limit, limit, sizeof(int32_t));
    r->list->item = td_reallocate(r->list->item, r->limit, limit, sizeof(int32_t));
    r->line = td_reallocate(r->line, r->limit, limit, sizeof(int64_t));
    r->namer = td_reallocate(r->namer, r->limit, limit, sizeof(int32_t));
    r->limit = limit;
}

static td_status check_row(const reading *r, const td_line *line, td_str id, td_str name,
                           bool untitled)
{
    const td_catalog *list = r->list;
    if (id.length == 0)
        return TD_LINE_FAIL(line, "%s", "expected an item id, found an empty field");
    if (list->rows == TD_VOCABULARY_MAX)
        return TD_LINE_FAIL(line, "expected at most %d items, found one more", TD_VOCABULARY_MAX);
    int32_t same = td_vocabulary_find(list->ids, id);
    if (same != 0)
        return TD_LINE_FAIL(line,
                            "expected each item id once, found '%s' again, after line "
                            "%" PRId64,
                            td_excerpt_of(id.text, id.length).text, r->line[same - 1]);
    int32_t item = td_vocabulary_find(list->items, name);
    if (item != 0 && is_untitled(r, r->namer[item - 1]) != untitled)
        return TD_LINE_FAIL(line,
                            "expected titles that differ from the ids of items without "
                            "title, found '%s' as both, here and on line %" PRId64,
                            td_excerpt_of(name.text, name.length).text,
                            r->line[r->namer[item - 1]]);
    return TD_OK;
}

static td_status take_row(reading *r, const td_line *line, td_str id, td_str title)
{
    td_catalog *list = r->list;
    bool untitled = r->key == TD_KEY_TITLE && title.length == 0;
    td_str name = r->key == TD_KEY_ID || untitled ? id : title;
    TD_TRY(check_row(r, line, id, name, untitled));
    if ((size_t)list->rows == r->limit)
        grow(r);
    int32_t items = td_vocabulary_count(list->items), row = list->rows++;
    td_vocabulary_add(list->ids, id);
    list->title[row] = td_vocabulary_add(list->titles, title);
    list->item[row] = td_vocabulary_add(list->items, name);
    r->line[row] = line->number;
    if (list->item[row] > items)
        r->namer[items] = row;
    return TD_OK;
}

static td_status read_rows(reading *r, td_table *table, td_bad_lines *bad)
{
    td_line line;
    bool found;
    for (;;) {
        TD_TRY(td_table_next(table, &line, &found));
        if (!found)
            return TD_OK;
        td_status status = td_table_cut(table, &line, r->fields);
        if (status == TD_OK)
            status = take_row(r, &line, r->fields[r->id], r->fields[r->title]);
        if (status != TD_OK)
            TD_TRY(td_bad_lines_skip(bad, &line));
    }
}

static void sort_items(td_catalog *list)
{
    int32_t *number = td_vocabulary_sort(list->items);
    for (int32_t row = 0; row < list->rows; row++)
        list->item[row] = number[list->item[row]];
    td_free(number);
}

td_status td_catalog_agree(td_comm *comm, const char *path, const td_catalog *list)
{
    const int32_t mine[] = {list->rows, list->titles ? td_vocabulary_count(list->titles) : 0,
                            td_vocabulary_count(list->items)};
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
    const td_source_table *items = &source->table[TD_OF_ITEM];
    const td_source_field *title = td_source_with_role(source, TD_ROLE_TITLE);
    *catalog = (td_catalog){.ids = td_vocabulary_create(),
                            .titles = td_vocabulary_create(),
                            .items = td_vocabulary_create()};
    td_table *table;
    TD_TRY(td_table_open(comm, &items->form, &table));
    reading r = {.list = catalog,
                 .key = source->item_key,
                 .id = items->key,
                 .title = title ? title->column : items->form.count,
                 .fields = TD_NEW(td_str, items->form.count + 1)};
    grow(&r);
    td_status status = read_rows(&r, table, bad);
    if (status == TD_OK && catalog->rows == 0)
        status =
            td_fail(TD_ERR_INPUT, "%s: expected a list of items, found no row", items->form.path);
    sort_items(catalog);
    td_table_close(table);
    td_free(r.fields);
    td_free(r.line);
    td_free(r.namer);
    TD_TRY(td_comm_agree(comm, status));
    TD_TRY(td_catalog_agree(comm, items->form.path, catalog));
    if (title)
        return TD_OK;
    td_vocabulary_free(catalog->titles);
    catalog->titles = NULL;
    return TD_OK;
}

void td_catalog_of_ids(td_vocabulary *ids, td_catalog *catalog)
{
    int32_t rows = td_vocabulary_count(ids);
    *catalog = (td_catalog){.rows = rows, .items = ids, .item = TD_NEW(int32_t, (size_t)rows)};
    for (int32_t row = 0; row < rows; row++)
        catalog->item[row] = row + 1;
}

void td_catalog_free(td_catalog *catalog)
{
    td_vocabulary_free(catalog->ids);
    td_vocabulary_free(catalog->titles);
    td_vocabulary_free(catalog->items);
    td_free(catalog->title);
    td_free(catalog->item);
    *catalog = (td_catalog){.rows = 0};
}
