/* One owner at a time: records of all kinds, and many processes that contend and die. */
#include "run/run_owner.h"

#include "base/log.h"
#include "run/owner_record.h"
#include "run/run_folder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a file system without hard links says; 0: there are some. */
static int without_links;

int link(const char *from, const char *to)
{
    if (without_links == 0)
        return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    errno = without_links;
    return -1;
}

static char folder[] = "/tmp/test_run_owner_XXXXXX";

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

TestSuite(run_owner, .init = make_folder, .fini = remove_folder, .timeout = 100);

static td_owner_record mine(void)
{
    td_owner_record record;
    cr_assert_eq(td_owner_record_mine(&record), TD_OK);
    return record;
}

static td_owner_record of_one_gone(void)
{
    td_owner_record record = mine();
    record.pid_start--;
    return record;
}

static void put(const char *name, const td_owner_record *record)
{
    const int file = open(td_run_file(folder, name).path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    cr_assert_eq(td_owner_record_write(record, file), 0);
    close(file);
}

static void put_after(const td_owner_record *before, const td_owner_record *record)
{
    char name[64];
    snprintf(name, sizeof name, ".owner.json.after-%s", before->nonce);
    put(name, record);
}

static bool is_there(const char *name)
{
    return access(td_run_file(folder, name).path, F_OK) == 0;
}

static void assert_nothing_is_left(void)
{
    cr_assert_eq(rmdir(folder), 0, "files are left in %s", folder);
    cr_assert_eq(mkdir(folder, 0777), 0);
}

static void assert_taken(const char *what)
{
    td_run_owner *owner;
    cr_assert_eq(td_run_owner_take(folder, 1, &owner), TD_OK, "%s: %s", what, td_message());
    cr_assert_eq(td_run_owner_check(owner), TD_OK, "%s: %s", what, td_message());
    td_run_owner_release(owner);
    assert_nothing_is_left();
}

static void assert_refused(const char *what)
{
    td_run_owner *owner;
    cr_assert_eq(td_run_owner_take(folder, 1, &owner), TD_ERR_MISMATCH, "%s", what);
    cr_assert(strstr(td_message(), "is being trained by another job"), "%s", td_message());
}

Test(run_owner, is_the_one_whose_record_is_there)
{
    td_run_owner *owner;
    cr_assert_eq(td_run_owner_take(folder, 1, &owner), TD_OK);
    assert_refused("by this process");
    td_owner_record other = mine();
    strcpy(other.host, "elsewhere");
    strcpy(other.slurm_job, "77");
    put("owner.json", &other);
    cr_assert_eq(td_run_owner_recall(owner), TD_OK, "nothing has been seen");
    cr_assert_eq(td_run_owner_check(owner), TD_ERR_MISMATCH);
    cr_assert(strstr(td_message(), "host elsewhere") && strstr(td_message(), "Slurm job 77"));
    cr_assert_eq(td_run_owner_recall(owner), TD_ERR_MISMATCH);
    td_fail(TD_ERR_INPUT, "what ended the run");
    td_run_owner_release(owner);
    cr_assert_str_eq(td_message(), "what ended the run");
    cr_assert(is_there("owner.json"), "another's record was removed");
}

Test(run_owner, loses_a_record_that_is_removed)
{
    td_run_owner *owner;
    cr_assert_eq(td_run_owner_take(folder, 1, &owner), TD_OK);
    unlink(td_run_file(folder, "owner.json").path);
    cr_assert_eq(td_run_owner_check(owner), TD_ERR_MISMATCH);
    td_run_owner_release(owner);
    assert_nothing_is_left();
}

Test(run_owner, follows_one_that_is_gone)
{
    td_owner_record gone = of_one_gone(), second = of_one_gone(), living = mine();
    put("owner.json", &gone);
    assert_taken("another start time");
    gone = mine();
    gone.pid = INT64_C(1) << 40;
    put("owner.json", &gone);
    assert_taken("no such process");
    gone = mine();
    strcpy(gone.boot, "another");
    put("owner.json", &gone);
    assert_taken("another boot");
    put("owner.json", &gone);
    put_after(&gone, &second);
    assert_taken("a successor that died before it was done");
    put("owner.json", &gone);
    put_after(&second, &second);
    assert_taken("beside the remains of another succession");
    put("owner.json", &gone);
    put_after(&gone, &gone);
    assert_taken("one that died giving the run back");
    put("owner.json", &gone);
    put_after(&gone, &living);
    assert_refused("a successor that lives");
}

static _Noreturn void beat_until_killed(void)
{
    const struct timespec beat = {0, 50000000};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        utimensat(AT_FDCWD, td_run_file(folder, "owner.json").path, NULL, 0);
        nanosleep(&beat, NULL);
    }
}

