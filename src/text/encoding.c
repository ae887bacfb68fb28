/* Steps over eight bytes of ASCII at once; iconv for other encodings. */
#include "text/encoding.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* True if 8 bytes are all in 1..127. Subtracting 1 from each sets the top bit of a zero byte. */
static bool is_plain(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return (((word - 0x0101010101010101U) | word) & 0x8080808080808080U) == 0;
}

/* Returns how far bytes are plain from done on, in steps of 8; the last step may overlap. */
static size_t skip_plain(const char *text, size_t length, size_t done)
{
    while (length - done >= 8 && is_plain(text + done))
        done += 8;
    return length - done < 8 && length >= 8 && is_plain(text + length - 8) ? length : done;
}

size_t td_utf8_valid(const char *text, size_t length)
{
    size_t done = 0;
    while ((done = skip_plain(text, length, done)) < length) {
        uint32_t code = 0;
        const size_t step = td_utf8_decode(text + done, length - done, &code);
        if (code == 0)
            break;
        done += step;
    }
    return done;
}

struct td_decoder {
    iconv_t how;
    bool keeps_ascii; /* a text of ASCII is itself */
    char *utf8;
    size_t room;
};

bool td_encoding_is_utf8(const char *encoding)
{
    return !encoding || strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0;
}

/* Converts text into the decoder's room, from the encoding's initial state. Returns how many bytes
 * were whole characters. */
static size_t convert(td_decoder *d, char *text, size_t length, size_t *written)
{
    enum { LONGEST = 8 }; /* bytes that one may become: two characters of four */
    if (d->room < length * LONGEST + LONGEST) {
        td_free(d->utf8);
        d->room = length * LONGEST + LONGEST;
        d->utf8 = TD_NEW(char, d->room);
    }
    char *from = text, *to = d->utf8;
    size_t left = length, room = d->room;
    iconv(d->how, NULL, NULL, NULL, NULL);
    const bool whole = iconv(d->how, &from, &left, &to, &room) != (size_t)-1 &&
                       iconv(d->how, NULL, NULL, &to, &room) != (size_t)-1;
    *written = (size_t)(to - d->utf8);
    return whole ? length : length - left;
}

/* Whether the characters low to high, of ASCII, are themselves. */
static bool keeps(td_decoder *d, int low, int high)
{
    char ascii[128];
    size_t written, length = 0;
    for (int c = low; c <= high; c++)
        ascii[length++] = (char)c;
    return convert(d, ascii, length, &written) == length && written == length &&
           memcmp(d->utf8, ascii, length) == 0;
}

td_status td_decoder_make(const char *encoding, td_decoder **out)
{
    *out = NULL;
    if (td_encoding_is_utf8(encoding))
        return TD_OK;
    iconv_t how = iconv_open("UTF-8", encoding);
    if ((intptr_t)how == -1) /* iconv's way to say so */
        return td_fail(TD_ERR_USAGE,
                       "encoding: expected utf-8, latin1, auto, or another name that iconv knows "
                       "(iconv --list); found '%s'",
                       encoding);
    td_decoder *d = TD_NEW(td_decoder, 1);
    d->how = how;
    *out = d;
    d->keeps_ascii = keeps(d, 1, 127);
    if (keeps(d, '\n', '\n') && keeps(d, '\r', '\r') && keeps(d, ',', '9'))
        return TD_OK;
    td_decoder_free(d);
    *out = NULL;
    return td_fail(TD_ERR_USAGE,
                   "encoding: expected one whose line ends and digits are those of ASCII, found "
                   "'%s'; convert the text: iconv -f %s -t UTF-8 FILE | tandem prepare -",
                   encoding, encoding);
}

void td_decoder_free(td_decoder *decoder)
{
    if (!decoder)
        return;
    iconv_close(decoder->how);
    td_free(decoder->utf8);
    td_free(decoder);
}

static bool is_ascii(const char *text, size_t length)
{
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

size_t td_decode(td_decoder *decoder, char **text, size_t *length)
{
    size_t written;
    if (decoder->keeps_ascii && is_ascii(*text, *length))
        return *length;
    const size_t whole = convert(decoder, *text, *length, &written);
    if (whole < *length)
        return whole;
    *text = decoder->utf8;
    *length = written;
    return whole;
}
