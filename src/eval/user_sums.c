#include "eval/user_sums.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

void td_user_sums_free(td_user_sums *sums)
{
    td_free(sums->place);
    td_free(sums->sum);
    *sums = (td_user_sums){0};
}

size_t td_user_sums_add(td_user_sums *sums, size_t users, int64_t first_place)
{
    const size_t first = sums->users, all = first + users, columns = sums->columns;
    if (all > sums->room) {
        const size_t room = all + first / 2;
        sums->place = td_reallocate(sums->place, first, room, sizeof *sums->place);
        sums->sum = td_reallocate(sums->sum, first * columns, room * columns, sizeof *sums->sum);
        sums->room = room;
    }
    for (size_t u = 0; u < users; u++)
        sums->place[first + u] = first_place + (int64_t)u;
    memset(sums->sum + first * columns, 0, users * columns * sizeof *sums->sum);
    sums->users = all;
    return first;
}

static bool has_weight(const td_user_sums *sums, size_t user)
{
    for (size_t c = 0; c < sums->columns; c++)
        if (sums->sum[user * sums->columns + c].weight != 0)
            return true;
    return false;
}

void td_user_sums_compact(td_user_sums *sums, size_t from)
{
    size_t kept = from;
    for (size_t u = from; u < sums->users; u++) {
        if (!has_weight(sums, u))
            continue;
        sums->place[kept] = sums->place[u];
        memmove(sums->sum + kept * sums->columns, sums->sum + u * sums->columns,
                sums->columns * sizeof *sums->sum);
        kept++;
    }
    sums->users = kept;
}

td_user_sums td_user_sums_gather(td_comm *comm, const td_user_sums *sums)
{
    size_t users, values;
    td_user_sums all = {.columns = sums->columns};
    all.place = td_comm_allgatherv(comm, sums->place, sums->users, sizeof *sums->place, &users);
    all.sum = td_comm_allgatherv(comm, sums->sum, sums->users * sums->columns, sizeof *sums->sum,
                                 &values);
    all.users = all.room = users;
    return all;
}