Test(run_owner, watches_the_heart_of_one_that_cannot_be_asked)
{
    td_owner_record other = mine();
    strcpy(other.pid_space, "of a container");
    put("owner.json", &other);
    assert_taken("it stands still");
    strcpy(other.host, "elsewhere");
    put("owner.json", &other);
    const pid_t heart = fork();
    if (heart == 0)
        beat_until_killed();
    assert_refused("it beats");
    kill(heart, SIGKILL);
    waitpid(heart, NULL, 0);
    assert_taken("it beats no more");
}

Test(run_owner, has_a_heart_that_beats)
{
    td_run_owner *owner;
    struct stat first, now = {0};
    cr_assert_eq(td_run_owner_take(folder, 1, &owner), TD_OK);
    cr_assert_eq(stat(td_run_file(folder, "owner.json").path, &first), 0);
    for (now = first; now.st_mtim.tv_sec == first.st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == first.st_mtim.tv_nsec;) {
        usleep(10000);
        cr_assert_eq(stat(td_run_file(folder, "owner.json").path, &now), 0);
    }
    td_run_owner_release(owner);
}

Test(run_owner, that_is_gone_is_not_watched)
{
    td_owner_record me = mine(), other = of_one_gone();
    cr_assert_eq(td_owner_record_life(&me, &me), TD_OWNER_LIVES);
    cr_assert_eq(td_owner_record_life(&other, &me), TD_OWNER_GONE);
    strcpy(other.pid_space, "of a container");
    cr_assert_eq(td_owner_record_life(&other, &me), TD_OWNER_UNKNOWN);
    strcpy(other.boot, "another");
    cr_assert_eq(td_owner_record_life(&other, &me), TD_OWNER_GONE);
    strcpy(other.host, "elsewhere");
    cr_assert_eq(td_owner_record_life(&other, &me), TD_OWNER_UNKNOWN);
}

/* A process that has ended but was not waited for still has its number and its start time. */
Test(run_owner, that_ended_is_gone)
{
    siginfo_t about;
    const pid_t child = fork();
    if (child == 0) {
        const td_owner_record record = mine();
        put("owner.json", &record);
        _exit(0);
    }
    cr_assert_eq(waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT), 0);
    td_owner_record record, me = mine();
    struct timespec beat;
    bool there;
    cr_assert_eq(
        td_owner_record_read(td_run_file(folder, "owner.json").path, &record, &beat, &there),
        TD_OK);
    cr_assert_eq(record.pid, child);
    cr_assert_eq(td_owner_record_life(&record, &me), TD_OWNER_GONE);
    waitpid(child, NULL, 0);
    assert_taken("one that ended");
}

Test(run_owner, of_the_same_job_started_again)
{
    td_owner_record other = mine();
    strcpy(other.host, "elsewhere");
    strcpy(other.cluster, "a");
    strcpy(other.slurm_job, "77");
    td_owner_record again = mine();
    strcpy(again.cluster, "a");
    strcpy(again.slurm_job, "77");
    cr_assert_eq(td_owner_record_life(&other, &again), TD_OWNER_UNKNOWN, "not started again");
    again.slurm_restarts = 1;
    cr_assert_eq(td_owner_record_life(&other, &again), TD_OWNER_GONE);
    strcpy(again.cluster, "b");
    cr_assert_eq(td_owner_record_life(&other, &again), TD_OWNER_UNKNOWN, "another cluster's job");
    strcpy(again.cluster, "a");
    strcpy(again.slurm_job, "78");
    cr_assert_eq(td_owner_record_life(&other, &again), TD_OWNER_UNKNOWN, "another job");
}

