/* A window of the file's bytes; an unpacker, if there is one, stands between it and the reader. */
#include "text/input.h"

#include "base/memory.h"
#include "text/handed_input.h"
#include "text/unpacker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 1 << 16, SKIP_PIECE = 1 << 16, MESSAGE_BYTES = 256 };

struct td_input {
    int file;
    char *path;
    int64_t length; /* of the file; 0 of a stream */
    int64_t taken;  /* bytes of the file that were used */
    unsigned char *window;
    size_t begin, end;           /* what of the window was not used yet */
    bool finished;               /* nothing is left to read */
    const td_unpacker *unpacker; /* NULL: bytes are as they are */
    void *state;                 /* of the unpacker; NULL between streams */
    td_handed_input *handed;     /* NULL: no launcher stands before it */
};

enum { UNPACKERS = 3 };

static const td_unpacker *const unpackers[UNPACKERS] = {&td_unpacker_gzip, &td_unpacker_xz,
                                                        &td_unpacker_zstd};

const char *td_input_path(const td_input *input)
{
    return input->path;
}

int td_input_descriptor(const td_input *input)
{
    return input->file;
}

bool td_input_is_sequential(const td_input *input)
{
    return input->unpacker != NULL || input->length == 0; /* a regular file is not empty */
}

int64_t td_input_length(const td_input *input)
{
    return input->length;
}

int64_t td_input_taken(const td_input *input)
{
    return input->taken;
}

static td_status read_file(td_input *input, size_t n, void *bytes, size_t *got)
{
    ssize_t read_now;
    do
        read_now = read(input->file, bytes, n);
    while (read_now < 0 && errno == EINTR);
    *got = read_now > 0 ? (size_t)read_now : 0;
    input->finished = read_now == 0;
    if (read_now < 0)
        return td_fail(TD_ERR_FILE, "%s: cannot read: %s", input->path, strerror(errno));
    td_handed_input_read(input->handed, bytes, *got);
    return TD_OK;
}

/* Reads into the window behind what was not used yet. */
static td_status read_more(td_input *input)
{
    size_t got;
    memmove(input->window, input->window + input->begin, input->end - input->begin);
    input->end -= input->begin;
    input->begin = 0;
    TD_TRY(read_file(input, WINDOW - input->end, input->window + input->end, &got));
    input->end += got;
    return TD_OK;
}

/* Whether what is in the window begins as a stream of the unpacker does, as far as both go. */
static bool may_begin(const td_input *input, const td_unpacker *unpacker)
{
    size_t n = input->end - input->begin;
    n = n < unpacker->magic_length ? n : unpacker->magic_length;
    return memcmp(input->window + input->begin, unpacker->magic, n) == 0;
}

/* Finds the unpacker by the first bytes, of which no more are waited for than are needed. */
static td_status find_unpacker(td_input *input)
{
    for (int u = 0; u < UNPACKERS; u++) {
        while (may_begin(input, unpackers[u]) && input->end < unpackers[u]->magic_length &&
               !input->finished)
            TD_TRY(read_more(input));
        if (input->end > 0 && may_begin(input, unpackers[u]) && !input->unpacker)
            input->unpacker = unpackers[u];
    }
    return TD_OK;
}

static td_status start(int file, const char *path, int64_t length, td_input **out)
{
    td_input *input = TD_NEW(td_input, 1);
    input->file = file;
    input->path = td_copy_text(path);
    input->length = length;
    input->window = TD_NEW(unsigned char, WINDOW);
    td_status status = td_handed_input_check(file, &input->handed);
    if (status == TD_OK)
        status = find_unpacker(input);
    *out = input;
    if (status != TD_OK) {
        td_input_close(input);
        *out = NULL;
    }
    return status;
}

