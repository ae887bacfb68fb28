/* Needs of several ranks against rooms that are made up. */
#include "run/memory_check.h"

#include "../train/ranks.h"
#include "job.h"

#include <string.h>

MPI_SUITE(memory_check);

enum { NEED = 1000 };

/* The bytes that every rank needs for certain, and at most. */
static td_status check(const td_memory_room *room, int64_t certain, int64_t more, char **table)
{
    td_memory_needs needs = {.largest = "a/kernel, 2 x 3"};
    td_memory_plan_add(&needs.certain, (td_memory_purpose){"tables", "model.width"},
                       (size_t)certain);
    if (td_comm_rank(job_comm()) == 0) /* not all have all */
        td_memory_plan_add(&needs.certain, (td_memory_purpose){"matrix", NULL}, 0);
    td_memory_plan_add(&needs.at_most, (td_memory_purpose){"steps", "train.batch_size"},
                       (size_t)more);
    const td_status status = td_memory_check(job_comm(), &needs, room, table);
    td_memory_needs_free(&needs);
    return status;
}

static td_status verdict(const td_memory_room *room)
{
    char *table;
    const td_status status = check(room, NEED, NEED, &table);
    td_free(table);
    return status;
}

static td_memory_room without_limits(void)
{
    td_memory_room room;
    memset(&room, 0, sizeof room);
    room.available = room.limit = room.space = INT64_MAX;
    return room;
}

static int64_t size(void)
{
    return td_comm_size(job_comm());
}

MPI_TEST(memory_check, ranks_of_a_machine_share_what_is_available)
{
    td_memory_room room = without_limits();
    assert_on_all(job_comm(), verdict(&room) == TD_OK, "no limit");
    room.available = size() * NEED;
    assert_on_all(job_comm(), verdict(&room) == TD_OK, "just enough for what is certain");
    room.available--;
    assert_on_all(job_comm(), verdict(&room) == TD_ERR_LAYOUT, "one byte less");
    assert_on_all(job_comm(), strstr(td_message(), "are available") != NULL, td_message());
}

MPI_TEST(memory_check, ranks_of_a_group_share_its_limit)
{
    td_memory_room room = without_limits();
    strcpy(room.group, "/job");
    room.own = 10;
    room.limit = size() * (NEED + 10);
    assert_on_all(job_comm(), verdict(&room) == TD_OK, "just enough, with what they have");
    room.limit--;
    assert_on_all(job_comm(), verdict(&room) == TD_ERR_LAYOUT, "one byte less");
    snprintf(room.group, sizeof room.group, "/job/%d", td_comm_rank(job_comm()));
    assert_on_all(job_comm(), (verdict(&room) == TD_OK) == (size() > 1), "a group for each rank");
}

MPI_TEST(memory_check, one_rank_without_address_space_is_enough)
{
    td_memory_room room = without_limits();
    if (td_comm_rank(job_comm()) == size() - 1)
        room.space = NEED - 1;
    assert_on_all(job_comm(), verdict(&room) == TD_ERR_LAYOUT, "the last rank has too little");
    assert_on_all(job_comm(), strstr(td_message(), "ulimit -v") != NULL, td_message());
}

MPI_TEST(memory_check, the_table_has_a_line_for_each_purpose)
{
    char *table;
    const td_memory_room room = without_limits();
    const td_status status = check(&room, 2500000, 500000, &table);
    assert_on_all(job_comm(), status == TD_OK, "no limit");
    const char *const parts[] = {"tables  ",  "2.5",     "model.width",      "matrix  ",
                                 "certain  ", "steps  ", "train.batch_size", "at most  ",
                                 "3.0",       "a/kernel"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_on_all(job_comm(), strstr(table, parts[i]) != NULL, parts[i]);
    const char *first = strstr(table, "tables  ");
    assert_on_all(job_comm(), strstr(first + 1, "\ntables  ") == NULL, "two lines of tables");
    td_free(table);
}
