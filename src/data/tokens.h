/* Titles as tokens, as Keras's TextVectorization makes them by default.
 *
 * A text is lower-cased (ASCII letters only, as TensorFlow does), its punctuation is deleted, so
 * that hyphenated words merge, and it is split at ASCII white space. Ids: 0 is padding, 1 any
 * token that was not learned, 2.. the learned ones by falling count, ties by falling bytes.
 *
 * Source: tf_keras/layers/preprocessing/text_vectorization.py. All functions are Local.
 */
#ifndef TD_DATA_TOKENS_H
#define TD_DATA_TOKENS_H

#include "base/str.h"
#include "data/vocabulary.h"
#include "store/file.h"
#include "text/fields.h"

#include <stddef.h>
#include <stdint.h>

enum { TD_TOKEN_UNKNOWN = 1, TD_TOKEN_FIRST = 2 }; /* ids */

/* The tokens of the text that was cut last. Begins as {0}; td_tokenizer_free frees it. */
typedef struct {
    size_t count;
    td_str *tokens; /* in bytes */
    char *bytes;
    size_t room; /* the longest text that fits */
} td_tokenizer;

/* Cuts text into tokens, which last until the next text. */
void td_tokens_cut(td_tokenizer *text, td_str source);
void td_tokenizer_free(td_tokenizer *text);

/* Learns the tokens that occur most, by their numbers in tokens and counts of each (from 1), at
 * most max_tokens - 2 of them. The caller frees the vocabulary with td_vocabulary_free. */
td_vocabulary *td_tokens_choose(const td_vocabulary *tokens, const int64_t *counts,
                                int64_t max_tokens);

/* Learns the tokens of texts, at most max_tokens - 2 of them: the id of a token is one more than
 * its number. The caller frees the vocabulary with td_vocabulary_free. */
td_vocabulary *td_tokens_learn(const td_strings *texts, int32_t max_tokens);

/* Returns the tokens in id order from 1 on: "[UNK]", then the learned ones. The caller frees them
 * with td_strings_free. */
td_strings td_tokens_names(const td_vocabulary *learned);

/* Returns the id of a token: TD_TOKEN_UNKNOWN if it was not learned. */
int32_t td_tokens_id(const td_vocabulary *learned, td_str token);

#endif
