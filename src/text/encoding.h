/* Text as bytes: what is valid UTF-8, and how other encodings become it.
 *
 * All functions are Local. Texts are not terminated; a zero byte is in no valid text, since names
 * are handed on as C strings.
 */
#ifndef TD_TEXT_ENCODING_H
#define TD_TEXT_ENCODING_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns how many bytes, from the start, are whole valid UTF-8 characters other than zero:
 * length if all are. Overlong forms, surrogates and what lies above U+10FFFF are not valid. */
size_t td_utf8_valid(const char *text, size_t length);

/* Whether an encoding's name, NULL or in any case, is that of UTF-8. */
bool td_encoding_is_utf8(const char *encoding);

/* What decodes one encoding, through iconv. */
typedef struct td_decoder td_decoder;

/* Makes a decoder; NULL for UTF-8. TD_ERR_USAGE for an encoding that this system does not know, or
 * in which a line end or a digit are other bytes than in ASCII. encoding, a reference to which is
 * kept, must outlive it. The caller frees the decoder with td_decoder_free. */
td_status td_decoder_make(const char *encoding, td_decoder **out);
void td_decoder_free(td_decoder *decoder);

/* Decodes *length bytes of *text, which become UTF-8 that lasts until the next call. Returns how
 * many bytes, from the start, are whole characters of the encoding: the length there was if all
 * are, and else the text stays as it was. */
size_t td_decode(td_decoder *decoder, char **text, size_t *length);

#endif
