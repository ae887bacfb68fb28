/* One file is open at a time, but for streams, which cannot be opened again. */
#include "text/files.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/same_file.h"
#include "text/encoding.h"
#include "text/foreign.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { LOOK = 4096 }; /* bytes that tell whether a file is text */

typedef struct {
    const char *path;
    const char *encoding;
    td_range bytes;   /* among those of all files; a stream is one */
    bool sequential;  /* it is read from its start, by one rank */
    bool marked;      /* by a byte-order mark, which says UTF-8 */
    td_lines *stream; /* that cannot be opened again; NULL of a regular file */
} one_file;

struct td_files {
    td_files_form form;
    one_file *files; /* (form.count) */
    td_lines *lines; /* of the file at hand, NULL if none is */
    size_t at;       /* the file at hand */
    size_t next;     /* the first that was not begun yet */
    td_range share;  /* of all bytes */
    int64_t ends;    /* line ends before the share, in the file that it begins in */
    int64_t most_lines;
};

static int64_t end_of_all(const td_files *files)
{
    return td_range_end(files->files[files->form.count - 1].bytes);
}

/* Closes the file at hand. */
static void leave(td_files *files)
{
    if (files->lines && files->lines != files->files[files->at].stream)
        td_lines_close(files->lines);
    files->lines = NULL;
}

td_status td_files_use(td_files *files, size_t f)
{
    one_file *file = &files->files[f];
    leave(files);
    files->at = f;
    if (file->stream)
        files->lines = file->stream;
    else
        TD_TRY(td_lines_open(file->path, file->encoding, &files->lines));
    td_lines_join_quoted(files->lines, files->form.joins);
    return TD_OK;
}

static bool is_stream(const char *path)
{
    struct stat is;
    return strcmp(path, "-") == 0 ||
           (stat(path, &is) == 0 && !S_ISREG(is.st_mode) && !S_ISDIR(is.st_mode));
}

static td_status open_stream(const td_comm *comm, one_file *file)
{
    if (td_comm_size(comm) > 1)
        return td_fail(TD_ERR_USAGE,
                       "%s: expected a file for %d ranks, which each read a part of it: write what "
                       "comes into a file first, or prepare with one rank (the data file is the "
                       "same)",
                       strcmp(file->path, "-") == 0 ? "standard input" : file->path,
                       td_comm_size(comm));
    file->bytes.count = file->sequential = true;
    return td_lines_open_stream(file->path, file->encoding, &file->stream);
}

/* Local. Opens a file for the first time, of which nothing is known yet. */
static td_status open_first(const td_comm *comm, td_files *files, size_t f, bool *empty)
{
    one_file *file = &files->files[f];
    const char *encoding = files->form.encoding;
    struct stat is;
    file->path = files->form.paths[f];
    file->encoding = encoding && strcasecmp(encoding, "auto") == 0 ? NULL : encoding;
    *empty = files->form.count > 1 && stat(file->path, &is) == 0 && S_ISREG(is.st_mode) &&
             is.st_size == 0;
    if (*empty)
        return TD_OK;
    if (is_stream(file->path))
        TD_TRY(open_stream(comm, file));
    return td_files_use(files, f);
}

/* Local. Looks at how a file begins. */
static td_status look_at(td_files *files)
{
    one_file *file = &files->files[files->at];
    const td_input *input = td_lines_input(files->lines);
    td_str start;
    TD_TRY(td_lines_peek(files->lines, LOOK, &start));
    file->marked = td_lines_have_mark(files->lines);
    if (file->marked)
        file->encoding = NULL;
    if (!file->stream)
        file->bytes.count = td_input_length(input);
    file->sequential = files->form.joins != NULL || td_input_is_sequential(input);
    return td_foreign_check(td_input_path(input), start);
}

/* What is in a file of which nobody said its encoding. */
typedef enum { ASCII, UTF8, NOT_UTF8 } script;

