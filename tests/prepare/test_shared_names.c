/* Names that are spread over the ranks have the numbers that one rank would give them. */
#include "prepare/shared_names.h"

#include "../store/shared.h"
#include "job.h"

MPI_SUITE(shared_names)

enum { NAMES = 3000, TEXT = 24 };

/* Name i of all; those of one rank are every third of them, so that most are on several. */
static td_str name_of(int i, char text[TEXT])
{
    snprintf(text, TEXT, i % 2 ? "%d" : "user %d of many", i * 7919 % 10007);
    return (td_str){text, strlen(text)};
}

static bool has(int rank, int i)
{
    return rank != 1 && (i % 3 == rank % 3 || i % 5 == 0); /* rank 1 has none */
}

/* What this rank has, and, on every rank, all that any has, sorted. */
static void make_names(td_comm *comm, td_vocabulary *mine, td_vocabulary *all)
{
    char text[TEXT];
    for (int i = NAMES - 1; i >= 0; i--)
        for (int rank = 0; rank < td_comm_size(comm); rank++)
            if (has(rank, i)) {
                td_vocabulary_add(all, name_of(i, text));
                if (rank == td_comm_rank(comm))
                    td_vocabulary_add(mine, name_of(i, text));
            }
    td_free(td_vocabulary_sort(all));
}

static bool numbers_are_right(td_comm *comm, const td_shared_names *names,
                              const td_vocabulary *mine, const td_vocabulary *all)
{
    int64_t owned = td_vocabulary_count(names->owned);
    int64_t *answers = TD_NEW(int64_t, (size_t)owned);
    bool right = names->total == td_vocabulary_count(all);
    for (int64_t i = 0; i < owned; i++) {
        answers[i] = names->first + i + 1;
        right = right && td_vocabulary_find(
                             all, td_vocabulary_name(names->owned, (int32_t)i + 1)) == answers[i];
    }
    int64_t *number = td_shared_names_answer(comm, names, sizeof *answers, answers);
    for (int32_t i = 1; i <= td_vocabulary_count(mine); i++)
        right = right && number[i] == td_vocabulary_find(all, td_vocabulary_name(mine, i));
    right = right && number[0] == 0;
    td_free(answers);
    td_free(number);
    return right;
}

MPI_TEST(shared_names, have_the_numbers_that_one_rank_would_give)
{
    td_comm *comm = job_comm();
    td_vocabulary *mine = td_vocabulary_create(), *all = td_vocabulary_create();
    make_names(comm, mine, all);
    td_shared_names names = td_shared_names_make(comm, mine);
    assert_on_all(comm, numbers_are_right(comm, &names, mine, all), "numbers");
    bool shared = td_vocabulary_count(names.owned) <= 2 * names.total / td_comm_size(comm);
    assert_on_all(comm, shared, "no rank owns more than twice its share");
    td_vocabulary *gathered = td_shared_names_gather(comm, &names);
    bool same = td_vocabulary_count(gathered) == td_vocabulary_count(all);
    for (int32_t i = 1; same && i <= td_vocabulary_count(all); i++)
        same = td_str_compare(td_vocabulary_name(gathered, i), td_vocabulary_name(all, i)) == 0;
    assert_on_all(comm, same, "all names in order");
    td_vocabulary_free(gathered);
    td_shared_names_free(&names);
    td_vocabulary_free(mine);
    td_vocabulary_free(all);
}
