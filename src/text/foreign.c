/* A table of first bytes, and a look at line ends. */
#include "text/foreign.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a file is. */
typedef struct {
    const char *begins;
    size_t length, at;
    const char *what;
    const char *command; /* what makes text of FILE, which stands in it; NULL: nothing fits all */
} foreign;

#define BEGINS(text) (text), sizeof(text) - 1, 0

static const foreign kinds[] = {
    {BEGINS("PK\003\004"), "a zip archive", "unzip -p FILE"},
    {BEGINS("BZh"), "a bzip2 file", "bzip2 -dc FILE"},
    {BEGINS("7z\xbc\xaf\x27\x1c"), "a 7z archive", "7z x -so FILE"},
    {BEGINS("Rar!"), "a rar archive", "unrar p -inul FILE"},
    {BEGINS("\x1f\x9d"), "a compress (.Z) file", "gzip -dc FILE"},
    {BEGINS("\x04\x22\x4d\x18"), "an lz4 file", "lz4 -dc FILE"},
    {"ustar", 5, 257, "a tar archive", "tar -xOf FILE"},
    {BEGINS("PAR1"), "a Parquet file",
     "duckdb -csv -c \"SELECT * FROM 'FILE'\" | tandem prepare ... -, or: python3 -c \"import "
     "pyarrow.parquet as p, pyarrow.csv as c, sys; c.write_csv(p.read_table('FILE'), "
     "sys.stdout.buffer)\""},
    {BEGINS("ARROW1"), "an Arrow (Feather) file",
     "python3 -c \"import pyarrow.feather as f, pyarrow.csv as c, sys; "
     "c.write_csv(f.read_table('FILE'), sys.stdout.buffer)\""},
    {BEGINS("ORC"), "an ORC file",
     "python3 -c \"import pyarrow.orc as o, pyarrow.csv as c, sys; "
     "c.write_csv(o.read_table('FILE'), sys.stdout.buffer)\""},
    {BEGINS("Obj\001"), "an Avro file", "avro cat --format csv --header FILE"},
    {BEGINS("SQLite format 3"), "an SQLite database",
     "sqlite3 -csv -header FILE 'SELECT * FROM TABLE'"},
    {BEGINS("\x89HDF\r\n"), "an HDF5 file",
     "python3 -c \"import pandas, sys; pandas.read_hdf('FILE').to_csv(sys.stdout)\""},
    {BEGINS("\x93NUMPY"), "an array of NumPy",
     "python3 -c \"import numpy, sys; numpy.savetxt(sys.stdout, numpy.load('FILE'), fmt='%g', "
     "delimiter=',')\""},
    {BEGINS("\x80\x04\x95"), "a Python pickle",
     "python3 -c \"import pandas, sys; pandas.read_pickle('FILE').to_csv(sys.stdout)\""},
    {BEGINS("\xff\xfe"), "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"},
    {BEGINS("\xfe\xff"), "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"},
    {BEGINS("%PDF-"), "a PDF document", NULL},
    {BEGINS("<!DOCTYPE"), "a web page, as where a download failed", NULL},
    {BEGINS("<html"), "a web page, as where a download failed", NULL},
};

static bool is_kind(const foreign *kind, td_str start)
{
    return start.length >= kind->at + kind->length &&
           memcmp(start.text + kind->at, kind->begins, kind->length) == 0;
}

/* Whether there is a byte that no text has: "ORCID,..." is a header. */
static bool has_control(td_str start)
{
    for (size_t i = 0; i < start.length; i++)
        if ((unsigned char)start.text[i] < 0x20 && !memchr("\t\r\n\f", start.text[i], 4))
            return true;
    return false;
}

static bool has(td_str text, char byte)
{
    return memchr(text.text, byte, text.length) != NULL;
}

/* UTF-16 of a Western text without its mark: every second byte is zero, in one half of them. */
static const char *utf16_of(td_str start)
{
    size_t zeros[2] = {0};
    for (size_t i = 0; i < start.length; i++)
        zeros[i % 2] += start.text[i] == '\0';
    const size_t most = zeros[0] + zeros[1];
    if (start.length < 8 || most < start.length / 4 || (zeros[0] > 0 && zeros[1] > 0))
        return NULL;
    return zeros[0] > 0 ? "iconv -f UTF-16BE -t UTF-8 FILE" : "iconv -f UTF-16LE -t UTF-8 FILE";
}

/* A list of JSON objects, rather than a line for each. */
static bool is_json_list(td_str start)
{
    size_t at = 1;
    if (start.length == 0 || *start.text != '[')
        return false;
    while (at < start.length && strchr(" \t\r\n", start.text[at]))
        at++;
    return at < start.length && start.text[at] == '{';
}

/* Says how to make text of the file: the command with its path for FILE. */
static td_status refuse(const char *path, const char *what, const char *command)
{
    enum { LINE = 1024 };
    char line[LINE] = "";
    size_t used = 0;
    if (!command)
        return td_fail(TD_ERR_INPUT, "%s: expected text of lines, found %s", path, what);
    while (*command && used < LINE) {
        const char *file = strstr(command, "FILE");
        const int before = file ? (int)(file - command) : (int)strlen(command);
        used +=
            (size_t)snprintf(line + used, LINE - used, "%.*s%s", before, command, file ? path : "");
        command += before + (file ? 4 : 0);
    }
    return td_fail(TD_ERR_INPUT,
                   "%s: expected text of lines, found %s; convert it: %s | tandem prepare ... -",
                   path, what, line);
}

td_status td_foreign_check(const char *path, td_str start)
{
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (is_kind(&kinds[k], start) && (!kinds[k].command || has_control(start)))
            return refuse(path, kinds[k].what, kinds[k].command);
    const char *utf16 = utf16_of(start);
    if (utf16)
        return refuse(path, "UTF-16 text", utf16);
    if (has(start, '\r') && !has(start, '\n'))
        return refuse(path, "lines that end by CR alone", "tr '\\r' '\\n' <FILE");
    if (is_json_list(start))
        return refuse(path, "one list of JSON objects, not a line for each", "jq -c '.[]' FILE");
    if (start.length > 4 && memcmp(start.text, "sep=", 4) == 0)
        return refuse(path, "the line `sep=` of Excel before the header", "tail -n +2 FILE");
    return TD_OK;
}
