/* Negatives of users, sorted. */
#include "train/user_negatives.h"

#include "base/memory.h"
#include "base/range.h"

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

TD_DEFINE_FIRST_FROM(first_of_user, td_user_negative, int64_t, .user)

td_range td_user_negatives_of(const td_user_negatives *negatives, int32_t user)
{
    const size_t n = negatives->count;
    return td_range_to((int64_t)first_of_user(n, negatives->sorted, user),
                       (int64_t)first_of_user(n, negatives->sorted, (int64_t)user + 1));
}
