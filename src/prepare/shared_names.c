/* A sample sort. The names that cut all names into ranges of nearly equal size are found among
 * samples; each name goes to the owner of its range, who sees it once or more and sorts. */
#include "prepare/shared_names.h"

#include "base/memory.h"
#include "base/range.h"
#include "comm/partition.h"
#include "comm/strings.h"

#include <string.h>

enum { SAMPLES = 256 }; /* of a rank */

/* Returns the distinct names of all ranks' lists, in the order of the ranks. */
static td_vocabulary *gather(td_comm *comm, const td_strings *mine)
{
    td_strings all = td_strings_allgatherv(comm, mine);
    td_vocabulary *names = td_vocabulary_create();
    for (int64_t i = 0; i < all.count; i++)
        td_vocabulary_add(names, td_string_at(&all, i));
    td_strings_free(&all);
    return names;
}

/* Returns the samples of all ranks, sorted: the same on every rank. */
static td_vocabulary *gather_samples(td_comm *comm, const td_vocabulary *mine)
{
    int32_t numbers[SAMPLES] = {0};
    int64_t count = td_vocabulary_count(mine), n = count < SAMPLES ? count : SAMPLES;
    for (int64_t i = 0; i < n; i++)
        numbers[i] = (int32_t)td_share(count, i, n) + 1;
    td_strings own = td_vocabulary_strings(mine, n, numbers);
    td_vocabulary *samples = gather(comm, &own);
    td_free(td_vocabulary_sort(samples));
    td_strings_free(&own);
    return samples;
}

/* Returns the owner of a name: rank r has those from the first of its samples on, which are shared
 * like anything else. */
static int owner_of(const td_vocabulary *samples, int size, td_str name)
{
    int low = 0, high = size - 1;
    while (low < high) {
        int middle = low + (high - low + 1) / 2;
        int64_t first = td_share(td_vocabulary_count(samples), middle, size);
        if (td_str_compare(td_vocabulary_name(samples, (int32_t)first + 1), name) <= 0)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Sets names->sent and sent_to. */
static void choose_owners(td_comm *comm, const td_vocabulary *mine, td_shared_names *names)
{
    int size = td_comm_size(comm);
    td_vocabulary *samples = gather_samples(comm, mine);
    int32_t *owner = TD_NEW(int32_t, (size_t)names->mine);
    int32_t *number = TD_NEW(int32_t, (size_t)names->mine);
    for (int32_t i = 0; i < names->mine; i++) {
        number[i] = i + 1;
        owner[i] = owner_of(samples, size, td_vocabulary_name(mine, i + 1));
    }
    names->sent_to = td_partition_offsets(size, names->mine, owner);
    names->sent = td_partition(size, names->sent_to, owner, sizeof *number, number);
    td_free(owner);
    td_free(number);
    td_vocabulary_free(samples);
}

/* Makes names->owned and came of the names that came. */
static void own_names(td_shared_names *names, const td_strings *came)
{
    names->owned = td_vocabulary_create();
    names->came = TD_NEW(int32_t, (size_t)came->count);
    td_vocabulary_add_strings(names->owned, came, names->came);
    int32_t *number = td_vocabulary_sort(names->owned);
    for (int64_t i = 0; i < came->count; i++)
        names->came[i] = number[names->came[i]];
    td_free(number);
}

td_shared_names td_shared_names_make(td_comm *comm, const td_vocabulary *mine)
{
    td_shared_names names = {.mine = td_vocabulary_count(mine)};
    choose_owners(comm, mine, &names);
    td_strings sent = td_vocabulary_strings(mine, names.mine, names.sent);
    names.came_from = TD_NEW(int64_t, (size_t)td_comm_size(comm) + 1);
    td_strings came = td_strings_alltoallv(comm, &sent, names.sent_to, names.came_from);
    td_strings_free(&sent);
    own_names(&names, &came);
    td_strings_free(&came);
    int64_t owned = td_vocabulary_count(names.owned);
    names.total = owned;
    td_comm_sum(comm, 1, &names.total);
    td_comm_exscan(comm, 1, &owned, &names.first);
    return names;
}

void td_shared_names_free(td_shared_names *names)
{
    td_vocabulary_free(names->owned);
    td_free(names->sent);
    td_free(names->sent_to);
    td_free(names->came);
    td_free(names->came_from);
    *names = (td_shared_names){.total = 0};
}

void *td_shared_names_answer(td_comm *comm, const td_shared_names *names, size_t size,
                             const void *answers)
{
    int64_t came = names->came_from[td_comm_size(comm)];
    int64_t *from = TD_NEW(int64_t, (size_t)td_comm_size(comm) + 1);
    char *out = td_allocate((size_t)came, size), *by_number;
    for (int64_t i = 0; i < came; i++)
        memcpy(out + (size_t)i * size, (const char *)answers + (size_t)(names->came[i] - 1) * size,
               size);
    char *in = td_comm_alltoallv(comm, size, out, names->came_from, from);
    by_number = td_allocate((size_t)names->mine + 1, size);
    for (int64_t i = 0; i < names->mine; i++)
        memcpy(by_number + (size_t)names->sent[i] * size, in + (size_t)i * size, size);
    td_free(from);
    td_free(out);
    td_free(in);
    return by_number;
}

int32_t *td_shared_names_numbers(td_comm *comm, const td_shared_names *names)
{
    int32_t owned = td_vocabulary_count(names->owned);
    int32_t *numbers = TD_NEW(int32_t, (size_t)owned);
    for (int32_t i = 0; i < owned; i++)
        numbers[i] = (int32_t)names->first + i + 1;
    int32_t *mine = td_shared_names_answer(comm, names, sizeof *numbers, numbers);
    td_free(numbers);
    return mine;
}

td_vocabulary *td_shared_names_gather(td_comm *comm, const td_shared_names *names)
{
    td_strings owned = td_vocabulary_list(names->owned);
    td_vocabulary *all = gather(comm, &owned);
    td_strings_free(&owned);
    return all;
}
