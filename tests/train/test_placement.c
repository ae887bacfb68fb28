/* The training step with tables whose rows are with their owners: what each rank holds is, bit for
 * bit, what one rank has that holds all. */
#include "run/placement.h"
#include "run/untrained_rows.h"

#include "base/memory.h"
#include "base/range.h"
#include "job.h"
#include "layouts.h"
#include "ranks.h"
#include "train/batch_columns.h"

#include <stdio.h>
#include <string.h>

MPI_SUITE(placement)

/* As in shards: the users of a row tile are its own. */
static int64_t first_user(const layout *l, int64_t tile)
{
    return td_share(USERS, tile, tiles_of(l));
}

static void set_users(td_comm *comm, const layout *l, storage *s)
{
    int64_t first, rows = limits_of(comm, l, &first).my_rows;
    for (int64_t i = 0; i < rows; i++) {
        const int64_t tile = (first + i) / l->tile_rows, low = first_user(l, tile);
        s->user[i] = (int32_t)(low + (first + i) * 7 % (first_user(l, tile + 1) - low));
    }
}

static td_placement placement_of(td_comm *comm, const layout *l, bool users, bool items)
{
    int64_t tile, tiles;
    td_comm_share(comm, tiles_of(l), &tile, &tiles);
    const int64_t user = first_user(l, tile), last = first_user(l, tile + tiles);
    return (td_placement){
        .users = {users, td_range_to(user, last)},
        .items = {items,
                  td_item_rows_of_rank(ITEMS, l->ranges, td_comm_rank(comm), td_comm_size(comm))}};
}

static outcome train(td_comm *comm, const layout *l, bool owns_users, bool owns_items)
{
    const td_placement placement = placement_of(comm, l, owns_users, owns_items);
    return take_steps(comm, l, placed_model_of(l, &placement), set_users);
}

/* Whether the held rows of a tensor are in a block what they are in the block of one that is whole.
 */
static bool same_rows(const td_tensor *mine, const float *block, const td_tensor *whole,
                      const float *whole_block)
{
    return memcmp(block + mine->offset, whole_block + td_tensor_place(whole, mine->held.first),
                  td_tensor_size(mine) * sizeof(float)) == 0;
}

static bool same(const outcome *mine, const outcome *whole)
{
    const td_parameters *a = &mine->model->parameters, *b = &whole->model->parameters;
    bool equal = memcmp(mine->losses, whole->losses, sizeof mine->losses) == 0;
    for (size_t i = 0; i < a->count; i++) {
        const td_tensor *x = &a->tensor[i], *y = &b->tensor[i];
        equal = equal && same_rows(x, a->values, y, b->values) &&
                same_rows(x, mine->gradient, y, whole->gradient);
        for (size_t s = 0; s < a->states; s++)
            equal = equal && same_rows(x, a->state[s], y, b->state[s]);
    }
    return equal;
}

/* Each row of an owned table is with one rank. */
static bool is_held_once(td_comm *comm, const td_tensor *tensor)
{
    int64_t rows = (int64_t)tensor->held.count;
    td_comm_sum(comm, 1, &rows);
    return rows == (int64_t)tensor->rows * (tensor->is_owned ? 1 : td_comm_size(comm));
}

static void check_layout(td_comm *comm, td_comm *alone, const layout *l)
{
    outcome whole = train(alone, l, false, false);
    for (int owned = 0; owned < 4; owned++) {
        char what[96];
        outcome o = train(comm, l, owned & 1, owned & 2);
        const td_parameters *p = &o.model->parameters;
        size_t user_table, item_table;
        cr_assert(td_parameters_find(p, "user_table/weight", &user_table) &&
                  td_parameters_find(p, "item_table/weight", &item_table));
        cr_assert_eq(p->tensor[user_table].is_owned, owned & 1);
        cr_assert_eq(p->tensor[item_table].is_owned, owned >> 1);
        for (size_t i = 0; i < p->count; i++)
            assert_on_all(comm, is_held_once(comm, &p->tensor[i]), p->tensor[i].name);
        snprintf(what, sizeof what, "%lld rows, owned %d%s: other bits", (long long)l->rows, owned,
                 l->everything ? ", everything on" : "");
        assert_on_all(comm, same(&o, &whole), what);
        outcome_free(&o);
    }
    outcome_free(&whole);
}

