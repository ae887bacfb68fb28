/* Ranks share the items whose neighbors are found, then all have all of them. */
#include "eval/item_neighbors.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/top_k.h"
#include "eval/user_items.h"
#include "math/elementary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int32_t item; /* 0: none */
    float weight;
} neighbor;

struct td_neighbors {
    td_neighbor_rule rule;
    td_user_items pairs;
    int64_t *share;    /* (users): what a user adds to a pair of items */
    double *from, *to; /* (items + 1): factors of the weights from and to an item */
    int64_t *first;    /* (items + 2): where an item's row begins */
    neighbor *row;     /* ascending by item, filled up with none */
};

/* Units of a user's share, of which the sums over all users are below 2^63. */
#define SHARE_UNIT 0x1p40

/* x^power of a whole number, by this program's own functions. */
static double power_of(double x, double power)
{
    return (double)td_exp((float)power * td_ln((float)x));
}

/* 1, or c_u^-alpha in units. */
static void find_shares(td_neighbors *n)
{
    n->share = TD_NEW(int64_t, (size_t)n->pairs.users);
    for (int64_t u = 0; u < n->pairs.users; u++) {
        const int64_t had = n->pairs.had.offsets[u + 1] - n->pairs.had.offsets[u];
        const double part = had > 0 ? power_of((double)had, -n->rule.alpha) : 0;
        n->share[u] = n->rule.walks ? td_larger((int64_t)(part * SHARE_UNIT), 1) : 1;
    }
}

/* c_jj^-alpha and c_ii^-beta, or c_jj and c_ii themselves. */
static void find_factors(td_neighbors *n)
{
    n->from = TD_NEW(double, (size_t)n->pairs.items + 1);
    n->to = TD_NEW(double, (size_t)n->pairs.items + 1);
    for (int64_t i = 0; i <= n->pairs.items; i++) {
        const double users = (double)(n->pairs.user_offsets[i + 1] - n->pairs.user_offsets[i]);
        n->from[i] = n->rule.walks && users > 0 ? power_of(users, -n->rule.alpha) : users;
        n->to[i] = n->rule.walks && users > 0 ? power_of(users, -n->rule.beta) : users;
    }
}

/* w_ji, of the sum of the shares of the users who have both. */
static float weight_of(const td_neighbors *n, int64_t j, int64_t i, int64_t sum)
{
    if (!n->rule.walks)
        return (float)((double)sum / (sqrt(n->from[j] * n->to[i]) + n->rule.shrink));
    return (float)(n->from[j] * ((double)sum / SHARE_UNIT) * n->to[i]);
}

/* A thread's memory, by users or by likeness. */
typedef struct {
    int64_t *sum;     /* (items + 1): zeros between items */
    int32_t *touched; /* (items) */
    double *of_ids, *like;
    td_listed *best; /* (kept) */
} scratch;

static scratch scratch_create(const td_neighbors *n, const td_item_likeness *likeness)
{
    const size_t items = (size_t)n->pairs.items + 1;
    scratch s = {.best = TD_NEW(td_listed, (size_t)n->rule.kept)};
    if (likeness) {
        s.of_ids = td_item_likeness_scratch(likeness);
        s.like = TD_NEW(double, items);
    } else {
        s.sum = TD_NEW(int64_t, items);
        s.touched = TD_NEW(int32_t, items);
    }
    return s;
}

static void scratch_free(scratch *s)
{
    td_free(s->sum);
    td_free(s->touched);
    td_free(s->of_ids);
    td_free(s->like);
    td_free(s->best);
}

/* sum_i = the shares of the users who have j and i; returns how many such i there are. */
static size_t sum_shares(const td_neighbors *n, int64_t j, scratch *s)
{
    size_t count = 0;
    for (int64_t p = n->pairs.user_offsets[j]; p < n->pairs.user_offsets[j + 1]; p++) {
        const int32_t user = n->pairs.user[p];
        for (int64_t q = n->pairs.had.offsets[user]; q < n->pairs.had.offsets[user + 1]; q++) {
            const int32_t i = n->pairs.had.items[q];
            if (s->sum[i] == 0 && i != j)
                s->touched[count++] = i;
            s->sum[i] += i != j ? n->share[user] : 0;
        }
    }
    return count;
}

static int by_item(const void *left, const void *right)
{
    const neighbor *a = left, *b = right;
    const int64_t x = a->item == 0 ? INT64_MAX : a->item, y = b->item == 0 ? INT64_MAX : b->item;
    return (x > y) - (x < y);
}

/* Divides an item's weights by their sum, which is in the order of the items. */
static void normalize(int64_t kept, neighbor *row)
{
    double sum = 0;
    for (int64_t i = 0; i < kept; i++)
        sum += (double)row[i].weight;
    for (int64_t i = 0; i < kept && sum > 0; i++)
        row[i].weight = (float)((double)row[i].weight / sum);
}

