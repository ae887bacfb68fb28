/* One text after the other, by item number. */
#include "prepare/titles.h"

#include "base/memory.h"
#include "data/tokens.h"

enum { FIRST_ROOM = 1 << 12 };

/* Returns the first row of each item number, from 1. */
static int32_t *find_first_rows(const td_catalog *list)
{
    int32_t *first = TD_NEW(int32_t, (size_t)td_vocabulary_count(list->items) + 1);
    for (int32_t row = list->rows - 1; row >= 0; row--)
        first[list->item[row]] = row;
    return first;
}

/* Appends the ids of a text's tokens at place used, and returns where they end. */
static int64_t append(td_learned_titles *titles, const td_tokenizer *text, int64_t used,
                      int64_t *room)
{
    int64_t end = used + (int64_t)text->count;
    if (end > *room) {
        titles->tokens =
            td_reallocate(titles->tokens, (size_t)*room, 2 * (size_t)end, sizeof *titles->tokens);
        *room = 2 * end;
    }
    for (size_t i = 0; i < text->count; i++)
        titles->tokens[used + (int64_t)i] = td_tokens_id(titles->learned, text->tokens[i]);
    return end;
}

td_learned_titles td_learned_titles_make(const td_catalog *list, const td_strings *texts,
                                         int32_t max_tokens)
{
    int32_t items = td_vocabulary_count(list->items), *first = find_first_rows(list);
    int64_t room = FIRST_ROOM;
    td_tokenizer text = {0};
    td_learned_titles titles = {.learned = td_tokens_learn(texts, max_tokens),
                                .offsets = TD_NEW(int64_t, (size_t)items + 2),
                                .tokens = TD_NEW(int32_t, FIRST_ROOM)};
    for (int32_t item = 1; item <= items; item++) {
        const int64_t *at = texts->offsets + first[item];
        td_tokens_cut(&text, (td_str){texts->bytes + at[0], (size_t)(at[1] - at[0])});
        titles.offsets[item + 1] = append(&titles, &text, titles.offsets[item], &room);
    }
    td_tokenizer_free(&text);
    td_free(first);
    return titles;
}

void td_learned_titles_free(td_learned_titles *titles)
{
    td_vocabulary_free(titles->learned);
    td_free(titles->offsets);
    td_free(titles->tokens);
    *titles = (td_learned_titles){.learned = NULL};
}
