/* A packed file reads as what was packed; one that is not whole is refused, whatever is wrong. */
#include "text/input.h"

#include "../data/scratch.h"
#include "base/memory.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum { TEXT_BYTES = 300000, ROOM = TEXT_BYTES + 4096, SHORT = 40 };

typedef struct {
    size_t length;
    unsigned char bytes[ROOM];
} packed;

static scratch folder;
static char text[TEXT_BYTES];

/* Text that packs to about half of its size. */
static void make_text(void)
{
    unsigned state = 1;
    folder = scratch_make();
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        state = state * 1103515245U + 12345U;
        text[i] = i % 11 == 10 ? '\n' : (char)('a' + (state >> 16) % 16);
    }
}

static void remove_text(void)
{
    scratch_remove(&folder);
}

TestSuite(input, .init = make_text, .fini = remove_text, .timeout = 60);

static void add_plain(packed *p, const void *bytes, size_t n)
{
    memcpy(p->bytes + p->length, bytes, n);
    p->length += n;
}

static void add_gzip(packed *p, const void *bytes, size_t n)
{
    z_stream stream = {.next_in = (unsigned char *)bytes, .avail_in = (uInt)n};
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = p->bytes + p->length;
    stream.avail_out = (uInt)(ROOM - p->length);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    p->length = ROOM - stream.avail_out;
    deflateEnd(&stream);
}

static void add_xz(packed *p, const void *bytes, size_t n)
{
    cr_assert_eq(
        lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, bytes, n, p->bytes, &p->length, ROOM),
        LZMA_OK);
}

static void add_zstd(packed *p, const void *bytes, size_t n)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    const size_t got = ZSTD_compress2(context, p->bytes + p->length, ROOM - p->length, bytes, n);
    cr_assert_not(ZSTD_isError(got));
    p->length += got;
    ZSTD_freeCCtx(context);
}

static const struct {
    const char *name;
    void (*add)(packed *p, const void *bytes, size_t n);
    bool is_packed;
} forms[] = {{"plain", add_plain, false},
             {"gzip", add_gzip, true},
             {"xz", add_xz, true},
             {"zstd", add_zstd, true}};

enum { FORMS = sizeof forms / sizeof *forms };

/* Reads all of a file, in pieces of up to most bytes, into room for one byte more than the text;
 * *length is how many there were. */
static td_status read_all(const char *path, size_t most, int64_t skip, char *bytes, size_t *length)
{
    td_input *input;
    size_t got = 1;
    *length = 0;
    td_status status = td_input_open(path, &input);
    if (status == TD_OK)
        status = td_input_skip(input, skip);
    while (status == TD_OK && got > 0) {
        size_t room = TEXT_BYTES + 1 - *length;
        status = td_input_read(input, room < most ? room : most, bytes + *length, &got);
        *length += got;
    }
    if (status == TD_OK)
        cr_assert_eq(td_input_taken(input), td_input_length(input));
    td_input_close(input);
    return status;
}

static scratch_path put(const packed *p)
{
    return scratch_write(&folder, "x", p->bytes, p->length);
}

static void assert_text(const packed *p, const char *name, size_t most, size_t skip)
{
    static char found[TEXT_BYTES + 1];
    size_t length;
    td_status status = read_all(put(p).text, most, (int64_t)skip, found, &length);
    cr_assert_eq(status, TD_OK, "%s: %s", name, td_message());
    cr_assert_eq(length, TEXT_BYTES - skip, "%s", name);
    cr_assert_eq(memcmp(found, text + skip, length), 0, "%s", name);
}

Test(input, reads_what_was_packed)
{
    static packed p;
    for (int f = 0; f < FORMS; f++) {
        p.length = 0;
        forms[f].add(&p, text, TEXT_BYTES);
        assert_text(&p, forms[f].name, TEXT_BYTES, 0);
        assert_text(&p, forms[f].name, 1000, 0);
        assert_text(&p, forms[f].name, 1000, 100001);
        td_input *input;
        cr_assert_eq(td_input_open(put(&p).text, &input), TD_OK);
        cr_assert_eq(td_input_is_sequential(input), forms[f].is_packed);
        td_input_close(input);
    }
}

