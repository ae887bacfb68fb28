/* Turns at a file: many processes that change it and die, one that stands still, leftovers. */
#include "run/run_lock.h"

#include "base/log.h"
#include "base/timer.h"
#include "run/owner_record.h"
#include "run/run_folder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "file.lock"

enum { ALL = 200, AT_ONCE = 8, LONG = 100 };

static char folder[] = "/tmp/test_run_lock_XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(run_lock, .init = make_folder, .fini = remove_folder, .timeout = 100);

static td_run_lock *begin(int hold_seconds)
{
    td_run_lock *lock;
    cr_assert_eq(td_run_lock_begin(folder, NAME, hold_seconds, &lock), TD_OK, "%s", td_message());
    return lock;
}

static bool is_taken(td_run_lock *lock)
{
    bool taken;
    cr_assert_eq(td_run_lock_try(lock, &taken), TD_OK, "%s", td_message());
    return taken;
}

static void put(const char *name, const td_owner_record *record)
{
    const int file = open(td_run_file(folder, name).path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    cr_assert_eq(td_owner_record_write(record, file), 0);
    close(file);
}

static void assert_nothing_is_left(void)
{
    cr_assert_eq(rmdir(folder), 0, "files are left in %s", folder);
    cr_assert_eq(mkdir(folder, 0777), 0);
}

Test(run_lock, is_had_by_one_at_a_time)
{
    td_run_lock *first = begin(LONG), *second = begin(LONG);
    cr_assert(is_taken(first));
    cr_assert_not(is_taken(second));
    cr_assert_eq(td_run_lock_check(first), TD_OK);
    cr_assert_eq(td_run_lock_check(second), TD_ERR_MISMATCH);
    td_fail(TD_ERR_INPUT, "what went wrong");
    td_run_lock_release(first);
    cr_assert_str_eq(td_message(), "what went wrong");
    cr_assert(is_taken(second));
    td_run_lock_release(second);
    td_run_lock_release(begin(LONG)); /* before it was taken */
    assert_nothing_is_left();
}

/* Each of two that wait for one that stands still gives the other its time. */
Test(run_lock, passes_over_who_keeps_it)
{
    td_run_lock *slow = begin(1), *second = begin(1), *third = begin(1);
    const double start = td_seconds();
    cr_assert(is_taken(slow));
    cr_assert_not(is_taken(third));
    while (!is_taken(second))
        cr_assert_not(td_seconds() - start > 10);
    cr_assert_geq(td_seconds() - start, 1);
    cr_assert_not(is_taken(third), "the second has had no time yet");
    cr_assert_eq(td_run_lock_check(second), TD_OK, "%s", td_message());
    cr_assert_eq(td_run_lock_check(slow), TD_ERR_MISMATCH);
    cr_assert(strstr(td_message(), "host "), "%s", td_message());
    td_run_lock_release(slow);
    cr_assert_eq(td_run_lock_check(second), TD_OK, "released by another: %s", td_message());
    td_run_lock_release(second);
    cr_assert(is_taken(third));
    td_run_lock_release(third);
    assert_nothing_is_left();
}

Test(run_lock, follows_one_that_is_gone_at_once)
{
    td_owner_record gone;
    char after[80];
    cr_assert_eq(td_owner_record_mine(&gone), TD_OK);
    gone.pid_start--;
    for (int died_giving_it_back = 0; died_giving_it_back < 2; died_giving_it_back++) {
        put(NAME, &gone);
        snprintf(after, sizeof after, "." NAME ".after-%s", gone.nonce);
        if (died_giving_it_back)
            put(after, &gone);
        td_run_lock *lock = begin(LONG);
        cr_assert(is_taken(lock));
        td_run_lock_release(lock);
        assert_nothing_is_left();
    }
}

Test(run_lock, survives_the_loss_of_its_unused_record)
{
    char command[64];
    td_run_lock *lock = begin(LONG);
    snprintf(command, sizeof command, "rm %s/.file.lock.tmp-*", folder);
    cr_assert_eq(system(command), 0);
    cr_assert(is_taken(lock));
    td_run_lock_release(lock);
    assert_nothing_is_left();
}

Test(run_lock, says_where_it_cannot_be)
{
    td_run_lock *lock;
    cr_assert_eq(td_run_lock_begin("/no/folder", NAME, LONG, &lock), TD_ERR_FILE);
    cr_assert(strstr(td_message(), "/no/folder/"), "%s", td_message());
    const int file = open(td_run_file(folder, NAME).path, O_WRONLY | O_CREAT, 0666);
    cr_assert_eq(write(file, "?", 1), 1);
    close(file);
    bool taken;
    lock = begin(LONG);
    cr_assert_eq(td_run_lock_try(lock, &taken), TD_ERR_FORMAT);
    cr_assert(strstr(td_message(), NAME), "%s", td_message());
    td_run_lock_release(lock);
}

/* Sets one of the file's bytes by replacing the whole file; what the file held meanwhile is lost.
 */
static void change(int place)
{
    char bytes[ALL] = {0};
    char temporary[32];
    snprintf(temporary, sizeof temporary, "new-%d", place);
    const td_path path = td_run_file(folder, "file"), new = td_run_file(folder, temporary);
    int file = open(path.path, O_RDONLY);
    if (file >= 0 && read(file, bytes, ALL) != ALL)
        _exit(2);
    if (file >= 0)
        close(file);
    usleep(500);
    bytes[place] = 1;
    file = open(new.path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (write(file, bytes, ALL) != ALL || rename(new.path, path.path) != 0)
        _exit(3);
    close(file);
}

static _Noreturn void contend(int place)
{
    td_run_lock *lock;
    bool taken = false;
    td_log_setup(false, "");
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the test fails, nobody else ends this */
    if (td_run_lock_begin(folder, NAME, LONG, &lock) != TD_OK)
        _exit(4);
    while (!taken)
        if (td_run_lock_try(lock, &taken) != TD_OK)
            _exit(5);
    change(place);
    if (td_run_lock_check(lock) != TD_OK)
        _exit(6);
    td_run_lock_release(lock);
    _exit(0);
}

/* 8 at a time. Every third is killed at some moment; whoever is not must have left its byte. */
Test(run_lock, loses_no_change_of_many)
{
    unsigned seed = 1;
    int alive = 0;
    for (int begun = 0; begun < ALL || alive > 0;) {
        if (begun < ALL && alive < AT_ONCE) {
            const pid_t child = fork();
            if (child == 0)
                contend(begun);
            cr_assert_gt(child, 0);
            alive++;
            if (begun++ % 3 == 0) {
                usleep((unsigned)rand_r(&seed) % 10000);
                kill(child, SIGKILL);
            }
            continue;
        }
        int end;
        cr_assert_gt(wait(&end), 0);
        alive--;
        cr_assert(WIFSIGNALED(end) || WEXITSTATUS(end) == 0, "status %d", WEXITSTATUS(end));
    }
    char bytes[ALL];
    const int file = open(td_run_file(folder, "file").path, O_RDONLY);
    cr_assert_eq(read(file, bytes, ALL), ALL);
    close(file);
    for (int i = 0; i < ALL; i++)
        cr_assert(bytes[i] == 1 || i % 3 == 0, "the change of process %d is lost", i);
}

/* Whoever waits in a folder that is gone waits for nobody. */
Test(run_lock, ends_where_the_folder_is_gone)
{
    bool taken;
    char moved[64];
    td_run_lock *first = begin(LONG), *second = begin(LONG);
    cr_assert(is_taken(first) && !is_taken(second));
    snprintf(moved, sizeof moved, "%s.moved", folder);
    cr_assert_eq(rename(folder, moved), 0);
    cr_assert_eq(td_run_lock_try(second, &taken), TD_ERR_FILE);
    cr_assert(strstr(td_message(), "the run's folder was removed or renamed"), "%s", td_message());
    cr_assert_eq(rename(moved, folder), 0);
    td_run_lock_release(second);
    td_run_lock_release(first);
}
