/* What a trainer is made of; for trainer.c, step.c and step_*.c, tile_tasks.c, gradient_exchange.c
 * and clipping.c only. */
#ifndef TD_TRAIN_TRAINER_PARTS_H
#define TD_TRAIN_TRAINER_PARTS_H

#include "base/stopwatch.h"
#include "comm/shared_memory.h"
#include "eval/table_window.h"
#include "math/wide_sum.h"
#include "run/untrained_rows.h"
#include "train/batch_columns.h"
#include "train/id_dropout.h"
#include "train/log_q.h"
#include "train/own_items.h"
#include "train/step.h"
#include "train/tile_queue.h"
#include "train/uniform_negatives.h"
#include "train/user_negatives.h"

#include <omp.h>

/* A thread's memory for one task. */
typedef union {
    td_retrieval_scratch retrieval;
    td_head_scratch head;
} td_task_scratch;

/* Rows of a tile that train a task, where not all do. */
typedef struct {
    uint16_t *places; /* (TD_TILE_ROWS): in the tile, as all of these */
    int32_t *own;
    int32_t *users;
    int32_t *items;
    int32_t *moments; /* the places in the batch */
    int64_t *rows;    /* the numbers in the data */
    float *u;         /* (TD_TILE_ROWS, width) */
    float *du;
    float *labels;
    float *weights;
    td_range *negatives; /* of user_negatives */
    td_range *masked;    /* of own_items */
} td_chosen_rows;

/* What one thread needs for its tiles. */
typedef struct {
    td_tower_scratch query;
    td_tower_scratch candidate;
    td_field_view *query_views; /* of a tile, by feature of the tower, as the next */
    td_field_view *candidate_views;
    td_field_view *head_views; /* of one task, by feature of its head */
    td_task_scratch *tasks;    /* of the model's */
    td_chosen_rows chosen;
    float *dembedding; /* (TD_TILE_ROWS, width), and of one task, where norms are asked for */
    float *dtask;
    td_exact *dv;      /* (TD_CANDIDATE_TILE_ROWS, width): of a tile of columns */
    td_exact *squares; /* (tasks + 1, SQUARE_SIZES): of the norms of dU, of each task and of all,
                          unscaled */
    td_gradients gradients;
    td_stopwatch watch;
} td_worker;

/* A task of the model in this step. */
typedef struct {
    td_retrieval retrieval;
    td_head head;
} td_trained_task;

/* Wishes are bits of a td_requests. */
enum { REQUESTS = 8 * sizeof(td_requests) };

/* Squares are added up by their size, each size in a unit of its own: so any float has a place, and
 * which it is depends on nothing else. */
enum { SQUARE_SIZES = 5, SQUARE_BITS = 28 };

/* A table of which a step reads rows that others own. They are met at the start of the step, and
 * their sums go to the owners at its end. */
typedef struct {
    size_t tensor;
    td_table_window window;
    td_buffer my_sums; /* the gradients of those that this rank owns, over all ranks */
} td_met_table;

/* How large the groups of parameters and their gradients are, and how far a step moves them. */
typedef struct {
    size_t count;          /* groups */
    char **name;           /* (count) */
    size_t *of_tensor;     /* (tensors): its group */
    td_wide *sums;         /* (count, 3): of squares, of this rank */
    td_buffer before;      /* values before the update, of what is being updated */
    td_group_norms *group; /* (count): what td_trainer_group_norms told */
} td_step_norms;

