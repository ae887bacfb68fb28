/* The words, names and signs of a condition's text, one after the other, and the messages that say
 * where in it something is wrong. All functions are Local. */
#ifndef TD_DATA_CONDITION_TOKENS_H
#define TD_DATA_CONDITION_TOKENS_H

#include "base/place.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    TD_TOKEN_END,
    TD_TOKEN_WORD, /* and, rating, Sci-Fi, 4.5, 1998-04-23T22:15:00Z */
    TD_TOKEN_QUOTED,
    TD_TOKEN_SIGN /* ( ) [ ] , = != < <= > >= ! */
} td_token_kind;

/* A text while it is read. Begins as {.text, .place}, terminated; unquoted must be freed. */
typedef struct {
    const char *text;
    td_place place; /* of the text, for messages */

    /* The next token: */
    td_token_kind kind;
    size_t at;    /* its first byte in the text */
    size_t size;  /* its bytes there */
    td_str token; /* itself, without quotes; it lasts as long as the text and unquoted */

    char *unquoted; /* quoted names without their quotes, all of them; NULL at first */
    size_t used;
} td_tokens_reader;

/* Goes on to the token after the next one; at first, to the first. TD_ERR_CONFIG for a quote that
 * does not end. */
td_status td_token_next(td_tokens_reader *reader);

/* Tells whether the next token is this word, without quotes, or sign; and whether it is one of the
 * words of the grammar. */
bool td_token_is(const td_tokens_reader *reader, const char *word);
bool td_token_is_keyword(const td_tokens_reader *reader);

/* Tells whether the next token is a name or value: a quoted one, or a word that is no keyword. */
bool td_token_is_name(const td_tokens_reader *reader);

/* Goes on if the next token is this word or sign, and says whether it was. */
td_status td_token_take(td_tokens_reader *reader, const char *word, bool *taken);

/* Answer TD_ERR_CONFIG with the text's place, the next token's column and what is wrong there; or
 * what was expected there, and what was found. */
td_status td_token_fail(const td_tokens_reader *reader, const char *what);
td_status td_token_fail_expected(const td_tokens_reader *reader, const char *expected);

#endif
