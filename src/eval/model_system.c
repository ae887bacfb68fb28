/* Embeddings of queries and candidates, and the head on pairs of them. */
#include "eval/model_system.h"

#include "base/memory.h"
#include "eval/embedding.h"
#include "eval/predictions.h"

#include <string.h>

td_status td_model_system_fit(td_fitted *f, td_dataset *data)
{
    (void)data; /* trained before */
    for (size_t t = 0; t < f->targets.count; t++)
        f->predicts[t] = f->targets.target[t].head != NULL;
    td_candidates_embed(&f->candidates, f->comm, f->model, f->weight);
    return TD_OK;
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

/* C. The head predicts row by row, so the same wherever a row is predicted. Embeddings of so many
 * rows are put side by side at a time. */
td_status td_model_system_predict(const td_fitted *f, size_t target, const td_queries *queries,
                                  const td_scorer *scorer, const td_ranking *ranking,
                                  float *prediction)
{
    enum { ROWS_AT_ONCE = 64 * TD_TILE_ROWS };
    const td_candidates *candidates = scorer->candidates;
    const size_t width = f->model->query.width;
    size_t *rows = TD_NEW(size_t, ranking->rows);
    int64_t *known = TD_NEW(int64_t, ranking->rows);
    float *u = TD_NEW(float, ROWS_AT_ONCE *width), *v = TD_NEW(float, ROWS_AT_ONCE *width);
    int32_t *user = TD_NEW(int32_t, ROWS_AT_ONCE), *item = TD_NEW(int32_t, ROWS_AT_ONCE);
    int32_t *moment = TD_NEW(int32_t, ROWS_AT_ONCE);
    float *ratings = TD_NEW(float, ROWS_AT_ONCE);
    const td_head_net *head = f->targets.target[target].head;
    const td_loss *loss = f->targets.target[target].loss;
    td_field_view *views = TD_NEW(td_field_view, head->reads.count);
    const size_t n = list_mine(candidates, ranking, rows);
    for (size_t first = 0; first < n; first += ROWS_AT_ONCE) {
        const size_t left = n - first, count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            const size_t row = rows[first + i], query = (size_t)ranking->query[row];
            item[i] = ranking->item[row];
            user[i] = queries->users[query];
            moment[i] = queries->moments ? queries->moments[query] : (int32_t)query;
            const size_t column = (size_t)candidates->column_of_item[item[i]];
            memcpy(u + i * width, scorer->u + query * width, width * sizeof *u);
            memcpy(v + i * width, candidates->columns.v + column * width, width * sizeof *v);
        }
        const td_queries asked = {.count = count, .context = queries->context, .moments = moment};
        const td_head_rows pairs = {
            count, u, v, NULL, user, item, td_head_inputs(head, &asked, views)};
        td_predict_by_head(f->model, head, &pairs, ratings);
        for (size_t i = 0; i < count; i++)
            known[rows[first + i]] = td_known_value(loss->mean(ratings[i]));
    }
    const td_status status = td_share_known(f->comm, ranking, known, prediction);
    td_free(rows);
    td_free(known);
    td_free(u);
    td_free(v);
    td_free(user);
    td_free(item);
    td_free(moment);
    td_free(views);
    td_free(ratings);
    return status;
}
