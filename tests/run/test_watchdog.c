/* Which rank the others wait for, and a file that is there for as long as the watch. */
#include "run/watchdog.h"

#include "../train/ranks.h"
#include "job.h"

#include <stdio.h>
#include <unistd.h>

enum { RANKS = 4 };

MPI_SUITE(watchdog)

static void expect_late(const td_heartbeat *beats, const bool *silent, const char *late)
{
    for (int r = 0; r < RANKS; r++)
        cr_expect_eq(td_heartbeat_is_late(beats, silent, RANKS, r), late[r] == 'x', "rank %d", r);
}

MPI_TEST(watchdog, blames_who_is_behind)
{
    bool silent[RANKS] = {false};
    td_heartbeat beats[RANKS];
    for (int r = 0; r < RANKS; r++)
        beats[r] = (td_heartbeat){.beat = 9, .comm = {.collectives = 50, .inside = true}};
    expect_late(beats, silent, "xxxx");
    beats[2].comm = (td_comm_activity){.collectives = 49, .inside = false};
    expect_late(beats, silent, "--x-");
    beats[1].comm = (td_comm_activity){.collectives = 50, .inside = false};
    expect_late(beats, silent, "--x-");
    beats[0].comm = (td_comm_activity){.collectives = 49, .inside = true};
    expect_late(beats, silent, "x---");
    silent[3] = true;
    expect_late(beats, silent, "---x");
}

MPI_TEST(watchdog, has_a_file_while_it_watches)
{
    td_comm *comm = job_comm();
    td_watchdog *watchdog;
    char line[200] = "";
    assert_on_all(comm, td_watchdog_start(comm, "/", 1, &watchdog) == TD_ERR_FILE, "a folder");
    assert_on_all(comm, td_watchdog_start(comm, "none", 0, &watchdog) == TD_OK && !watchdog, "off");
    char path[64] = "";
    if (td_comm_rank(comm) == 0)
        snprintf(path, sizeof path, "/tmp/heartbeats-%d", (int)getpid());
    td_comm_broadcast(comm, 0, path, sizeof path);
    assert_on_all(comm, td_watchdog_start(comm, path, 60, &watchdog) == TD_OK, td_message());
    FILE *file = fopen(path, "r");
    int lines = 0;
    while (file && fgets(line, sizeof line, file))
        lines++;
    const bool closed = file && fclose(file) == 0;
    assert_on_all(comm, closed && lines == td_comm_size(comm), "a line per rank");
    td_comm_barrier(comm);
    td_watchdog_stop(watchdog);
    assert_on_all(comm, access(path, F_OK) != 0, "removed");
}