/* Makes a row of the best, of which there are so many. */
static void make_row(const td_neighbors *n, size_t listed, const td_listed *best, neighbor *row)
{
    const size_t kept = (size_t)n->rule.kept;
    for (size_t i = 0; i < listed; i++)
        row[i] = (neighbor){best[i].item, best[i].score};
    for (size_t i = listed; i < kept; i++)
        row[i] = (neighbor){0, 0};
    qsort(row, kept, sizeof *row, by_item);
    if (n->rule.normalize)
        normalize(n->rule.kept, row);
}

/* The strongest neighbors of j, ties by the order of lists. */
static void find_row(const td_neighbors *n, int64_t j, scratch *s, neighbor *row)
{
    const size_t kept = (size_t)n->rule.kept, count = sum_shares(n, j, s);
    size_t listed = 0;
    for (size_t t = 0; t < count; t++) {
        const int32_t i = s->touched[t];
        td_top_k_offer(kept, s->best, &listed, (td_listed){weight_of(n, j, i, s->sum[i]), i});
        s->sum[i] = 0;
    }
    make_row(n, listed, s->best, row);
}

/* The items with training rows that are most like item i. */
static void find_like(const td_neighbors *n, int64_t i, const td_item_likeness *likeness,
                      scratch *s, neighbor *row)
{
    size_t listed = 0;
    td_item_likeness_find(likeness, (int32_t)i, s->of_ids, s->like);
    for (int64_t j = 1; j <= n->pairs.items && i > 0; j++)
        if (j != i && s->like[j] > 0 && n->pairs.user_offsets[j + 1] > n->pairs.user_offsets[j])
            td_top_k_offer((size_t)n->rule.kept, s->best, &listed,
                           (td_listed){(float)s->like[j], (int32_t)j});
    make_row(n, listed, s->best, row);
}

/* C: the rows (items + 1, kept) of all items, of which each rank finds a share: by likeness from
 * the item to others, or, if that is NULL, by users. */
static neighbor *find_rows(td_comm *comm, const td_neighbors *n, const td_item_likeness *likeness)
{
    const size_t kept = (size_t)n->rule.kept;
    int64_t first, count;
    size_t total;
    td_comm_share(comm, n->pairs.items + 1, &first, &count);
    neighbor *mine = TD_NEW(neighbor, (size_t)count * kept);
#pragma omp parallel
    {
        scratch s = scratch_create(n, likeness);
#pragma omp for schedule(dynamic, 16)
        for (int64_t i = 0; i < count; i++) {
            neighbor *row = mine + (size_t)i * kept;
            if (likeness)
                find_like(n, first + i, likeness, &s, row);
            else
                find_row(n, first + i, &s, row);
        }
        scratch_free(&s);
    }
    neighbor *all = td_comm_allgatherv(comm, mine, (size_t)count * kept, sizeof *mine, &total);
    td_free(mine);
    return all;
}

/* Rows as they were found: those of j have as many places each. */
static void take_rows(td_neighbors *n, neighbor *rows)
{
    n->row = rows;
    n->first = TD_NEW(int64_t, (size_t)n->pairs.items + 2);
    for (int64_t j = 0; j <= n->pairs.items + 1; j++)
        n->first[j] = j * n->rule.kept;
}

/* Turns rows (items + 1, kept) from i to j round: those of j are ascending by i. */
static void turn_round(td_neighbors *n, const neighbor *like)
{
    const int64_t all = (n->pairs.items + 1) * n->rule.kept;
    n->first = TD_NEW(int64_t, (size_t)n->pairs.items + 3);
    for (int64_t p = 0; p < all; p++)
        if (like[p].item != 0)
            n->first[like[p].item + 2]++;
    for (int64_t j = 0; j <= n->pairs.items; j++)
        n->first[j + 2] += n->first[j + 1];
    n->row = TD_NEW(neighbor, (size_t)n->first[n->pairs.items + 2]);
    for (int64_t p = 0; p < all; p++)
        if (like[p].item != 0)
            n->row[n->first[like[p].item + 1]++] =
                (neighbor){(int32_t)(p / n->rule.kept), like[p].weight};
}

/* C: who has what. */
static td_status begin(td_dataset *data, const td_neighbor_rule *rule, td_neighbors **out)
{
    td_neighbors *n = TD_NEW(td_neighbors, 1);
    n->rule = *rule;
    n->rule.kept = td_smaller(rule->kept, td_dataset_info(data)->items);
    const td_status status = td_user_items_read(data, &n->pairs);
    if (status != TD_OK)
        td_free(n);
    else
        *out = n;
    return status;
}

td_status td_neighbors_create(td_comm *comm, td_dataset *data, const td_neighbor_rule *rule,
                              td_neighbors **out)
{
    TD_TRY(begin(data, rule, out));
    find_shares(*out);
    find_factors(*out);
    take_rows(*out, find_rows(comm, *out, NULL));
    return TD_OK;
}

td_status td_neighbors_of_content(td_comm *comm, td_dataset *data, const td_neighbor_rule *rule,
                                  const td_item_likeness *likeness, td_neighbors **out)
{
    TD_TRY(begin(data, rule, out));
    neighbor *like = find_rows(comm, *out, likeness);
    turn_round(*out, like);
    td_free(like);
    return TD_OK;
}