/* Local. Reads the file at hand through. */
static td_status find_script(td_files *files, script *found)
{
    td_line line;
    bool more;
    *found = ASCII;
    for (;;) {
        TD_TRY(td_lines_next(files->lines, &line, &more));
        if (!more)
            return TD_OK;
        for (size_t i = 0; *found == ASCII && i < line.length; i++)
            if ((unsigned char)line.text[i] >= 0x80)
                *found = UTF8;
        if (td_utf8_valid(line.text, line.length) == line.length)
            continue;
        *found = NOT_UTF8;
        return TD_OK;
    }
}

/* Collective. Rank 0 reads the whole file at hand, if its encoding is asked for, and says what it
 * is. */
static td_status find_encoding(td_comm *comm, td_files *files)
{
    one_file *file = &files->files[files->at];
    script found = ASCII;
    td_status status = TD_OK;
    if (!files->form.encoding || strcasecmp(files->form.encoding, "auto") != 0)
        return TD_OK;
    if (file->stream)
        return td_fail(TD_ERR_USAGE, "encoding: expected a name, not auto, for what is no file: %s",
                       file->path);
    if (td_comm_rank(comm) == 0)
        status = find_script(files, &found);
    TD_TRY(td_comm_agree(comm, status));
    td_comm_broadcast(comm, 0, &found, sizeof found);
    file->encoding = found == NOT_UTF8 ? "latin1" : NULL;
    if (found != ASCII)
        td_log("%s: read as %s", file->path,
               found == UTF8 ? "UTF-8" : "Latin-1, as it is no UTF-8");
    return TD_OK;
}

/* Collective. */
static td_status open_file(td_comm *comm, td_files *files, size_t f)
{
    one_file *file = &files->files[f];
    bool empty, first;
    td_status status = td_same_file_agree(comm, open_first(comm, files, f, &empty));
    TD_TRY(status);
    first = empty;
    td_comm_broadcast(comm, 0, &first, sizeof first);
    if (first != empty)
        status = td_fail(TD_ERR_MISMATCH, "%s: rank %d on %s sees another file than rank 0",
                         file->path, td_comm_rank(comm), td_comm_host(comm));
    TD_TRY(td_comm_agree(comm, status));
    if (empty)
        return TD_OK;
    TD_TRY(td_same_file_check(comm, file->path, td_input_descriptor(td_lines_input(files->lines))));
    TD_TRY(td_comm_agree(comm, look_at(files)));
    TD_TRY(find_encoding(comm, files));
    td_comm_broadcast(comm, 0, &file->bytes.count,
                      sizeof file->bytes.count); /* it may be growing */
    return TD_OK;
}

td_status td_files_open(td_comm *comm, const td_files_form *form, td_files **out)
{
    td_files *files = TD_NEW(td_files, 1);
    size_t count = form->count;
    td_status status = TD_OK;
    files->form = *form;
    files->files = TD_NEW(one_file, form->count);
    td_comm_broadcast(comm, 0, &count, sizeof count);
    if (count != form->count)
        status = td_fail(TD_ERR_MISMATCH, "rank %d on %s sees %zu files, rank 0 %zu",
                         td_comm_rank(comm), td_comm_host(comm), form->count, count);
    status = td_comm_agree(comm, status);
    for (size_t f = 0; f < form->count && status == TD_OK; f++) {
        files->files[f].bytes.first = f > 0 ? td_range_end(files->files[f - 1].bytes) : 0;
        status = open_file(comm, files, f);
    }
    if (status == TD_OK && end_of_all(files) == 0)
        status = td_fail(TD_ERR_INPUT, "%s and the other files: expected text, found them empty",
                         form->paths[0]);
    *out = files;
    if (status != TD_OK) {
        td_files_close(files);
        *out = NULL;
        return status;
    }
    files->share.count = end_of_all(files);
    return TD_OK;
}

void td_files_close(td_files *files)
{
    if (!files)
        return;
    leave(files);
    for (size_t f = 0; f < files->form.count; f++)
        td_lines_close(files->files[f].stream);
    td_free(files->files);
    td_free(files);
}