Test(input, reads_streams_one_after_the_other)
{
    static packed p;
    for (int f = 1; f < FORMS; f++) {
        p.length = 0;
        forms[f].add(&p, text, 100000);
        forms[f].add(&p, text, 0);
        add_plain(&p, "\0\0\0", 4);
        forms[f].add(&p, text + 100000, TEXT_BYTES - 100000);
        add_plain(&p, "\0\0\0\0\0\0\0", 8);
        assert_text(&p, forms[f].name, TEXT_BYTES, 0);
    }
}

static void assert_refused(const packed *p, td_status expected, const char *words)
{
    static char found[TEXT_BYTES + 1];
    size_t length;
    td_status status = read_all(put(p).text, TEXT_BYTES, 0, found, &length);
    cr_assert_eq(status, expected, "%s: %s", td_status_text(status), td_message());
    cr_assert_not_null(strstr(td_message(), words), "%s", td_message());
    cr_assert_not_null(strstr(td_message(), "/x: "), "%s", td_message());
}

Test(input, refuses_a_file_that_is_cut_anywhere)
{
    static packed p;
    for (int f = 1; f < FORMS; f++) {
        p.length = 0;
        forms[f].add(&p, text, SHORT);
        for (size_t length = p.length - 1; length >= 1; length--) {
            p.length = length;
            assert_refused(&p, TD_ERR_INPUT, "file is cut: its data go on after its last byte");
        }
    }
    p.length = 0;
    assert_refused(&p, TD_ERR_INPUT, "the file is empty");
}

/* Some bytes of gzip's header, such as its time, mean nothing for the text. */
Test(input, never_reads_another_text_from_a_changed_byte)
{
    static packed p;
    static char found[TEXT_BYTES + 1];
    for (int f = 1; f < FORMS; f++) {
        int refused = 0, kept = 0;
        p.length = 0;
        forms[f].add(&p, text, SHORT);
        for (size_t place = 6; place < p.length; place++) {
            size_t length;
            p.bytes[place] ^= 0x10;
            td_status status = read_all(put(&p).text, TEXT_BYTES, 0, found, &length);
            p.bytes[place] ^= 0x10;
            if (status == TD_OK)
                cr_assert(length == SHORT && memcmp(found, text, SHORT) == 0, "%zu", place);
            else
                cr_assert_eq(status, TD_ERR_INPUT);
            kept += status == TD_OK;
            refused++;
        }
        cr_assert(kept < 6 && refused > SHORT, "%s: %d kept", forms[f].name, kept);
    }
}

Test(input, says_what_is_wrong)
{
    static packed p;
    add_gzip(&p, text, TEXT_BYTES);
    p.bytes[p.length - 7] ^= 1; /* the check */
    assert_refused(&p, TD_ERR_INPUT, "the gzip file is damaged: incorrect data check (near byte");
    p.length = 0;
    add_xz(&p, text, TEXT_BYTES);
    p.bytes[p.length / 2] ^= 1;
    assert_refused(&p, TD_ERR_INPUT, "the xz file is damaged: its data do not fit its checks");
    for (int f = 1; f < FORMS; f++) {
        p.length = 0;
        forms[f].add(&p, text, 1000);
        add_plain(&p, "rest", 4);
        assert_refused(&p, TD_ERR_INPUT, "found something else behind its data");
    }
}

Test(input, reads_a_pipe)
{
    char command[3 * SCRATCH_BYTES], found[8];
    scratch_path pipe = scratch_in(&folder, "pipe");
    snprintf(command, sizeof command, "mkfifo '%s' && (printf 'fd7z' > '%s' &)", pipe.text,
             pipe.text);
    cr_assert_eq(system(command), 0);
    td_input *input;
    size_t got, length = 0;
    cr_assert_eq(td_input_open_stream(pipe.text, &input), TD_OK, "%s", td_message());
    do {
        cr_assert_eq(td_input_read(input, sizeof found - length, found + length, &got), TD_OK);
        length += got;
    } while (got > 0);
    cr_assert(length == 4 && memcmp(found, "fd7z", 4) == 0);
    td_input_close(input);
}
