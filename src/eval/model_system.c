/* Embeddings of queries and candidates, and the head on pairs of them. */
#include "eval/model_system.h"

#include "base/memory.h"
#include "eval/embedding.h"
#include "eval/predictions.h"

#include <string.h>

/* C: what the scores of items without training rows start from. */
static td_status boost_new_items(td_fitted *f, td_dataset *data)
{
    td_columns *columns = &f->candidates.columns;
    const float boost = (float)f->config->candidate_new_item_boost;
    int64_t *counts;
    if (boost == 0)
        return TD_OK;
    TD_TRY(td_dataset_read_item_counts(data, &counts));
    for (size_t j = 0; j < columns->count; j++)
        columns->bias[j] = counts[f->candidates.item_of_column[j]] == 0 ? boost : 0;
    td_free(counts);
    return TD_OK;
}

td_status td_model_system_fit(td_fitted *f, td_dataset *data)
{
    for (size_t t = 0; t < f->targets.count; t++)
        f->predicts[t] = f->targets.target[t].head != NULL;
    td_candidates_embed(&f->candidates, f->comm, f->model, f->weight);
    return boost_new_items(f, data);
}

td_scorer td_model_system_score(const td_fitted *f, const td_queries *queries, const td_seen *told)
{
    (void)told;
    float *u = TD_NEW(float, queries->count * f->model->query.width);
    td_embed_queries(f->comm, f->model, queries, false, u);
    td_scorer scorer = td_product_scorer(&f->candidates, &f->model->kernels, u);
    scorer.memory = u;
    return scorer;
}

/* The rows of a ranking whose items are in this rank's partition. */
static size_t list_mine(const td_candidates *candidates, const td_ranking *ranking, size_t *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < ranking->rows; i++)
        if (candidates->column_of_item[ranking->item[i]] >= 0)
            rows[n++] = i;
    return n;
}

/* Embeddings of so many rows are put side by side at a time. */
enum { ROWS_AT_ONCE = 64 * TD_TILE_ROWS };

/* Rows side by side for a head, each the pair of a query and an item. */
typedef struct {
    size_t width;
    float *u, *v; /* (ROWS_AT_ONCE, width) */
    int32_t *user, *item;
    int32_t *moment;  /* the row that has its context */
    float *predicted; /* (ROWS_AT_ONCE): the head's outputs */
} paired;

static paired pairs_create(size_t width)
{
    return (paired){.width = width,
                    .u = TD_NEW(float, ROWS_AT_ONCE *width),
                    .v = TD_NEW(float, ROWS_AT_ONCE *width),
                    .user = TD_NEW(int32_t, ROWS_AT_ONCE),
                    .item = TD_NEW(int32_t, ROWS_AT_ONCE),
                    .moment = TD_NEW(int32_t, ROWS_AT_ONCE),
                    .predicted = TD_NEW(float, ROWS_AT_ONCE)};
}

static void pairs_free(paired *pairs)
{
    td_free(pairs->u);
    td_free(pairs->v);
    td_free(pairs->user);
    td_free(pairs->item);
    td_free(pairs->moment);
    td_free(pairs->predicted);
}

/* rows (count): of the ranking, all of items in this rank's partition. */
static void gather_pairs(const td_queries *queries, const td_scorer *scorer,
                         const td_ranking *ranking, size_t count, const size_t *rows, paired *to)
{
    const td_candidates *candidates = scorer->candidates;
    const size_t width = to->width;
    for (size_t i = 0; i < count; i++) {
        const size_t query = (size_t)ranking->query[rows[i]];
        to->item[i] = ranking->item[rows[i]];
        to->user[i] = queries->users[query];
        to->moment[i] = queries->moments ? queries->moments[query] : (int32_t)query;
        const size_t column = (size_t)candidates->column_of_item[to->item[i]];
        memcpy(to->u + i * width, scorer->u + query * width, width * sizeof *to->u);
        memcpy(to->v + i * width, candidates->columns.v + column * width, width * sizeof *to->v);
    }
}

/* C. The head predicts row by row, so the same wherever a row is predicted. */
td_status td_model_system_predict(const td_fitted *f, size_t target, const td_queries *queries,
                                  const td_scorer *scorer, const td_ranking *ranking,
                                  float *prediction)
{
    const td_head_net *head = f->targets.target[target].head;
    size_t *rows = TD_NEW(size_t, ranking->rows);
    int64_t *known = TD_NEW(int64_t, ranking->rows);
    paired pairs = pairs_create(f->model->query.width);
    td_field_view *views = TD_NEW(td_field_view, head->reads.count);
    const size_t n = list_mine(scorer->candidates, ranking, rows);
    for (size_t first = 0; first < n; first += ROWS_AT_ONCE) {
        const size_t left = n - first, count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        gather_pairs(queries, scorer, ranking, count, rows + first, &pairs);
        const td_queries asked = {
            .count = count, .context = queries->context, .moments = pairs.moment};
        const td_head_rows input = {count,
                                    pairs.u,
                                    pairs.v,
                                    NULL,
                                    pairs.user,
                                    pairs.item,
                                    td_head_inputs(head, &asked, views)};
        td_predict_by_head(f->model, head, f->targets.target[target].loss, &input, pairs.predicted);
        for (size_t i = 0; i < count; i++)
            known[rows[first + i]] = td_known_value(pairs.predicted[i]);
    }
    const td_status status = td_share_known(f->comm, ranking, known, prediction);
    td_free(rows);
    td_free(known);
    td_free(views);
    pairs_free(&pairs);
    return status;
}
