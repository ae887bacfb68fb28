#include "prepare/profile.h"

#include "base/memory.h"
#include "base/range.h"
#include "text/guess.h"
#include "text/table_columns.h"

#include <stdio.h>
#include <string.h>

/* Keeps which cells a row has. */
static void keep(td_profile *p, const td_str *cells, int64_t *room)
{
    if (p->rows == *room) {
        const int64_t more = td_larger(2 * *room, 1024);
        for (size_t c = 0; c < p->form.count; c++)
            p->columns[c].cell =
                td_reallocate(p->columns[c].cell, (size_t)*room, (size_t)more, sizeof(int32_t));
        *room = more;
    }
    for (size_t c = 0; c < p->form.count; c++)
        p->columns[c].cell[p->rows] =
            cells[c].length > 0 ? td_vocabulary_add(p->columns[c].cells, cells[c]) : 0;
    p->rows++;
}

static td_status read_rows(td_profile *p, td_table *table)
{
    td_str *cells = TD_NEW(td_str, p->form.count);
    int64_t room = 0;
    td_line line;
    bool found = true;
    td_status status = TD_OK;
    for (;;) {
        status = td_table_next(table, &line, &found);
        if (status != TD_OK || !found || p->rows == TD_PROFILE_ROWS)
            break;
        if (td_table_cut(table, &line, cells) == TD_OK)
            keep(p, cells, &room);
        else if (p->bad++ == 0)
            snprintf(p->message, sizeof p->message, "%s", td_message());
    }
    p->is_whole = !found;
    td_free(cells);
    return status;
}

static void count_cells(td_profile *p)
{
    for (size_t c = 0; c < p->form.count; c++) {
        td_column_profile *column = &p->columns[c];
        column->count = TD_NEW(int64_t, (size_t)td_vocabulary_count(column->cells) + 1);
        for (int64_t i = 0; i < p->rows; i++)
            column->count[column->cell[i]]++;
    }
}

/* Whether a column is asked for by a name, so that a file of lines has a header. */
static bool asks_by_name(const td_table_form *form)
{
    size_t number;
    for (size_t c = 0; c < form->count; c++)
        if (!td_column_number(form->columns[c], &number))
            return true;
    return false;
}

td_status td_profile_read(td_comm *comm, const td_source *source, td_of of, td_profile *p)
{
    td_files *files;
    td_table *table;
    *p = (td_profile){.of = of, .form = source->table[of].form};
    if (p->form.first_line == TD_FIRST_AUTO && asks_by_name(&p->form))
        p->form.first_line = TD_FIRST_HEADER;
    TD_TRY(td_table_columns_find(comm, &p->form, &files));
    p->columns = TD_NEW(td_column_profile, p->form.count);
    for (size_t c = 0; c < p->form.count; c++) {
        p->columns[c].of = of;
        p->columns[c].column = p->form.columns[c];
        p->columns[c].cells = td_vocabulary_create();
    }
    TD_TRY(td_table_open_files(comm, &p->form, files, &table));
    const td_status status = td_comm_agree(comm, read_rows(p, table));
    td_table_close(table);
    count_cells(p);
    return status;
}

void td_profile_free(td_profile *p)
{
    for (size_t c = 0; p->columns && c < p->form.count; c++) {
        td_vocabulary_free(p->columns[c].cells);
        td_free(p->columns[c].cell);
        td_free(p->columns[c].count);
    }
    td_free(p->columns);
    td_table_columns_free(&p->form);
    *p = (td_profile){.rows = 0};
}

const td_column_profile *td_profile_with_role(const td_profile *p, td_role role)
{
    for (size_t c = 0; p->columns && c < p->form.count; c++)
        if (p->columns[c].role == role)
            return &p->columns[c];
    return NULL;
}