MPI_TEST(placement, gives_the_bits_of_one_rank_wherever_rows_are)
{
    /* Some ranks have no item range, some no rows; negatives come from the batch or from groups. */
    static const layout layouts[] = {{300, 64, 7, 0, false, 0}, {1000, 128, 5, 2, false, 0},
                                     {300, 64, 7, 1, true, 0},  {300, 20, 7, 1, true, 4},
                                     {260, 20, 2, 1, true, 0},  {37, 19, 64, 0, false, 0}};
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        check_layout(comm, alone, &layouts[i]);
    td_comm_free(alone);
}

/* Rows 1, 4, 7, .. of a table are trained, to row / 4 + column, and row 0 if it is known. */
static void train_some(const td_tensor *table, bool has_unknown)
{
    for (int64_t r = 0; r < table->held.count; r++) {
        const int64_t row = table->held.first + r;
        for (size_t c = 0; c < table->columns; c++)
            if (row % 3 == 1 || (row == 0 && has_unknown))
                table->values[(size_t)r * table->columns + c] = (float)row / 4 + (float)c;
    }
}

/* What a row has in the end: itself, the unknown row, or the mean. */
static float expected_at(const td_tensor *table, int64_t row, size_t column, bool has_unknown)
{
    const int64_t trained = ((int64_t)table->rows - 2) / 3 + 1; /* rows 1 + 3 i, of mean i */
    if (row % 3 == 1)
        return (float)row / 4 + (float)column;
    if (has_unknown)
        return (float)column;
    const float sum = (float)(trained * (1 + 3 * (trained - 1) + 1)) / 8;
    return (sum + (float)trained * (float)column) / (float)trained;
}

static bool has_means(const td_tensor *table, bool has_unknown)
{
    for (int64_t r = 0; r < table->held.count; r++)
        for (size_t c = 0; c < table->columns; c++)
            if (table->values[(size_t)r * table->columns + c] !=
                expected_at(table, table->held.first + r, c, has_unknown))
                return false;
    return true;
}

static bool starts_again(const td_tensor *table, uint64_t seed)
{
    bool same = true;
    float *start = TD_NEW(float, table->columns);
    for (int64_t r = 0; r < table->held.count; r++) {
        td_tensor_start(table, seed, table->held.first + r, start);
        same = same && ((table->held.first + r) % 3 == 1 ||
                        memcmp(start, table->values + (size_t)r * table->columns,
                               table->columns * sizeof *start) == 0);
    }
    td_free(start);
    return same;
}

static void check_untrained(td_comm *comm, int owned, bool has_unknown)
{
    const layout l = {300, 64, 7, 0, false, 0};
    const td_placement placement = placement_of(comm, &l, owned & 1, owned & 2);
    td_model *model = placed_model_of(&l, &placement);
    const td_parameters *p = &model->parameters;
    td_model_initialize(model);
    for (size_t i = 0; i < p->count; i++)
        if (p->tensor[i].is_table)
            train_some(&p->tensor[i], has_unknown);
    td_untrained_rows rows = td_untrained_rows_find(model);
    assert_on_all(comm, td_untrained_rows_set(comm, model, &rows) == TD_OK, td_message());
    for (size_t i = 0; i < p->count; i++)
        assert_on_all(comm, !p->tensor[i].is_table || has_means(&p->tensor[i], has_unknown),
                      p->tensor[i].name);
    td_untrained_rows_put_back(model, &rows);
    for (size_t i = 0; i < p->count && !has_unknown; i++)
        assert_on_all(comm,
                      !p->tensor[i].is_table ||
                          starts_again(&p->tensor[i], (uint64_t)model->config.train_seed),
                      p->tensor[i].name);
    model->config.model_untrained_rows = TD_UNTRAINED_INITIAL;
    assert_on_all(comm, td_untrained_rows_set(comm, model, &rows) == TD_OK, td_message());
    for (size_t i = 0; i < p->count && !has_unknown; i++)
        assert_on_all(comm,
                      !p->tensor[i].is_table ||
                          starts_again(&p->tensor[i], (uint64_t)model->config.train_seed),
                      "initial changes nothing");
    td_untrained_rows_free(&rows);
    td_model_free(model);
}

MPI_TEST(placement, answers_for_untrained_rows_wherever_rows_are)
{
    td_comm *comm = job_comm();
    for (int owned = 0; owned < 4; owned++) {
        check_untrained(comm, owned, false);
        check_untrained(comm, owned, true);
    }
}
