/* Tokens are cut from a cleaned copy of the text; learning counts them and sorts by count. */
#include "data/tokens.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || ('\t' <= c && c <= '\r');
}

/* All of ASCII that is neither letter, digit, space nor control character. */
static bool is_punctuation(char c)
{
    return c != '\0' && strchr("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'", c);
}

static char lower(char c)
{
    if ('A' <= c && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

static void make_room(td_tokenizer *text, size_t length)
{
    if (text->bytes && length <= text->room)
        return;
    td_tokenizer_free(text);
    text->room = 2 * length;
    text->bytes = TD_NEW(char, text->room);
    text->tokens = TD_NEW(td_str, text->room / 2 + 1); /* each but the last has a space */
}

/* Writes text cleaned to bytes and returns its length. */
static size_t clean(td_str source, char *bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < source.length; i++)
        if (!is_punctuation(source.text[i]))
            bytes[length++] = lower(source.text[i]);
    return length;
}

void td_tokens_cut(td_tokenizer *text, td_str source)
{
    make_room(text, source.length);
    size_t length = clean(source, text->bytes);
    text->count = 0;
    for (size_t at = 0; at < length;) {
        size_t start = at;
        while (at < length && !is_space(text->bytes[at]))
            at++;
        if (at > start)
            text->tokens[text->count++] = (td_str){text->bytes + start, at - start};
        else
            at++;
    }
}

void td_tokenizer_free(td_tokenizer *text)
{
    td_free(text->tokens);
    td_free(text->bytes);
    *text = (td_tokenizer){0};
}

enum { FIRST_ROOM = 1 << 10 };

/* Counts of distinct tokens, by their number in tokens. */
typedef struct {
    td_vocabulary *tokens;
    int64_t *counts;
    size_t room;
} tally;

static void count_tokens(tally *t, const td_tokenizer *text)
{
    for (size_t i = 0; i < text->count; i++) {
        size_t number = (size_t)td_vocabulary_add(t->tokens, text->tokens[i]);
        if (number >= t->room) {
            t->counts = td_reallocate(t->counts, t->room, 2 * number, sizeof *t->counts);
            t->room = 2 * number;
        }
        t->counts[number]++;
    }
}

static tally count_texts(const td_strings *texts)
{
    tally t = {.tokens = td_vocabulary_create(),
               .counts = TD_NEW(int64_t, FIRST_ROOM),
               .room = FIRST_ROOM};
    td_tokenizer text = {0};
    for (int64_t i = 0; i < texts->count; i++) {
        int64_t start = texts->offsets[i];
        td_tokens_cut(&text,
                      (td_str){texts->bytes + start, (size_t)(texts->offsets[i + 1] - start)});
        count_tokens(&t, &text);
    }
    td_tokenizer_free(&text);
    return t;
}

typedef struct {
    td_str token;
    int64_t count;
} counted;

static int by_falling_count(const void *left, const void *right)
{
    const counted *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    size_t shorter = a->token.length < b->token.length ? a->token.length : b->token.length;
    int order = memcmp(b->token.text, a->token.text, shorter);
    return order != 0 ? order
                      : (a->token.length < b->token.length) - (a->token.length > b->token.length);
}

td_vocabulary *td_tokens_choose(const td_vocabulary *tokens, const int64_t *counts,
                                int64_t max_tokens)
{
    int32_t count = td_vocabulary_count(tokens);
    counted *order = TD_NEW(counted, (size_t)count);
    for (int32_t i = 0; i < count; i++)
        order[i] = (counted){td_vocabulary_name(tokens, i + 1), counts[i + 1]};
    qsort(order, (size_t)count, sizeof *order, by_falling_count);
    td_vocabulary *learned = td_vocabulary_create();
    for (int32_t i = 0; i < count && i < max_tokens - TD_TOKEN_FIRST; i++)
        td_vocabulary_add(learned, order[i].token);
    td_free(order);
    return learned;
}

td_vocabulary *td_tokens_learn(const td_strings *texts, int32_t max_tokens)
{
    tally t = count_texts(texts);
    td_vocabulary *learned = td_tokens_choose(t.tokens, t.counts, max_tokens);
    td_free(t.counts);
    td_vocabulary_free(t.tokens);
    return learned;
}

td_strings td_tokens_names(const td_vocabulary *learned)
{
    static const char unknown[] = "[UNK]"; /* no token: it has punctuation */
    td_vocabulary *names = td_vocabulary_create();
    td_vocabulary_add(names, (td_str){unknown, sizeof unknown - 1});
    for (int32_t number = 1; number <= td_vocabulary_count(learned); number++)
        td_vocabulary_add(names, td_vocabulary_name(learned, number));
    td_strings strings = td_vocabulary_list(names);
    td_vocabulary_free(names);
    return strings;
}

int32_t td_tokens_id(const td_vocabulary *learned, td_str token)
{
    int32_t number = td_vocabulary_find(learned, token);
    return number == 0 ? TD_TOKEN_UNKNOWN : number - 1 + TD_TOKEN_FIRST;
}
