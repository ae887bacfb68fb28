/* Predictions of a run: a table of pairs, block by block. */
#include "base/log.h"
#include "base/memory.h"
#include "serve/known_features.h"
#include "serve/pair_table.h"
#include "serve/predictor.h"
#include "serve/told_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { BLOCK = 4096 };

typedef struct {
    td_predictor predictor;
    const char *path;
    FILE *out;
    td_pair_table *table; /* on rank 0, as the writer, and the texts and notes of the block */
    td_told_rows told;
    td_prediction_columns columns;
    td_record_writer *writer; /* NULL: lines as they came */
    int64_t read;             /* pairs of the block, */
    int64_t count;            /* of which so many are answered */
    bool ended;
    td_pair_ids ids[BLOCK];
    char *text[BLOCK]; /* the line as it came */
    char *user[BLOCK], *item[BLOCK];
    char *note[BLOCK];
} prediction_of_table;

static void print_header(const prediction_of_table *p)
{
    const char separator = td_pair_table_separator(p->table);
    fputs(td_pair_table_header(p->table), p->out);
    if (!p->predictor.options->score_only)
        fprintf(p->out, "%c%s", separator, td_prediction_name(p->predictor.options));
    fprintf(p->out, "%cscore%cnote\n", separator, separator);
}

/* C */
static td_status begin(prediction_of_table *p)
{
    td_comm *comm = p->predictor.comm;
    const td_predict_options *options = p->predictor.options;
    const bool here = td_comm_rank(comm) == 0;
    p->columns = td_prediction_columns_of(!options->score_only, td_prediction_name(options));
    p->told = td_told_rows_create(comm, &p->predictor.trained, p->predictor.known,
                                  td_unknown_of(options->unknown, false));
    td_status status =
        here ? td_pair_table_open(p->path, p->told.fields, p->told.field, &p->table) : TD_OK;
    if (here && status == TD_OK && options->records)
        status = td_record_writer_begin(options->records, p->columns.count, p->columns.names,
                                        &p->writer);
    TD_TRY(td_comm_agree(comm, status));
    td_told_rows_begin(&p->told, p->table, BLOCK);
    if (here && !options->records)
        print_header(p);
    return TD_OK;
}

static const char *place_of(const prediction_of_table *p)
{
    return strcmp(p->path, "-") == 0 ? "standard input" : p->path;
}

static td_status find_ids(prediction_of_table *p, const td_asked_pair *pair, int64_t place)
{
    td_predictor *predictor = &p->predictor;
    const int64_t at = pair->has_time ? pair->time : predictor->options->at;
    p->ids[place].time = td_trained_model_time(&predictor->trained, at);
    td_status status = td_predictor_find(predictor, pair->user, pair->item, false, &p->ids[place],
                                         &p->note[place]);
    if (status == TD_OK)
        return TD_OK;
    td_free(p->note[place]);
    return td_fail(status, "%s:%" PRId64 ": %s", place_of(p), pair->line, td_message());
}

/* On rank 0: reads up to BLOCK pairs, up to the first bad one. */
static td_status read_block(prediction_of_table *p)
{
    for (; p->read < BLOCK; p->read++) {
        td_asked_pair pair;
        bool found;
        TD_TRY(td_pair_table_next(p->table, &pair, &found));
        p->ended = !found;
        if (!found)
            return TD_OK;
        TD_TRY(find_ids(p, &pair, p->read));
        td_told_rows_add(&p->told, &pair);
        p->text[p->read] = td_str_copy(pair.text);
        p->user[p->read] = td_str_copy(pair.user);
        p->item[p->read] = td_str_copy(pair.item);
    }
    return TD_OK;
}

static void print_pair(const prediction_of_table *p, int64_t i, const td_answer *answer)
{
    const char separator = td_pair_table_separator(p->table);
    fputs(p->text[i], p->out);
    if (!p->predictor.options->score_only)
        fprintf(p->out, "%c%.9g", separator, (double)answer->prediction);
    fprintf(p->out, "%c%.9g%c", separator, (double)answer->score, separator);
    td_pair_table_print(p->table, p->out, p->note[i] ? p->note[i] : "");
    fputc('\n', p->out);
}

