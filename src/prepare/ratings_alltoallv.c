/* Rows on their way from the rank that read them to the home of their user. One column goes at a
 * time, so that at most one is there twice. */
#include "prepare/ratings.h"

#include "base/memory.h"
#include "comm/partition.h"

bool *td_ratings_find_trained(const td_ratings *ratings, int64_t users)
{
    bool *trained = TD_NEW(bool, (size_t)users + 1);
    for (int64_t i = 0; i < ratings->count; i++)
        if (!ratings->is_test[i])
            trained[ratings->user[i]] = true;
    return trained;
}

void td_ratings_number_items(td_comm *comm, const td_shared_names *names, td_ratings *ratings)
{
    int32_t owned = td_vocabulary_count(names->owned);
    int32_t *numbers = TD_NEW(int32_t, (size_t)owned);
    for (int32_t i = 0; i < owned; i++)
        numbers[i] = (int32_t)names->first + i + 1;
    int32_t *number = td_shared_names_answer(comm, names, sizeof *numbers, numbers);
    for (int64_t i = 0; i < ratings->count; i++)
        ratings->item[i] = number[ratings->item[i]];
    td_free(numbers);
    td_free(number);
}

/* Where the rows go. */
typedef struct {
    td_comm *comm;
    int32_t *to;     /* each row's rank */
    int64_t *starts; /* (size + 1) */
    int64_t *came;   /* (size + 1) */
} journey;

/* Sends a column and returns the one that came; NULL stays. */
static void *send(const journey *j, size_t size, void *column)
{
    int ranks = td_comm_size(j->comm);
    if (!column || ranks == 1)
        return column;
    void *dealt = td_partition(ranks, j->starts, j->to, size, column);
    td_free(column);
    void *came = td_comm_alltoallv(j->comm, size, dealt, j->starts, j->came);
    td_free(dealt);
    return came;
}

static journey plan(td_comm *comm, const td_user_owner *of, const td_ratings *ratings)
{
    int size = td_comm_size(comm);
    journey j = {.comm = comm, .to = TD_NEW(int32_t, (size_t)ratings->count)};
    for (int64_t i = 0; i < ratings->count; i++)
        j.to[i] = of[ratings->user[i]].rank;
    j.starts = td_partition_offsets(size, ratings->count, j.to);
    j.came = TD_NEW(int64_t, (size_t)size + 1);
    j.came[size] = ratings->count;
    return j;
}

/* Local. Rows get their numbers in the input and their users' numbers at home. */
static void renumber(const td_user_owner *of, td_ratings *ratings)
{
    ratings->row = TD_NEW(int64_t, (size_t)ratings->count);
    for (int64_t i = 0; i < ratings->count; i++) {
        ratings->row[i] = ratings->first + i;
        ratings->user[i] = of[ratings->user[i]].user;
    }
}

/* The names have been numbered; without them here, there is room for a column that travels. */
static void free_names(td_ratings *ratings)
{
    td_vocabulary_free(ratings->users);
    td_vocabulary_free(ratings->items);
    ratings->users = ratings->items = NULL;
}

void td_ratings_to_owners(td_comm *comm, const td_user_owner *of, td_ratings *ratings)
{
    free_names(ratings);
    journey j = plan(comm, of, ratings);
    renumber(of, ratings);
    ratings->user = send(&j, sizeof *ratings->user, ratings->user);
    ratings->item = send(&j, sizeof *ratings->item, ratings->item);
    ratings->rating = send(&j, sizeof *ratings->rating, ratings->rating);
    ratings->weight = send(&j, sizeof *ratings->weight, ratings->weight);
    ratings->time = send(&j, sizeof *ratings->time, ratings->time);
    ratings->row = send(&j, sizeof *ratings->row, ratings->row);
    ratings->is_test = send(&j, sizeof *ratings->is_test, ratings->is_test);
    ratings->count = j.came[td_comm_size(comm)];
    td_free(j.to);
    td_free(j.starts);
    td_free(j.came);
}
