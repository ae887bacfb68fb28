/* A value at a time, with what stands before it and after a record's last. */
#include "serve/record_writer.h"

#include "base/look.h"
#include "base/memory.h"
#include "base/visible.h"
#include "comm/launcher.h"
#include "store/text_file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct td_record_writer {
    td_output_format format;
    td_text_stream *file; /* NULL: standard output */
    FILE *stream;
    size_t columns, column; /* the next one */
    const char *const *names;
    bool is_terminal; /* where strangers' text is made visible */
};

static char separator_of(td_output_format format)
{
    return format == TD_OUTPUT_TSV ? '\t' : ',';
}

/* The first bytes of a file of such records, enough to tell it from others; to be freed. */
static char *start_of(const td_record_writer *writer)
{
    if (writer->format == TD_OUTPUT_JSONL)
        return td_print_text("{\"%s\":", writer->names[0]);
    return td_print_text("%s%c%s%c", writer->names[0], separator_of(writer->format),
                         writer->names[1], separator_of(writer->format));
}

static td_status check_place(const td_record_writer *writer, const char *path)
{
    char *start = start_of(writer), *found = td_allocate(strlen(start) + 1, 1);
    size_t length;
    const td_status status = td_look_at_start(path, strlen(start) + 1, found, &length);
    const bool same = length == 0 || strcmp(start, found) == 0;
    td_free(start);
    td_free(found);
    TD_TRY(status);
    if (same)
        return TD_OK;
    return td_fail(TD_ERR_FILE,
                   "%s is there and holds no such records, so it is not replaced; give another "
                   "name, or remove it first",
                   path);
}

static td_status open_file(td_record_writer *writer, const char *path)
{
    TD_TRY(check_place(writer, path));
    TD_TRY(td_text_stream_begin(path, &writer->file));
    writer->stream = td_text_stream_file(writer->file);
    return TD_OK;
}

td_status td_record_writer_begin(const td_output *output, size_t columns, const char *const *names,
                                 td_record_writer **out)
{
    td_record_writer *writer = TD_NEW(td_record_writer, 1);
    *writer = (td_record_writer){.format = output->format,
                                 .stream = stdout,
                                 .columns = columns,
                                 .names = names,
                                 .is_terminal = !output->path && !td_launcher_has_terminal() &&
                                                isatty(STDOUT_FILENO)};
    const td_status status = output->path ? open_file(writer, output->path) : TD_OK;
    if (status != TD_OK) {
        td_free(writer);
        writer = NULL;
    }
    for (size_t c = 0; writer && writer->format != TD_OUTPUT_JSONL && c < columns; c++)
        fprintf(writer->stream, "%s%c", names[c],
                c + 1 < columns ? separator_of(writer->format) : '\n');
    *out = writer;
    return status;
}

static void begin_value(const td_record_writer *writer)
{
    if (writer->format == TD_OUTPUT_JSONL)
        fprintf(writer->stream, "%s\"%s\":", writer->column == 0 ? "{" : ",",
                writer->names[writer->column]);
    else if (writer->column > 0)
        fputc(separator_of(writer->format), writer->stream);
}

static void end_value(td_record_writer *writer)
{
    if (++writer->column < writer->columns)
        return;
    fputs(writer->format == TD_OUTPUT_JSONL ? "}\n" : "\n", writer->stream);
    writer->column = 0;
}

static void print_escaped(FILE *stream, td_str text)
{
    static const char special[] = "\t\n\r\\", letter[] = "tnr\\";
    for (size_t i = 0; i < text.length; i++) {
        const char *found = memchr(special, text.text[i], sizeof special - 1);
        if (found)
            fputc('\\', stream);
        fputc(found ? letter[found - special] : text.text[i], stream);
    }
}

static void print_quoted(FILE *stream, td_str text)
{
    bool quotes = false;
    for (size_t i = 0; i < text.length; i++)
        quotes = quotes || strchr(",\"\n\r", text.text[i]);
    if (quotes)
        fputc('"', stream);
    for (size_t i = 0; i < text.length; i++) {
        const char c = text.text[i];
        if (c == '"')
            fputc('"', stream);
        fputc(c == '\n' || c == '\r' ? ' ' : c, stream);
    }
    if (quotes)
        fputc('"', stream);
}

static void print_json(FILE *stream, td_str text)
{
    json_t *string = td_made(json_stringn(text.text, text.length), "a text of a record");
    json_dumpf(string, stream, JSON_ENCODE_ANY);
    json_decref(string);
}

static void print_value(const td_record_writer *writer, FILE *stream, td_str text)
{
    if (writer->format == TD_OUTPUT_TSV)
        print_escaped(stream, text);
    else if (writer->format == TD_OUTPUT_CSV)
        print_quoted(stream, text);
    else
        print_json(stream, text);
}

static void print_visible(const td_record_writer *writer, td_str text)
{
    char *value;
    size_t bytes;
    FILE *stream = td_text_writer(&value, &bytes);
    print_value(writer, stream, text);
    td_text_writer_close(stream);
    char *visible = td_visible((td_str){value, bytes}, "");
    fputs(visible, writer->stream);
    td_free(visible);
    td_free(value);
}

void td_record_put_text(td_record_writer *writer, td_str text)
{
    begin_value(writer);
    if (writer->is_terminal)
        print_visible(writer, text);
    else
        print_value(writer, writer->stream, text);
    end_value(writer);
}

void td_record_put_int(td_record_writer *writer, int64_t value)
{
    begin_value(writer);
    fprintf(writer->stream, "%" PRId64, value);
    end_value(writer);
}

void td_record_put_float(td_record_writer *writer, float value)
{
    begin_value(writer);
    if (writer->format == TD_OUTPUT_JSONL && !isfinite(value))
        fputs("null", writer->stream);
    else if (isnan(value))
        fputs("nan", writer->stream); /* whatever its sign */
    else
        fprintf(writer->stream, "%.9g", (double)value);
    end_value(writer);
}

td_status td_record_writer_end(td_record_writer *writer, td_status status)
{
    if (!writer)
        return status;
    if (!writer->file && fflush(stdout) != 0 && status == TD_OK)
        status = td_fail(TD_ERR_FILE, "standard output: %s", strerror(errno));
    if (writer->file && status == TD_OK)
        status = td_text_stream_commit(writer->file);
    else if (writer->file)
        td_text_stream_discard(writer->file);
    td_free(writer);
    return status;
}