td_status td_files_set_encoding(td_files *files, const char *encoding)
{
    for (size_t f = 0; f < files->form.count; f++) {
        one_file *file = &files->files[f];
        if (!file->marked)
            file->encoding = encoding;
        if (file->stream)
            TD_TRY(td_lines_set_encoding(file->stream, encoding));
    }
    return TD_OK;
}

size_t td_files_first(const td_files *files)
{
    size_t first = 0;
    while (files->files[first].bytes.count == 0)
        first++;
    return first;
}

bool td_files_is_empty(const td_files *files, size_t file)
{
    return files->files[file].bytes.count == 0;
}

bool td_files_is_stream(const td_files *files, size_t file)
{
    return files->files[file].stream != NULL;
}

td_lines *td_files_lines(td_files *files)
{
    return files->lines;
}

/* The last file of a share, and the line ends in what the share has of it. */
typedef struct {
    int64_t file; /* -1 of an empty share */
    int64_t ends;
} share_end;

/* Local. Counts the line ends of the share's plain files. */
static td_status count_lines(td_files *files, share_end *last)
{
    bool known = true;
    for (size_t f = 0; f < files->form.count; f++) {
        const one_file *file = &files->files[f];
        const td_range mine = td_range_overlap(files->share, file->bytes);
        int64_t begin = mine.first - file->bytes.first, count = 0;
        if (mine.count == 0)
            continue;
        known = known && !file->sequential;
        if (!file->sequential) {
            TD_TRY(td_files_use(files, f));
            TD_TRY(td_lines_count_ends(files->lines, begin, begin + mine.count, &count));
        }
        *last = (share_end){(int64_t)f, count};
        files->most_lines += count + 1; /* the last one may lack its end */
    }
    if (!known)
        files->most_lines = 0;
    return TD_OK;
}

/* Lines before the share, in the file that it begins in, are in those shares before that end there.
 */
td_status td_files_share(td_comm *comm, td_files *files)
{
    share_end mine = {-1, 0};
    size_t ranks;
    td_comm_share(comm, end_of_all(files), &files->share.first, &files->share.count);
    TD_TRY(td_comm_agree(comm, count_lines(files, &mine)));
    share_end *of = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &ranks);
    files->ends = 0;
    for (int rank = 0; rank < td_comm_rank(comm); rank++)
        if (of[rank].file >= 0 &&
            td_range_end(files->files[of[rank].file].bytes) > files->share.first)
            files->ends += of[rank].ends;
    td_free(of);
    return TD_OK;
}

int64_t td_files_most_lines(const td_files *files)
{
    return files->most_lines;
}

/* Goes on with the next file of which the share has lines; *more is false if there is none. */
static td_status open_next(td_files *files, bool *more)
{
    *more = false;
    while (files->next < files->form.count && !*more) {
        const one_file *file = &files->files[files->next];
        const td_range mine = td_range_overlap(files->share, file->bytes);
        const int64_t begin = mine.first - file->bytes.first;
        *more = mine.count > 0 && (begin == 0 || !file->sequential);
        if (*more) {
            TD_TRY(td_files_use(files, files->next));
            if (!file->sequential)
                TD_TRY(td_lines_select(files->lines, begin, begin + mine.count,
                                       begin > 0 ? files->ends : 0));
        }
        files->next++;
    }
    return TD_OK;
}

void td_files_begin(td_files *files)
{
    leave(files);
    files->next = 0;
}

td_status td_files_next(td_files *files, td_line *line, bool *found)
{
    *found = false;
    for (;;) {
        bool more = true;
        if (!files->lines)
            TD_TRY(open_next(files, &more));
        if (!more)
            return TD_OK;
        TD_TRY(td_lines_next(files->lines, line, found));
        if (*found)
            return TD_OK;
        leave(files);
    }
}

size_t td_files_at(const td_files *files)
{
    return files->at;
}
