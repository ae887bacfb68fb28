#include "serve/name_file.h"

#include "base/memory.h"
#include "text/lines.h"

#include <stdio.h>
#include <string.h>

/* Lines that grow. */
typedef struct {
    td_strings list;
    FILE *bytes;
    size_t size;
} growing;

static td_status add_lines(td_lines *lines, growing *g)
{
    td_line line;
    bool found;
    for (;;) {
        TD_TRY(td_lines_next(lines, &line, &found));
        if (!found)
            return TD_OK;
        TD_TRY(td_line_check(&line));
        fwrite(line.text, 1, line.length, g->bytes);
        g->list.offsets = td_grow(g->list.offsets, (size_t)g->list.count + 1, sizeof(int64_t));
        g->list.offsets[g->list.count + 1] = g->list.offsets[g->list.count] + (int64_t)line.length;
        g->list.count++;
    }
}

static td_status read_here(const char *path, td_strings *list)
{
    td_lines *lines;
    growing g = {.list.offsets = td_grow(NULL, 0, sizeof(int64_t))};
    g.list.offsets[0] = 0;
    TD_TRY(td_lines_open_stream(path, NULL, &lines));
    g.bytes = td_text_writer(&g.list.bytes, &g.size);
    const td_status status = add_lines(lines, &g);
    td_text_writer_close(g.bytes);
    td_lines_close(lines);
    *list = g.list;
    return status;
}

td_status td_name_file_read(td_comm *comm, const char *path, td_strings *lines)
{
    td_status status = TD_OK;
    *lines = (td_strings){.count = 0};
    if (td_comm_rank(comm) == 0)
        status = read_here(path, lines);
    TD_TRY(td_comm_agree(comm, status));
    td_comm_broadcast(comm, 0, &lines->count, sizeof lines->count);
    if (td_comm_rank(comm) > 0)
        lines->offsets = TD_NEW(int64_t, (size_t)lines->count + 1);
    td_comm_broadcast(comm, 0, lines->offsets, ((size_t)lines->count + 1) * sizeof(int64_t));
    const size_t bytes = (size_t)lines->offsets[lines->count];
    if (td_comm_rank(comm) > 0)
        lines->bytes = TD_NEW(char, bytes);
    td_comm_broadcast(comm, 0, lines->bytes, bytes);
    return TD_OK;
}
