/* What a trainer is made of; for trainer.c, step.c and gradient_exchange.c only. */
#ifndef TD_TRAIN_TRAINER_PARTS_H
#define TD_TRAIN_TRAINER_PARTS_H

#include "base/stopwatch.h"
#include "train/batch_columns.h"
#include "train/step.h"

/* What one thread needs for its tiles. */
typedef struct {
    td_tower_scratch query;
    td_tower_scratch candidate;
    td_retrieval_scratch retrieval;
    td_rating_scratch rating;
    float *dembedding; /* (TD_TILE_ROWS, width) */
    td_gradients gradients;
    td_exact retrieval_loss;
    td_exact rating_loss;
    td_stopwatch watch;
} td_worker;

/* Sums that travel with the dense gradient, after its elements: losses, how many largest terms of
 * how many ranks are out of range, and for each request how many ranks have it. */
enum {
    TOTAL_RETRIEVAL_LOSS,
    TOTAL_RATING_LOSS,
    TOTAL_OUT_OF_RANGE,
    TOTAL_REQUESTS,
    TOTALS = TOTAL_REQUESTS + TD_REQUESTS_MAX
};

struct td_trainer {
    td_comm *comm;
    td_model *model;
    int64_t tiles;
    int threads;
    td_worker *workers; /* (threads) */
    td_row_sums tables[TD_TENSORS_MAX];
    td_batch_columns batch_columns;
    td_columns columns; /* of a group */
    td_retrieval retrieval;
    td_rating rating;
    const float *item_bias;         /* NULL without log_q */
    float *my_v;                    /* embeddings of the items this rank embeds */
    float *v;                       /* of those that its rows meet, */
    td_exact *dv;                   /* their gradients, of this rank's rows */
    td_exact *my_dv;                /* and of all rows, of what it embeds */
    td_exact *dense;                /* (dense_size + TOTALS + words of the next step's counts) */
    float *gradient;                /* (dense_size): of dense parameters, over all ranks */
    size_t *owners;                 /* (size + 1): the dense parameters that each rank sums */
    td_magnitude largest[TD_TERMS]; /* of this rank, then of all */
    size_t *row_offsets;            /* (size + 1): the touched rows of each rank, */
    td_buffer row_ids;              /* and which these are, */
    td_buffer row_parts;            /* and their sums */
};

/* Local. The totals among the dense sums. */
static inline td_exact *td_trainer_totals(const td_trainer *t)
{
    return t->dense + t->model->parameters.dense_size;
}

/* Local. Joins what this rank's threads summed, to dense and largest. */
void td_trainer_join_workers(td_trainer *t);

/* Collective. The totals and, unless the step measures, the gradient of dense parameters over all
 * ranks. TD_ERR_NUMERIC, on every rank, if a largest term of any is out of range; then no gradient.
 */
td_status td_trainer_exchange_dense(td_trainer *t, const td_step *step);

/* Collective. Every rank gets the sums of every row of a table that any has touched. */
void td_trainer_exchange_rows(td_trainer *t, td_row_sums *sums);

#endif
