/* Batches that several ranks cut in different ways, and models for them: a plain one, and one with
 * everything that a configuration can ask for. */
#ifndef TESTS_TRAIN_LAYOUTS_H
#define TESTS_TRAIN_LAYOUTS_H

#include "../model/specs.h"
#include "base/memory.h"
#include "base/range.h"
#include "ranks.h"
#include "train/step.h"

#include <criterion/criterion.h>

enum { USERS = 50, ITEMS = 700, BUCKETS = 8, TOKENS = 60, ROWS_MAX = 1400, STEPS = 3 };

/* One way to cut a batch. */
typedef struct {
    int64_t rows;
    int64_t tile_rows;
    int64_t ranges;
    size_t layers;
    bool everything; /* all features, both tasks, all their options, Adam */
    int64_t groups;  /* of negatives; 0: one, the batch */
} layout;

/* What a test asks of retrieval besides; zeros: nothing. */
typedef struct {
    int loss, log_q, negatives;
    int64_t uniform;
} negatives_choice;

static negatives_choice negatives_of_test;

/* A batch that one rank holds whole. */
typedef struct {
    int32_t user[ROWS_MAX], item[ROWS_MAX], bucket[ROWS_MAX];
    int64_t row[ROWS_MAX];
    float weight[ROWS_MAX], time[ROWS_MAX], rating[ROWS_MAX];
    int64_t offsets[ROWS_MAX + 1];
    size_t group_tiles[ROWS_MAX + 1];
    td_field fields[TIME_FIELDS];
    td_field past; /* of the rows */
    int64_t past_offsets[ROWS_MAX + 1];
    int32_t past_ids[5 * ROWS_MAX];
} storage;

/* Titles of 0 to 4 words, some of them twice in one. */
static inline td_spec *make_spec(const td_config *config)
{
    static int64_t offsets[ITEMS + 1];
    static int32_t tokens[4 * ITEMS];
    for (int64_t i = 0; i < ITEMS; i++) {
        offsets[i + 1] = offsets[i] + i % 5;
        for (int64_t t = offsets[i]; t < offsets[i + 1]; t++)
            tokens[t] = (int32_t)(1 + (t * t + i % 3) % (TOKENS - 1));
    }
    spec_data *made = TD_NEW(spec_data, 1); /* as long as the process */
    *made = spec_of(config, USERS, ITEMS, TOKENS, offsets, tokens);
    return made->spec;
}

