/* Tables of several files of any form, shared by any number of ranks, read as one. */
#include "text/table.h"

#include "../data/sample.h"
#include "job.h"
#include "text/guess.h"

#include <zlib.h>

MPI_SUITE(table)

enum { ROWS = 400, FILES = 6, ROOM = 1 << 15 };

/* Row i, in a file where it is on line `line`: "i", text of some length, line. */
typedef struct {
    char text[ROOM];
    size_t used;
    int64_t line;
} file_text;

static void add_row(file_text *f, int row, bool reversed)
{
    f->line++;
    char text[96];
    const int length = row * 7 % 60;
    memset(text, 'x', sizeof text);
    f->used +=
        (size_t)(reversed
                     ? sprintf(f->text + f->used, "%.*s,%d,%d\n", length, text, (int)f->line, row)
                     : sprintf(f->text + f->used, "%d,%.*s,%d\n", row, length, text, (int)f->line));
}

static void write_gzip(td_comm *comm, const char *path, const file_text *f)
{
    if (td_comm_rank(comm) == 0) {
        gzFile file = gzopen(path, "wb");
        cr_assert_eq(gzwrite(file, f->text, (unsigned)f->used), (int)f->used);
        cr_assert_eq(gzclose(file), Z_OK);
    }
    td_comm_barrier(comm);
}

/* Six files: a plain one, an empty one, one with its columns in another order and a header further
 * down, a packed one, one with a header alone, and one that ends without a line end. */
static void write_files(td_comm *comm, char paths[FILES][2 * PATH_BYTES])
{
    static file_text f;
    int row = 0;
    for (int i = 0; i < FILES; i++) {
        const bool reversed = i == 2;
        const char *header = reversed ? "text,line,id\n" : "id,text,line\n";
        f = (file_text){.line = 1};
        if (i == 1)
            header = "";
        f.used = (size_t)sprintf(f.text, "%s%s", i == 3 ? "\xef\xbb\xbf" : "", header);
        for (int end = (i + 1) * ROWS / FILES; i != 1 && i != 4 && row < end; row++) {
            if (reversed && row % 50 == 0) {
                f.used += (size_t)sprintf(f.text + f.used, "%s\n", header);
                f.line += 2;
            }
            add_row(&f, row, reversed);
        }
        if (i == FILES - 1)
            f.text[--f.used] = '\0';
        if (i == 3)
            write_gzip(comm, paths[i], &f);
        else
            put_text(comm, paths[i], f.text);
    }
}

static void read_share(td_comm *comm, td_table *table, int32_t *ids, int *count)
{
    td_line line;
    td_str cells[3];
    bool found = true;
    for (;;) {
        bool good = td_table_next(table, &line, &found) == TD_OK;
        if (!good || !found)
            break;
        good = td_table_cut(table, &line, cells) == TD_OK && atoi(cells[1].text) == line.number;
        if (!good)
            fprintf(stderr, "rank %d, %s:%d: %s\n", td_comm_rank(comm), line.path, (int)line.number,
                    td_message());
        ids[(*count)++] = good ? atoi(cells[0].text) : -1;
    }
}

MPI_TEST(table, rows_of_several_files_are_shared_in_order)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES], paths[FILES][2 * PATH_BYTES], *file[FILES];
    const char *columns[] = {"id", "3", "text"};
    make_folder(comm, folder);
    for (int i = 0; i < FILES; i++) {
        char name[16];
        snprintf(name, sizeof name, "part-%d", i);
        snprintf(paths[i], sizeof paths[i], "%s", in_folder(folder, name));
        file[i] = paths[i];
    }
    write_files(comm, paths);
    const td_table_form form = {.path = paths[0],
                                .files = FILES,
                                .file = file,
                                .kind = TD_TABLE_DELIMITED,
                                .fields = {.separator = ","},
                                .count = 3,
                                .columns = columns};
    td_table *table;
    const td_status status = td_table_open(comm, &form, &table);
    if (status != TD_OK)
        fprintf(stderr, "%s\n", td_message());
    assert_on_all(comm, status == TD_OK, "open");
    assert_on_all(comm, td_table_share(comm, table, 0) == TD_OK, "share");
    for (int again = 0; again < 2; again++) {
        int32_t mine[2 * ROWS];
        int count = 0;
        size_t total;
        td_table_begin(table);
        read_share(comm, table, mine, &count);
        int32_t *all = td_comm_allgatherv(comm, mine, (size_t)count, sizeof *mine, &total);
        bool right = total == ROWS;
        for (size_t i = 0; right && i < total; i++)
            right = all[i] == (int32_t)i;
        td_free(all);
        assert_on_all(comm, right, "rows in order");
    }
    td_table_close(table);
    remove_folder(comm, folder);
}