struct td_trainer {
    td_comm *comm;
    td_model *model;
    const td_kernels *kernels; /* of the step: the model's training ones, or those in use */
    td_parameters read;        /* the model's, with windows on the rows that are met */
    size_t met;
    td_met_table *met_table; /* (met) */
    int64_t tiles;
    uint64_t *tile_order; /* (tiles) */
    td_tile_queue queue;
    int64_t my_rows; /* of a step, at most */
    int threads;
    td_worker *workers;  /* (threads) */
    td_row_sums *tables; /* by tensor */
    td_batch_columns batch_columns;
    td_shared_memory *shared;   /* where ranks of one node have one group, its columns with their
                                   gradients, and the dense sums; NULL: each rank has its own */
    td_columns columns;         /* of a group, */
    td_column_sums column_sums; /* and their gradients */
    td_trained_task *tasks;     /* of the model's */
    int64_t *task_rows;         /* (tasks): rows of the step that train each, over all ranks */
    bool selects;               /* not every row trains every task */
    td_user_negatives user_negatives; /* of this rank's rows, where retrieval has such */
    td_uniform_negatives uniform_negatives;
    uint8_t *none_counts;   /* (rows): zeros, where rows' items are no negatives; or NULL */
    td_own_items own_items; /* of this rank's users, where these are masked */
    float *ones;            /* (TD_TILE_ROWS): weights of a task that has none */
    td_log_q log_q;
    bool is_mean;      /* retrieval's loss is one over negatives: log q is in their weights */
    float *once;       /* (columns of a group): what one row then weighs; else NULL */
    bool corrects_own; /* own_bias is log q, else zeros */
    float
        *own_bias; /* (columns of a group), where a row's own item is not as its column; or NULL */
    td_buffer column_items; /* of a group, int32_t, where own items are masked */
    td_id_dropout dropout[TD_SIDES];
    td_draws draws;  /* of this step, whoever's rows */
    float *my_v;     /* embeddings of the items this rank embeds: with one group a part of */
    float *v;        /* those that its rows meet, which are then the group's; */
    td_exact *dv;    /* their gradients, of this rank's rows, likewise the group's, */
    td_exact *my_dv; /* and of all rows, of what it embeds: likewise a part */
    td_exact *dense; /* (dense_words): of this rank, the dense sums, the totals, and the words
                        of the next step's counts */
    bool *has_dense; /* (tensors): with terms; the sums of others hold anything */
    td_exact **dense_of_rank; /* (ranks), where ranks share them or one is alone: these of each, */
    bool **has_dense_of_rank; /* and these; else NULL */
    td_exact *totals_of_all;  /* and the last two over all ranks */
    size_t totals;         /* that follow the dense gradient: each task's loss, how many largest */
    size_t out_of_range;   /* terms of how many ranks are out of range, for each request how many */
    size_t first_request;  /* ranks have it */
    float *gradient;       /* (dense_size): of dense parameters, over all ranks */
    bool *has_gradient;    /* (tensors): those of others are zeros */
    size_t *owners;        /* (size + 1): the dense parameters that each rank sums */
    td_magnitude *largest; /* (td_model_terms): of this rank, then of all where anybody asks */
    int *coarser; /* (td_model_terms): than the finest the step's units are, by powers of 2 */
    int repeats;  /* of the step, each with some units coarser */
    td_task_loss *losses;       /* (tasks): what the last step reported */
    td_step_norms norms;        /* of the last one that was to have any */
    size_t *row_offsets;        /* (size + 1): the touched rows of each rank, */
    td_buffer row_ids;          /* and which these are, */
    td_buffer row_parts;        /* and their sums */
    td_magnitude *norm_largest; /* (tensors), with clipping: of their final gradients, */
    td_exact *norm_squares;     /* and the squares of these */
    td_untrained_rows at_start; /* with weight decay, from the first step on: rows that are */
};

/* Collective. Makes the columns and sums of a step, in memory that ranks share where they can. */
void td_trainer_create_memory(td_trainer *t);
void td_trainer_free_memory(td_trainer *t); /* Local */

/* Local. This rank's totals, behind its dense sums. */
static inline td_exact *td_trainer_totals(const td_trainer *t)
{
    return t->dense + t->model->parameters.dense_size;
}

/* Local. The memory of the thread that asks. */
static inline td_worker *td_trainer_worker(const td_trainer *t)
{
    return &t->workers[omp_get_thread_num()];
}

/* Local. What the query tower reads of a row tile, or the candidate tower of a column tile, or the
 * head of a task of all rows, in the thread's memory. */
td_inputs td_trainer_queries(const td_trainer *t, const td_batch *batch, size_t tile);
td_inputs td_trainer_columns(const td_trainer *t, size_t tile);
td_inputs td_trainer_head_inputs(const td_trainer *t, const td_batch *batch, size_t task);

/* Local. Fills the queue with the tiles of a group, and sets tile_order to which these are, each in
 * the lower half of its word: in each thread's part the tiles with most rows first, so that threads
 * end at nearly the same time. */
void td_trainer_order_tiles(td_trainer *t, const td_batch *batch, size_t group);

/* Collective, where ranks share memory: ends what all did to it. */
static inline void td_trainer_meet(const td_trainer *t)
{
    if (t->shared)
        td_comm_barrier(t->comm);
}

/* Local. With one group, what this rank embeds is a part of what it meets. */
void td_trainer_place_my_columns(td_trainer *t);

/* Collective. Every rank gets the embeddings that its rows meet. */
void td_trainer_spread_columns(td_trainer *t);

/* Local. Sets the columns of a group, without gradients yet; where ranks share them, each a part:
 * all meet before any uses them. */
void td_trainer_set_columns(td_trainer *t, const td_batch *batch, size_t group);