static inline const float *item_bias_of(const layout *l)
{
    static float bias[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        bias[i] = 3 + (float)(i % 17) / 4;
    return l->everything || negatives_of_test.log_q ? bias : NULL;
}

static inline void ask_for_everything(td_config *config)
{
    static const char declared[] =
        "features:\n"
        "  occupation: {width: 3, dropout: 0.4}\n"
        "  user_bias: {field: user, width: 1, dropout: 0.2}\n"
        "  past: {encoder: history, table: item_table, pool: sum}\n"
        "  fans: {encoder: history, table: user_table}\n"
        "  genres: {pool: sum, width: 6, dropout: 0.3}\n"
        "  more_genres: {field: genres, table: genres_table, width: 6}\n"
        "  moment: {field: timestamp, buckets: 8, width: 2}\n"
        "query.features: [user, timestamp_buckets, timestamp, occupation, user_bias, past]\n"
        "candidate.features: [item, title_text, genres, more_genres, fans]\n"
        "candidate.combine: sum\n";
    cr_assert_eq(td_config_parse(declared, "declared", config), TD_OK, "%s", td_message());
    config->query_timestamp_edges = BUCKETS - 1;
    config->model_normalize = TD_NORMALIZE_BOTH;
    config->retrieval_log_q = TD_LOG_Q_ALL;
    config->retrieval_remove_accidental_hits = true;
    config->retrieval_num_hard_negatives = 20;
    config->retrieval_reduction = TD_REDUCTION_MEAN;
    config->retrieval_item_bias = true;
    config->retrieval_learn_temperature = true;
    config->retrieval_least_temperature = 0.3;
    config->rating_enabled = true;
    config->rating_weight = 0.5;
    config->rating_hidden = td_int_list_of(2, (const int64_t[]){9, 4});
    cr_assert_eq(td_config_set(config, "tasks.rating.bias=[user, item]"), TD_OK);
    cr_assert_eq(td_config_set(config, "tasks.rating.input=both"), TD_OK);
    cr_assert_eq(td_config_set(config, "tasks.rating.features=[moment, timestamp]"), TD_OK);
    config->optimizer_kind = TD_ADAM;
}

/* Strength below 1, margins that some scores are above. */
static inline void ask_for_negatives(td_config *config)
{
    const negatives_choice *choice = &negatives_of_test;
    config->retrieval_loss = choice->loss;
    config->retrieval_margin = 0.05;
    config->retrieval_negative_weight = 1.5;
    config->retrieval_log_q = choice->log_q;
    config->retrieval_log_q_strength = 0.8;
    config->retrieval_uniform_negatives = choice->uniform;
    config->retrieval_num_hard_negatives = 0;
    if (choice->negatives)
        config->retrieval_negatives = choice->negatives;
}

/* Tables far from the start's even scores; biases that leave no row of a tower at zeros, where
 * normalizing is steep. */
static inline void set_parameters(td_parameters *parameters)
{
    for (size_t i = parameters->dense_size; i < parameters->size; i++)
        parameters->values[i] *= 8;
    for (size_t i = 0; i < parameters->count; i++)
        for (size_t j = 0; parameters->tensor[i].rows == 1 && j < parameters->tensor[i].columns;
             j++)
            td_parameters_values(parameters, i)[j] = j % 2 ? -0.25F : 0.5F;
}

static inline int64_t tiles_of(const layout *l)
{
    return (l->rows - 1) / l->tile_rows + 1;
}

static inline td_model *placed_model_of(const layout *l, const td_placement *placement)
{
    td_config config;
    td_kernels kernels;
    td_model *model;
    td_config_defaults(&config);
    config.model_width = 6;
    config.query_tower = config.candidate_tower =
        td_int_list_of(l->layers, (const int64_t[]){5, 7});
    config.retrieval_temperature = 0.5;
    config.train_item_ranges = l->ranges;
    config.train_shards = tiles_of(l); /* a tile is a shard */
    config.train_batch_size = l->groups;
    config.retrieval_negatives = l->groups ? TD_NEGATIVES_GROUP : TD_NEGATIVES_BATCH;
    config.retrieval_group_rows = 1;
    if (l->everything)
        ask_for_everything(&config);
    if (negatives_of_test.uniform)
        ask_for_negatives(&config);
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    cr_assert_eq(td_model_create(&config, make_spec(&config), &kernels, placement, &model), TD_OK);
    td_model_initialize(model);
    set_parameters(&model->parameters);
    td_model_refresh(model, NULL);
    return model;
}

static inline td_model *model_of(const layout *l)
{
    return placed_model_of(l, NULL);
}

/* Row i of a step: users come back in many tiles, items too, and some only once. */
static inline void set_row(storage *s, int64_t i, int64_t step, int64_t row)
{
    s->user[i] = (int32_t)((row * 13 + step) % USERS);
    s->row[i] = row;
    s->item[i] = (int32_t)(row % 3 ? row * row % 1009 % ITEMS : row % 20);
    s->weight[i] = 0.5F + (float)(row % 5) / 4;
    s->bucket[i] = (int32_t)(row * row % BUCKETS);
    s->time[i] = (float)(row % 31) / 16 - 1;
    s->rating[i] = (float)(1 + row * 7 % 5);
}

static inline td_batch_limits limits_of(td_comm *comm, const layout *l, int64_t *first_row)
{
    int64_t first, count;
    td_comm_share(comm, tiles_of(l), &first, &count);
    int64_t end = (first + count) * l->tile_rows;
    *first_row = first * l->tile_rows;
    end = end < l->rows ? end : l->rows;
    return (td_batch_limits){.rows = l->rows,
                             .my_rows = end > *first_row ? end - *first_row : 0,
                             .met_rows = l->rows,
                             .group_rows = l->rows,
                             .tiles = tiles_of(l),
                             .tile_rows = l->tile_rows,
                             .shared = negatives_of_test.uniform,
                             .only_shared = negatives_of_test.negatives == TD_NEGATIVES_UNIFORM};
}

/* Cuts this rank's tiles, from tile first on, into the groups of the step. */
static inline void set_groups(const layout *l, int64_t first, td_batch *batch)
{
    const int64_t tiles = tiles_of(l), groups = l->groups ? l->groups : 1;
    batch->groups = 1;
    batch->group_tiles[0] = 0;
    for (int64_t t = 1; t < (int64_t)batch->tiles; t++)
        if (td_part_of(tiles, first + t, groups) != td_part_of(tiles, first + t - 1, groups))
            batch->group_tiles[batch->groups++] = (size_t)t;
    batch->group_tiles[batch->groups] = batch->tiles;
}

/* The histories of rows from row first on: 0 to 4 items, some of them twice. */
static inline td_frame histories_of(storage *s, int64_t first, int64_t rows)
{
    static char name[] = "history/past";
    s->past_offsets[0] = 0;
    for (int64_t i = 0; i < rows; i++) {
        const int64_t row = first + i, from = s->past_offsets[i], count = row % 5;
        for (int64_t k = 0; k < count; k++)
            s->past_ids[from + k] = (int32_t)((row * 11 + k / 2 * 37) % ITEMS);
        s->past_offsets[i + 1] = from + count;
    }
    s->past = (td_field){name, TD_INT32, 1, s->past_ids, s->past_offsets, 5 * ROWS_MAX};
    return (td_frame){.count = rows, .fields = 1, .field = &s->past};
}

/* This rank's rows of a step, in s. */
static inline td_batch batch_of(td_comm *comm, const layout *l, int64_t step, storage *s)
{
    int64_t first, rows = limits_of(comm, l, &first).my_rows;
    td_batch batch = {.all_rows = l->rows, .offsets = s->offsets, .group_tiles = s->group_tiles};
    batch.rows = (td_rows){.count = rows,
                           .user = s->user,
                           .item = s->item,
                           .row = s->row,
                           .rating = s->rating,
                           .weight = s->weight,
                           .frame = times_of(s->fields, rows, s->bucket, s->time)};
    batch.lists = histories_of(s, first + step, rows);
    s->offsets[0] = 0;
    for (int64_t i = 0; i < rows; i++) {
        set_row(s, i, step, first + i);
        if ((i + 1) % l->tile_rows == 0 || i + 1 == rows)
            s->offsets[++batch.tiles] = i + 1;
    }
    set_groups(l, first / l->tile_rows, &batch);
    return batch;
}

/* A model after some steps, the losses of each, and the last gradient. */
typedef struct {
    td_model *model;
    td_exact losses[2 * STEPS]; /* of retrieval, then of ratings */
    float *gradient;
} outcome;

/* Takes the model, and some steps with it; change (NULL: nothing) may change each one's rows. */
static inline outcome take_steps(td_comm *comm, const layout *l, td_model *model,
                                 void (*change)(td_comm *comm, const layout *l, storage *s))
{
    static storage s;
    int64_t first;
    outcome o = {.model = model};
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    for (int step = 0; step < STEPS; step++) {
        td_step_report report = {0};
        td_batch batch = batch_of(comm, l, step, &s);
        if (change)
            change(comm, l, &s);
        td_status status =
            td_trainer_step(trainer, &(td_step){.batch = &batch, .number = step + 1}, &report);
        assert_on_all(comm, status == TD_OK, td_message());
        assert_on_all(comm, report.rows == l->rows, "rows of a step");
        for (size_t k = 0; k < model->tasks; k++)
            o.losses[k * STEPS + (size_t)step] = report.losses[k].sum;
    }
    o.gradient = TD_NEW(float, model->parameters.size);
    td_trainer_gradient(trainer, o.gradient);
    td_trainer_free(trainer);
    return o;
}

static inline void outcome_free(outcome *o)
{
    td_model_free(o->model);
    td_free(o->gradient);
}

#endif