static td_status check_file(int file, const char *path, int64_t *length)
{
    struct stat is;
    if (fstat(file, &is) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return td_fail(TD_ERR_FILE, "%s: expected a file, found %s", path,
                       S_ISDIR(is.st_mode) ? "a folder" : "something else");
    if (is.st_size == 0)
        return td_fail(TD_ERR_INPUT, "%s: the file is empty", path);
    *length = is.st_size;
    return TD_OK;
}

td_status td_input_open(const char *path, td_input **out)
{
    int64_t length;
    *out = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a named pipe must not block */
    if (file < 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    td_status status = check_file(file, path, &length);
    if (status == TD_OK)
        return start(file, path, length, out);
    close(file);
    return status;
}

td_status td_input_open_stream(const char *path, td_input **out)
{
    const bool is_standard = strcmp(path, "-") == 0;
    struct stat is;
    *out = NULL;
    int file = is_standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    if (fstat(file, &is) == 0 && S_ISDIR(is.st_mode)) {
        close(file);
        return td_fail(TD_ERR_FILE, "%s: expected a file or a pipe, found a folder", path);
    }
    return start(file, is_standard ? "standard input" : path, 0, out);
}

void td_input_close(td_input *input)
{
    if (!input)
        return;
    if (input->state)
        input->unpacker->stop(input->state);
    close(input->file);
    td_handed_input_free(input->handed);
    td_free(input->path);
    td_free(input->window);
    td_free(input);
}

static td_status read_plain(td_input *input, size_t n, char *bytes, size_t *got)
{
    size_t waiting = input->end - input->begin;
    td_status status = TD_OK;
    if (waiting == 0) {
        status = read_file(input, n, bytes, got);
    } else {
        *got = waiting < n ? waiting : n;
        memcpy(bytes, input->window + input->begin, *got);
        input->begin += *got;
    }
    input->taken += (int64_t)*got;
    return status;
}

/* Between streams: leaves out zeros. *more is false at the file's end; else a stream begins. */
static td_status find_stream(td_input *input, bool *more)
{
    for (;;) {
        while (input->begin < input->end && input->window[input->begin] == 0 && input->taken > 0) {
            input->begin++;
            input->taken++;
        }
        *more = input->begin < input->end;
        if (input->finished || input->end - input->begin >= input->unpacker->magic_length)
            break;
        TD_TRY(read_more(input));
    }
    if (!*more || may_begin(input, input->unpacker))
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected the end of the %s file after %" PRId64 " bytes, found something "
                   "else behind its data: cut it there if the data are whole",
                   input->path, input->unpacker->name, input->taken);
}

/* Hands what is in the window to the unpacker. */
static td_status unpack_some(td_input *input, td_packed *packed)
{
    char reason[MESSAGE_BYTES];
    bool ended = false;
    packed->in = input->window + input->begin;
    packed->in_left = input->end - input->begin;
    td_status status = input->unpacker->unpack(input->state, packed, &ended);
    size_t used = input->end - input->begin - packed->in_left;
    input->begin += used;
    input->taken += (int64_t)used;
    if (ended) {
        input->unpacker->stop(input->state);
        input->state = NULL;
    }
    if (status == TD_OK)
        return TD_OK;
    strncpy(reason, td_message(), sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    return td_fail(status, "%s: %s (near byte %" PRId64 " of %" PRId64 ")", input->path, reason,
                   input->taken, input->length);
}

/* One turn: a stream begins, more is read, or something is unpacked. */
static td_status unpack_turn(td_input *input, td_packed *packed, bool *more)
{
    const size_t room = packed->out_left;
    if (!input->state) {
        TD_TRY(find_stream(input, more));
        if (*more)
            input->state = input->unpacker->start();
        return TD_OK;
    }
    TD_TRY(unpack_some(input, packed));
    if (packed->out_left < room || !input->state)
        return TD_OK;
    if (input->finished)
        return td_fail(TD_ERR_INPUT, "%s: the %s file is cut: its data go on after its last byte",
                       input->path, input->unpacker->name);
    return read_more(input);
}

/* Unpacks until there is something, or nothing is left. */
static td_status read_packed(td_input *input, td_packed *packed)
{
    const size_t room = packed->out_left;
    bool more = true;
    while (more && packed->out_left == room)
        TD_TRY(unpack_turn(input, packed, &more));
    return TD_OK;
}

td_status td_input_read(td_input *input, size_t n, char *bytes, size_t *got)
{
    *got = 0;
    if (n == 0)
        return TD_OK;
    if (!input->unpacker)
        return read_plain(input, n, bytes, got);
    td_packed packed = {.out = (unsigned char *)bytes, .out_left = n};
    td_status status = read_packed(input, &packed);
    *got = n - packed.out_left;
    return status;
}

static td_status skip_packed(td_input *input, int64_t n)
{
    char *piece = TD_NEW(char, SKIP_PIECE);
    td_status status = TD_OK;
    size_t got = 1;
    while (n > 0 && got > 0 && status == TD_OK) {
        status = td_input_read(input, n < SKIP_PIECE ? (size_t)n : SKIP_PIECE, piece, &got);
        n -= (int64_t)got;
    }
    td_free(piece);
    return status;
}

td_status td_input_skip(td_input *input, int64_t n)
{
    if (input->unpacker)
        return skip_packed(input, n);
    return td_input_seek(input, input->taken + n);
}

td_status td_input_seek(td_input *input, int64_t at)
{
    input->taken = at;
    input->begin = input->end = 0;
    if (lseek(input->file, input->taken, SEEK_SET) < 0)
        return td_fail(TD_ERR_FILE, "%s: cannot seek: %s", input->path, strerror(errno));
    return TD_OK;
}