/* Takes over the note. */
static void put_pair(prediction_of_table *p, int64_t i, const td_answer *answer)
{
    const td_str user = {p->user[i], strlen(p->user[i])}, item = {p->item[i], strlen(p->item[i])};
    td_prediction told =
        td_predictor_tell(&p->predictor, user, item, &p->ids[i], answer, p->note[i]);
    td_prediction_put(p->writer, &told);
    p->note[i] = NULL;
    td_prediction_free(&told);
}

static td_status print_block(prediction_of_table *p, const td_answer *answers)
{
    for (int64_t i = 0; i < p->count; i++) {
        if (p->writer)
            put_pair(p, i, &answers[i]);
        else
            print_pair(p, i, &answers[i]);
    }
    if (p->writer || fflush(p->out) == 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "the predictions cannot be written: %s", strerror(errno));
}

static void free_block(prediction_of_table *p)
{
    for (int64_t i = 0; i < p->read; i++) {
        td_free(p->text[i]);
        td_free(p->user[i]);
        td_free(p->item[i]);
        td_free(p->note[i]);
        p->note[i] = NULL;
    }
    p->read = 0;
}

/* C: answers one block. A bad line ends the table, after what came before it. */
static td_status predict_block(prediction_of_table *p)
{
    td_comm *comm = p->predictor.comm;
    td_status read = p->table ? read_block(p) : TD_OK, printed = TD_OK;
    p->count = p->read;
    td_comm_broadcast(comm, 0, &p->count, sizeof p->count);
    td_comm_broadcast(comm, 0, &p->ended, sizeof p->ended);
    td_comm_broadcast(comm, 0, p->ids, (size_t)p->count * sizeof *p->ids);
    const td_status told = td_told_rows_take(&p->told, place_of(p), &p->count);
    read = told != TD_OK ? told : read;
    td_answer *answers =
        td_predictor_answer(&p->predictor, (size_t)p->count, p->ids, &p->told.given.frame);
    if (p->table)
        printed = print_block(p, answers);
    free_block(p);
    td_free(answers);
    return td_comm_agree(comm, read != TD_OK ? read : printed);
}

static td_status predict_all(prediction_of_table *p, int64_t *pairs)
{
    TD_TRY(begin(p));
    while (!p->ended) {
        TD_TRY(predict_block(p));
        *pairs += p->count;
    }
    return TD_OK;
}

/* On rank 0, of a table without an error. */
static void tell_counts(const prediction_of_table *p, int64_t pairs)
{
    const td_predictor *predictor = &p->predictor;
    static const char *const words[TD_SIDES] = {"user", "item"};
    for (int side = 0; side < TD_SIDES; side++) {
        if (predictor->unknown[side] > 0)
            td_log("%" PRId64 " of %" PRId64 " pairs have %ss that the data lack; %s",
                   predictor->unknown[side], pairs, words[side],
                   td_known_features_answer(&predictor->trained, (td_side)side));
        if (predictor->untrained[side] > 0)
            td_log("%" PRId64 " of %" PRId64 " pairs have %ss without training rows; %s",
                   predictor->untrained[side], pairs, words[side],
                   td_known_features_answer(&predictor->trained, (td_side)side));
    }
    td_given_tell_unknown(place_of(p), p->told.unknown_values, p->told.unknown_value);
}

td_status td_predict_table(td_comm *comm, const td_predict_options *options, const char *path,
                           FILE *out, int64_t *pairs)
{
    TD_MEMORY_FOR("predictions", NULL);
    prediction_of_table *p = TD_NEW(prediction_of_table, 1);
    p->path = path;
    p->out = out;
    *pairs = 0;
    td_status status = td_predictor_open(comm, options, &p->predictor);
    if (status == TD_OK)
        status = predict_all(p, pairs);
    if (status == TD_OK)
        tell_counts(p, *pairs);
    if (options->records)
        status = td_comm_agree(comm, td_record_writer_end(p->writer, status));
    td_pair_table_close(p->table);
    if (p->told.comm)
        td_told_rows_free(&p->told);
    td_predictor_close(&p->predictor);
    td_free(p);
    return status;
}
