/* Numbers have as many digits as give the same bits back; what is no number is an empty field. */
#include "report/page_csv.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "report/escape.h"
#include "store/text_file.h"
#include "tandem/memory.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char index_name[] = "index.csv", index_head[] = "file,section,what\n";

static void print_number(FILE *stream, double value)
{
    if (isfinite(value))
        td_print_exactly(stream, value);
}

static void print_cell(FILE *stream, const td_page_cell *cell, bool has_interval)
{
    if (cell->text)
        td_print_csv(stream, cell->text);
    else
        print_number(stream, cell->value);
    if (!has_interval)
        return;
    fputc(',', stream);
    print_number(stream, cell->text ? NAN : cell->low);
    fputc(',', stream);
    print_number(stream, cell->text ? NAN : cell->high);
}

static void print_head(FILE *stream, const char *name, const char *end)
{
    char *whole = td_print_text("%s%s", name, end);
    td_print_csv(stream, whole);
    td_free(whole);
}

static void print_table(FILE *stream, const td_page_table *table)
{
    TD_ASSERT(table->columns > 0);
    for (size_t c = 0; c < table->columns; c++) {
        const td_page_column *column = &table->column[c];
        fputs(c > 0 ? "," : "", stream);
        print_head(stream, column->name, "");
        for (int i = 0; column->has_interval && i < 2; i++) {
            fputc(',', stream);
            print_head(stream, column->name, i == 0 ? " low" : " high");
        }
    }
    fputc('\n', stream);
    for (size_t i = 0; i < table->cells; i++) {
        const size_t c = i % table->columns;
        print_cell(stream, &table->cell[i], table->column[c].has_interval);
        fputc(c + 1 < table->columns ? ',' : '\n', stream);
    }
}

static void print_plot(FILE *stream, const td_page_plot *plot)
{
    fputs("series,x,y\n", stream);
    for (size_t s = 0; s < plot->count; s++)
        for (size_t i = 0; i < plot->series[s]->count; i++) {
            td_print_csv(stream, plot->series[s]->name);
            fputc(',', stream);
            print_number(stream, plot->series[s]->x[i]);
            fputc(',', stream);
            print_number(stream, plot->series[s]->y[i]);
            fputc('\n', stream);
        }
}

/* Writes a part's file and its line of the index; parts of text have none. */
static td_status write_part(const char *folder, const td_page_section *section,
                            const td_page_part *part, FILE *index)
{
    td_text_stream *file;
    if (!part->table && !part->plot)
        return TD_OK;
    char *name = td_print_text("%s-%s.csv", section->name,
                               part->table ? part->table->name : part->plot->name);
    char *path = td_print_text("%s/%s", folder, name);
    td_status status = td_text_stream_begin(path, &file);
    if (status == TD_OK) {
        if (part->table)
            print_table(td_text_stream_file(file), part->table);
        else
            print_plot(td_text_stream_file(file), part->plot);
        status = td_text_stream_commit(file);
    }
    fprintf(index, "%s,%s,", name, section->name);
    td_print_csv(index, part->table ? part->table->caption : part->plot->title);
    fputc('\n', index);
    td_free(path);
    td_free(name);
    return status;
}

static td_status find_our_index(const char *folder, bool *has)
{
    char found[sizeof index_head];
    char *path = td_print_text("%s/%s", folder, index_name);
    size_t length;
    const td_status status = td_look_at_start(path, sizeof found, found, &length);
    td_free(path);
    *has = status == TD_OK && strcmp(found, index_head) == 0;
    return status;
}

td_status td_page_check_csv(const char *folder)
{
    td_look what;
    td_folder content = {0};
    TD_TRY(td_look_at(folder, &what));
    td_status status = what == TD_LOOK_NOTHING ? TD_OK : td_folder_read(folder, &content);
    bool is_ours = content.count == 0;
    td_folder_free(&content);
    if (status == TD_OK && !is_ours)
        status = find_our_index(folder, &is_ours);
    TD_TRY(status);
    if (is_ours)
        return TD_OK;
    return td_fail(TD_ERR_FILE,
                   "%s is a folder with files, but without the index.csv of a report's tables, and "
                   "stays as it is; name another one (--csv)",
                   folder);
}

td_status td_page_write_csv(const td_page *page, const char *folder)
{
    td_text_stream *index;
    TD_TRY(td_page_check_csv(folder));
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return td_fail(TD_ERR_FILE, "cannot make the folder %s: %s", folder, strerror(errno));
    char *path = td_print_text("%s/%s", folder, index_name);
    td_status status = td_text_stream_begin(path, &index);
    td_free(path);
    TD_TRY(status);
    fputs(index_head, td_text_stream_file(index));
    for (size_t s = 0; s < page->count; s++)
        for (size_t p = 0; p < page->section[s]->count && status == TD_OK; p++)
            status = write_part(folder, page->section[s], &page->section[s]->part[p],
                                td_text_stream_file(index));
    if (status == TD_OK)
        return td_text_stream_commit(index);
    td_text_stream_discard(index);
    return status;
}