/* Whether a process is dead, though the system may not yet have taken its locks from it. */
static bool is_dead(pid_t process)
{
    char path[64], state = 'X';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "r");
    const bool read = file && fscanf(file, "%*d %*s %c", &state) == 1;
    if (file)
        fclose(file);
    return !read || state == 'Z' || state == 'X';
}

/* Takes a lock that the system gives to one; false if one who lives has it. */
static bool take_lock(int file)
{
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(file, F_SETLK, &whole) != 0) {
        struct flock other = whole;
        fcntl(file, F_GETLK, &other);
        if (other.l_type != F_UNLCK && !is_dead(other.l_pid))
            return false;
    }
    return true;
}

/* What a contender does: takes the run and, while it owns it, the lock. Some do not give the run
 * back. */
static _Noreturn void contend(const char *lock, unsigned seed)
{
    const int file = open(lock, O_RDWR | O_CREAT, 0666);
    td_run_owner *owner;
    td_log_setup(false, "");
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the test fails, nobody else ends this */
    while (td_run_owner_take(folder, 1, &owner) != TD_OK)
        usleep((unsigned)rand_r(&seed) % 1000);
    if (!take_lock(file))
        _exit(2);
    usleep((unsigned)rand_r(&seed) % 2000);
    if (td_run_owner_check(owner) != TD_OK)
        _exit(3);
    close(file);
    if (rand_r(&seed) % 2)
        td_run_owner_release(owner);
    _exit(0);
}

/* 12 contend at a time. Every third is killed at some moment; whoever is not must get its turn. */
static void let_many_contend(void)
{
    enum { ALL = 240, AT_ONCE = 12 };
    unsigned seed = 1;
    char lock[64];
    snprintf(lock, sizeof lock, "%s.lock", folder);
    int alive = 0;
    for (int begun = 0; begun < ALL || alive > 0;) {
        pid_t child = -1;
        if (begun < ALL && alive < AT_ONCE) {
            child = fork();
            if (child == 0)
                contend(lock, (unsigned)begun + 1);
            cr_assert_gt(child, 0);
            alive++;
            if (begun++ % 3 == 0) {
                usleep((unsigned)rand_r(&seed) % 3000);
                kill(child, SIGKILL);
            }
            continue;
        }
        int end;
        cr_assert_gt(wait(&end), 0);
        alive--;
        cr_assert(WIFSIGNALED(end) || WEXITSTATUS(end) == 0, "%s",
                  WEXITSTATUS(end) == 2 ? "two owners at a time" : "an owner lost the run");
    }
    unlink(lock);
    char command[96]; /* what the start of a run removes (train/checkpoints.h) */
    snprintf(command, sizeof command, "rm -f %s/.owner.json.tmp-*", folder);
    cr_assert_eq(system(command), 0);
    assert_taken("after all of them");
}

Test(run_owner, is_one_of_many)
{
    let_many_contend();
}

Test(run_owner, is_one_of_many_without_links)
{
    without_links = EPERM;
    let_many_contend();
}

Test(run_owner, needs_no_links)
{
    static const int reasons[] = {EPERM, ENOSYS, EOPNOTSUPP};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        td_run_owner *owner;
        td_owner_record gone = of_one_gone();
        without_links = reasons[i];
        assert_taken("nobody's");
        put("owner.json", &gone);
        assert_taken("of one that is gone");
        cr_assert_eq(td_run_owner_take(folder, 1, &owner), TD_OK);
        assert_refused("by this process");
        cr_assert_eq(td_run_owner_check(owner), TD_OK, "%s", td_message());
        td_run_owner_release(owner);
        assert_nothing_is_left();
    }
    without_links = EIO;
    td_run_owner *owner;
    cr_assert_eq(td_run_owner_take(folder, 1, &owner), TD_ERR_FILE);
}

/* Its maker died between making and writing it. */
Test(run_owner, of_an_empty_record_is_nobody)
{
    close(open(td_run_file(folder, "owner.json").path, O_WRONLY | O_CREAT, 0666));
    assert_taken("an empty record");
}
