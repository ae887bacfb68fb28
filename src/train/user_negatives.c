/* Negatives of users, sorted. */
#include "train/user_negatives.h"

#include "base/memory.h"

#include <stdlib.h>

td_user_negatives td_user_negatives_create(const td_batch_limits *limits)
{
    const size_t rows = (size_t)limits->my_rows;
    return (td_user_negatives){.sorted = TD_NEW(td_user_negative, rows),
                               .columns = TD_NEW(int32_t, rows)};
}

void td_user_negatives_free(td_user_negatives *negatives)
{
    td_free(negatives->sorted);
    td_free(negatives->columns);
}

static int by_user_then_column(const void *a, const void *b)
{
    const td_user_negative *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

void td_user_negatives_find(td_user_negatives *negatives, const td_batch *batch,
                            const uint8_t *is_negative, const int32_t *own)
{
    td_user_negatives *n = negatives;
    n->count = 0;
    for (int64_t i = 0; i < batch->rows.count; i++)
        if (is_negative[i])
            n->sorted[n->count++] = (td_user_negative){batch->rows.user[i], own[i]};
    qsort(n->sorted, n->count, sizeof *n->sorted, by_user_then_column);
    for (size_t i = 0; i < n->count; i++)
        n->columns[i] = n->sorted[i].column;
}

/* The first place with this user, or one of a greater number. */
static size_t lower_bound(const td_user_negatives *negatives, int64_t user)
{
    size_t low = 0, high = negatives->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (negatives->sorted[middle].user < user)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

td_range td_user_negatives_of(const td_user_negatives *negatives, int32_t user)
{
    return td_range_to((int64_t)lower_bound(negatives, user),
                       (int64_t)lower_bound(negatives, (int64_t)user + 1));
}
