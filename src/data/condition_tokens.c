#include "data/condition_tokens.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define BLANKS " \t\n\r"
#define SIGNS  "()[],=!<>"

static const char *const keywords[] = {"and", "or", "not", "in", "is", "missing"};

enum { KEYWORDS = sizeof keywords / sizeof *keywords };

/* Returns the column of a byte, from 1, in characters. */
static size_t column_of(const char *text, size_t at)
{
    size_t column = 1;
    for (size_t i = 0; i < at; i++)
        column += ((unsigned char)text[i] & 0xc0) != 0x80;
    return column;
}

td_status td_token_fail(const td_tokens_reader *reader, const char *what)
{
    char quoted[TD_QUOTE_SIZE];
    td_quote(reader->text, strlen(reader->text), quoted);
    return td_place_fail(reader->place, "column %zu of the condition '%s': %s",
                         column_of(reader->text, reader->at), quoted, what);
}

td_status td_token_fail_expected(const td_tokens_reader *reader, const char *expected)
{
    char quoted[TD_QUOTE_SIZE], what[6 * TD_QUOTE_SIZE];
    td_quote(reader->text + reader->at, reader->size, quoted);
    if (reader->kind == TD_TOKEN_END)
        snprintf(what, sizeof what, "expected %s, found the end", expected);
    else
        snprintf(what, sizeof what, "expected %s, found '%s'", expected, quoted);
    return td_token_fail(reader, what);
}

/* Takes a quoted name; a quote within is written twice. */
static td_status next_quoted(td_tokens_reader *r)
{
    const char quote = r->text[r->at], *from = r->text + r->at + 1;
    if (!r->unquoted)
        r->unquoted = TD_NEW(char, strlen(r->text));
    char *name = r->unquoted + r->used, *to = name;
    for (; *from && (*from != quote || from[1] == quote); from++) {
        from += *from == quote;
        *to++ = *from;
    }
    if (!*from)
        return td_token_fail(r, "expected a quote that ends the name, found none");
    r->kind = TD_TOKEN_QUOTED;
    r->size = (size_t)(from + 1 - (r->text + r->at));
    r->token = (td_str){name, (size_t)(to - name)};
    r->used += r->token.length;
    return TD_OK;
}

td_status td_token_next(td_tokens_reader *r)
{
    r->at += r->size;
    r->at += strspn(r->text + r->at, BLANKS);
    r->size = 0;
    const char *from = r->text + r->at;
    if (*from == '\'' || *from == '"')
        return next_quoted(r);
    if (*from == '\0') {
        r->kind = TD_TOKEN_END;
    } else if (strchr(SIGNS, *from)) {
        r->kind = TD_TOKEN_SIGN;
        r->size = strchr("!<>", *from) && from[1] == '=' ? 2 : 1;
    } else {
        r->kind = TD_TOKEN_WORD;
        r->size = strcspn(from, SIGNS BLANKS);
    }
    r->token = (td_str){from, r->size};
    return TD_OK;
}

bool td_token_is(const td_tokens_reader *reader, const char *word)
{
    return (reader->kind == TD_TOKEN_WORD || reader->kind == TD_TOKEN_SIGN) &&
           reader->token.length == strlen(word) &&
           memcmp(reader->token.text, word, reader->token.length) == 0;
}

bool td_token_is_keyword(const td_tokens_reader *reader)
{
    for (size_t k = 0; k < KEYWORDS; k++)
        if (td_token_is(reader, keywords[k]))
            return true;
    return false;
}

bool td_token_is_name(const td_tokens_reader *reader)
{
    return reader->kind == TD_TOKEN_QUOTED ||
           (reader->kind == TD_TOKEN_WORD && !td_token_is_keyword(reader));
}

td_status td_token_take(td_tokens_reader *reader, const char *word, bool *taken)
{
    *taken = td_token_is(reader, word);
    return *taken ? td_token_next(reader) : TD_OK;
}