/* Local. Adds a group's gradients of columns to those of all that this rank meets. */
void td_trainer_merge_group(td_trainer *t, size_t group);

/* Collective, unless the rank is alone. Each gets the gradients of the columns that it embeds, over
 * all rows. */
void td_trainer_reduce_columns(td_trainer *t);

/* Local. Those (columns, width) of a tile, which may be in the thread's memory. */
const td_exact *td_trainer_column_gradients(td_trainer *t, size_t tile, size_t columns);

/* Local. Draws which ids the step hides. */
void td_trainer_draw_dropout(td_trainer *t, const td_step *step);

/* Local. The values of a field of rows: "rating" and "weight" are those with these roles. */
const void *td_trainer_field(const td_rows *rows, const char *name);

/* Local. The rows of a batch that train a task, a byte each; NULL: all. */
const uint8_t *td_trainer_rows_of(const td_trainer *t, const td_batch *batch, size_t task);

/* Local. The tasks on a row tile's embeddings u (rows, width), for one thread; adds to du, unless
 * it is NULL, and to sums. A task of weight 0 is not trained, but measured. */
void td_trainer_run_tasks(const td_trainer *t, td_worker *w, const td_step *step, size_t tile,
                          const float *u, float *du, td_gradients *sums);

/* Local. The factor of a task's gradients in this step, and of task `tasks` the largest: the
 * squares of norms are summed over it, so that they are of a size whatever the batch's is. */
float td_trainer_scale(const td_trainer *t, size_t task);

/* Local. Whether one group has all columns that are met, in their order: then embeddings and
 * gradients of its columns, of those met, and as a part of them of this rank's own have one place.
 */
static inline bool td_trainer_has_one_place(const td_trainer *t)
{
    return t->batch_columns.items.all_alike;
}

/* Local. Joins what this rank's threads summed, to dense and largest. */
void td_trainer_join_workers(td_trainer *t);

/* Local. Counts the items of the next step, if it is known, into what exchange_dense sums. */
void td_trainer_count_next(td_trainer *t, const td_step *step);

/* Collective. The totals and, unless the step measures, the gradient of dense parameters over all
 * ranks. Where a largest term of any rank does not fit its unit there are none, and *fits is false:
 * the units are coarser then, and the sums are to be formed again; or TD_ERR_NUMERIC, on every
 * rank, if no unit helps. */
td_status td_trainer_exchange_dense(td_trainer *t, const td_step *step, bool *fits);

/* Local. Gives each row of a table that this rank touches a slot. */
void td_trainer_touch_tables(td_trainer *t, const td_batch *batch);

/* Local. Empties all sums but a group's, for the units that they now have. */
void td_trainer_clear_sums(td_trainer *t);

/* Local. The units of the step's sums are those that the steps before it left. */
void td_trainer_start_units(td_trainer *t);

/* Local. Gives the units to all sums, which must be empty. */
void td_trainer_set_units(td_trainer *t);

/* Local. Whether this rank's largest term of a kind fits its unit. The number of terms that a sum
 * may have goes by the batch's tiles, so it is the same on every rank. */
bool td_trainer_fits(const td_trainer *t, size_t term);

/* Collective, where a term of any rank does not fit: makes units coarser, or TD_ERR_NUMERIC. */
td_status td_trainer_coarsen_units(td_trainer *t, int64_t number);

/* Collective where a unit is not the finest. Leaves the units to the next step. */
void td_trainer_keep_units(td_trainer *t);

/* Local. Makes the groups of the model's tensors. */
void td_step_norms_create(td_step_norms *norms, const td_parameters *parameters);
void td_step_norms_free(td_step_norms *norms);

/* Local. Before and after an update, of the dense tensors first: each adds what it did. */
void td_step_norms_before_dense(td_step_norms *norms, const td_parameters *parameters);
void td_step_norms_after_dense(td_step_norms *norms, const td_comm *comm,
                               const td_parameters *parameters, const float *gradient);
void td_step_norms_before_table(td_step_norms *norms, const td_parameters *parameters,
                                size_t tensor, const td_row_sums *sums);
void td_step_norms_after_table(td_step_norms *norms, const td_comm *comm,
                               const td_parameters *parameters, size_t tensor,
                               const td_row_sums *sums);

/* Collective, after the exchange of all gradients. Returns the norm of the step's whole gradient,
 * L2 with it (model/gradient_norm.h). */
double td_trainer_gradient_norm(td_trainer *t);

/* Collective. Every rank gets the sums of every row of a table that any has touched. */
void td_trainer_exchange_rows(td_trainer *t, td_row_sums *sums);

#endif