void td_neighbors_free(td_neighbors *neighbors)
{
    if (!neighbors)
        return;
    td_user_items_free(&neighbors->pairs);
    td_free(neighbors->share);
    td_free(neighbors->from);
    td_free(neighbors->to);
    td_free(neighbors->first);
    td_free(neighbors->row);
    td_free(neighbors);
}

static int64_t length_of(const td_neighbors *n, int32_t j)
{
    return n->first[j + 1] - n->first[j];
}

/* The first neighbor of j whose item is not below this one. */
static const neighbor *first_from(const td_neighbors *n, int32_t j, int32_t item)
{
    const neighbor *row = n->row + n->first[j];
    size_t low = 0, high = (size_t)length_of(n, j);
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (row[middle].item == 0 || row[middle].item >= item)
            high = middle;
        else
            low = middle + 1;
    }
    return row + low;
}

/* How far each query has come in the rows of its items: tiles are mostly scored in their order, and
 * a query by one thread at a time. All of it is one block of memory. */
typedef struct {
    size_t *next_tile; /* (queries): the tile that the places are for */
    int32_t *place;    /* in a row, of each item of each query */
} progress;

static progress progress_of(size_t queries, void *memory)
{
    size_t *next_tile = memory;
    return (progress){next_tile, (int32_t *)(next_tile + queries)};
}

static void *start_progress(size_t queries, const td_seen *had)
{
    void *memory =
        TD_NEW(char, queries * sizeof(size_t) + (size_t)had->offsets[queries] * sizeof(int32_t));
    const progress of = progress_of(queries, memory);
    for (size_t q = 0; q < queries; q++)
        of.next_tile[q] = SIZE_MAX;
    return memory;
}

/* scores (columns of a tile) += weights of j's neighbors from a place on, up to the item last;
 * returns the place behind them. */
static int32_t add_row(const td_scorer *scorer, int32_t j, int32_t place, size_t tile, int32_t last,
                       float *scores)
{
    const td_neighbors *n = scorer->of;
    const neighbor *row = n->row + n->first[j];
    const int64_t length = length_of(n, j);
    for (; place < length && row[place].item != 0 && row[place].item <= last; place++) {
        const int32_t column = scorer->candidates->column_of_item[row[place].item];
        if (column >= 0)
            scores[(size_t)column - tile * TD_COLUMN_TILE] += row[place].weight;
    }
    return place;
}

/* score_i = the sum of w_ji over the query's items j, ascending, for the columns i of a tile */
static void score_query(const td_scorer *scorer, size_t tile, size_t query, float *scores)
{
    const td_neighbors *n = scorer->of;
    const progress of = progress_of(scorer->queries, scorer->memory);
    const int32_t *items = scorer->candidates->item_of_column + tile * TD_COLUMN_TILE;
    const size_t columns = td_columns_in_tile(&scorer->candidates->columns, tile);
    for (int64_t p = scorer->had.offsets[query]; p < scorer->had.offsets[query + 1]; p++) {
        const int32_t j = scorer->had.items[p];
        if (of.next_tile[query] != tile)
            of.place[p] = (int32_t)(first_from(n, j, items[0]) - (n->row + n->first[j]));
        of.place[p] = add_row(scorer, j, of.place[p], tile, items[columns - 1], scores);
    }
    of.next_tile[query] = tile + 1;
}

static void score_tile(const td_scorer *scorer, size_t tile, size_t first, size_t count,
                       float *scores)
{
    const size_t columns = td_columns_in_tile(&scorer->candidates->columns, tile);
    for (size_t q = 0; q < count; q++) {
        float *row = scores + q * TD_COLUMN_STRIDE;
        memset(row, 0, columns * sizeof *row);
        for (size_t c = columns; c < td_lanes_up(columns); c++)
            row[c] = -INFINITY;
        score_query(scorer, tile, first + q, row);
    }
}

/* The same chain of additions for one item. */
static float score_item(const td_scorer *scorer, size_t query, size_t column)
{
    const td_neighbors *n = scorer->of;
    const int32_t item = scorer->candidates->item_of_column[column];
    float score = 0;
    for (int64_t p = scorer->had.offsets[query]; p < scorer->had.offsets[query + 1]; p++) {
        const int32_t j = scorer->had.items[p];
        const neighbor *end = n->row + n->first[j + 1];
        const neighbor *at = first_from(n, j, item);
        if (at < end && at->item == item)
            score += at->weight;
    }
    return score;
}

td_scorer td_neighbors_scorer(const td_neighbors *neighbors, const td_candidates *candidates,
                              const td_kernels *kernels, size_t queries, const int32_t *users,
                              const td_seen *told)
{
    const td_seen had = td_user_items_of(&neighbors->pairs, queries, users, told);
    return (td_scorer){.candidates = candidates,
                       .kernels = kernels,
                       .score = score_tile,
                       .score_one = score_item,
                       .of = neighbors,
                       .queries = queries,
                       .had = had,
                       .memory = start_progress(queries, &had)};
}
