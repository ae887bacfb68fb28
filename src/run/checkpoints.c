/* A run's folder of checkpoints. Files are judged by name here, by content in checkpoint.c. */
#include "run/checkpoints.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "run/checkpoint.h"
#include "run/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The step of a checkpoint's file name; -1 for other names. */
static int64_t step_of_name(const char *name)
{
    int64_t step;
    char canonical[64];
    if (sscanf(name, "step-%" SCNd64 ".h5", &step) != 1 || step < 0)
        return -1;
    snprintf(canonical, sizeof canonical, "step-%012" PRId64 ".h5", step);
    return strcmp(name, canonical) == 0 ? step : -1;
}

static int by_step(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Local, on rank 0. */
static td_status list(const char *run, size_t *count, int64_t **steps)
{
    td_folder folder;
    td_status status = td_folder_read(td_run_file(run, "checkpoints").path, &folder);
    for (size_t n = 0; n < folder.count && status == TD_OK; n++) {
        const int64_t step = step_of_name(folder.name[n]);
        if (step < 0)
            continue;
        *steps = td_grow(*steps, *count, sizeof **steps);
        (*steps)[(*count)++] = step;
    }
    td_folder_free(&folder);
    if (*count > 0)
        qsort(*steps, *count, sizeof **steps, by_step);
    return status == TD_OK ? TD_OK
                           : td_fail(status, "cannot look for checkpoints in %s", td_message());
}

td_status td_checkpoints_list(td_comm *comm, const char *run, size_t *count, int64_t **steps)
{
    int64_t *found = NULL;
    size_t n = 0;
    td_status status = td_comm_agree(comm, td_comm_rank(comm) == 0 ? list(run, &n, &found) : TD_OK);
    if (status == TD_OK)
        *steps = td_comm_allgatherv(comm, found, n, sizeof *found, count);
    td_free(found);
    return status;
}

/* What a search for the newest checkpoint met. */
typedef struct {
    bool skips_unread;
    bool unread; /* a checkpoint could not be read */
    bool gone;   /* one that was listed is there no more */
} search;

/* Whether a file that could not be read is gone, on rank 0. */
static td_status find_gone(td_comm *comm, const char *path, bool *gone)
{
    td_look what = TD_LOOK_OTHER;
    TD_TRY(td_comm_agree(comm, td_comm_rank(comm) == 0 ? td_look_at(path, &what) : TD_OK));
    *gone = td_comm_any(comm, what == TD_LOOK_NOTHING);
    return TD_OK;
}

/* Whether a checkpoint at this step is whole; if not, a warning says why. Where ranks see different
 * copies, none is better than another. */
static td_status check_whole(td_comm *comm, const char *run, int64_t step, search *s, bool *whole)
{
    const td_path file = td_run_checkpoint(run, step);
    const td_status status = td_checkpoint_check(comm, file.path, step);
    *whole = status == TD_OK;
    s->unread = s->unread || status == TD_ERR_FILE;
    if (status == TD_OK || status == TD_ERR_MISMATCH)
        return status;
    if (status == TD_ERR_FILE && !s->skips_unread) {
        char *message = td_copy_text(td_message());
        const td_status looked = find_gone(comm, file.path, &s->gone);
        td_fail(status, "%s; it may be whole, and is the newest", message);
        td_free(message);
        return looked == TD_OK ? status : looked;
    }
    td_warn("%s; this checkpoint is skipped", td_message()); /* which names the file */
    return TD_OK;
}

static td_status find_newest(td_comm *comm, const char *run, search *s, int64_t *step)
{
    size_t count;
    int64_t *steps;
    *step = -1;
    TD_TRY(td_checkpoints_list(comm, run, &count, &steps));
    td_status status = TD_OK;
    for (size_t left = count; left > 0 && *step < 0 && status == TD_OK; left--) {
        bool whole = false;
        status = check_whole(comm, run, steps[left - 1], s, &whole);
        if (whole)
            *step = steps[left - 1];
    }
    if (status == TD_OK && count > 0 && *step < 0)
        status = td_fail(TD_ERR_FORMAT,
                         "%s has no whole checkpoint: all %zu were looked at, from %s down to step "
                         "%" PRId64 ", see the warnings; %s",
                         run, count, td_run_checkpoint(run, steps[count - 1]).path, steps[0],
                         s->unread ? "those that cannot be read may be whole: go on when they can"
                                   : "put a good one there, or remove them all to begin at step 0");
    td_free(steps);
    return status;
}

td_status td_checkpoints_find_newest(td_comm *comm, const char *run, bool skips_unread,
                                     int64_t *step)
{
    enum { TRIES = 20 }; /* where training removes checkpoints, newer ones come */
    td_status status = TD_ERR_FILE;
    search s = {.skips_unread = skips_unread, .gone = true};
    for (int left = TRIES; left > 0 && status == TD_ERR_FILE && s.gone; left--) {
        s.gone = false;
        status = find_newest(comm, run, &s, step);
    }
    return status;
}

static void remove_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        td_warn("cannot remove %s: %s", path, strerror(errno));
}

td_status td_checkpoints_remove_old(td_comm *comm, const char *run, const td_config *config,
                                    const td_metrics *metrics, int64_t newest)
{
    size_t count;
    int64_t *steps;
    const size_t keep = (size_t)config->checkpoint_keep;
    if (keep == 0)
        return TD_OK;
    TD_TRY(td_checkpoints_list(comm, run, &count, &steps));
    td_chosen_by by;
    const int64_t best =
        td_checkpoints_best(config->checkpoint_keep_best, config, metrics, count, steps, &by);
    const int64_t patient =
        config->train_patience > 0
            ? td_checkpoints_best_so_far(config, metrics, TD_VALIDATION).best_step
            : -1;
    for (size_t i = 0; i + keep < count && td_comm_rank(comm) == 0; i++)
        if (steps[i] != best && steps[i] != patient && steps[i] != newest)
            remove_file(td_run_checkpoint(run, steps[i]).path);
    td_free(steps);
    td_comm_barrier(comm);
    return TD_OK;
}

/* Whether a process of this machine that lives has the file open. */
static bool is_open(const char *path, long process)
{
    char fds[64];
    struct stat file, other;
    bool found = false;
    snprintf(fds, sizeof fds, "/proc/%ld/fd", process);
    DIR *directory = opendir(fds);
    if (!directory)
        return errno != ENOENT; /* ENOENT: there is no such process; else it is not to be asked */
    const int folder = dirfd(directory);
    if (folder < 0 || stat(path, &file) != 0)
        found = folder < 0 || errno != ENOENT;
    else
        for (const struct dirent *entry = readdir(directory); entry && !found;
             entry = readdir(directory))
            found = fstatat(folder, entry->d_name, &other, 0) == 0 && other.st_dev == file.st_dev &&
                    other.st_ino == file.st_ino;
    closedir(directory);
    return found;
}

/* Whether a name is .NAME.tmp-PID or .NAME.tmp-PID-N, and what it belongs to: a run's own file,
 * which nobody but its owner writes; one that others write as well. */
static bool is_temporary(const char *entry, long *process, bool *is_shared)
{
    static const char *const names[] = {"config.yaml", "run.json",   "log.jsonl",
                                        "metrics.h5",  "owner.json", "metrics.h5.lock"};
    enum { OWN = 3, NAMES = sizeof names / sizeof *names };
    char name[64], *end;
    const char *mark = entry[0] == '.' ? strstr(entry, ".tmp-") : NULL;
    if (!mark)
        return false;
    *process = strtol(mark + 5, &end, 10);
    if (end == mark + 5 || *process <= 0 || (*end != '\0' && *end != '-'))
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(mark - entry) - 1, entry + 1);
    int place = 0;
    while (place < NAMES && strcmp(name, names[place]) != 0)
        place++;
    *is_shared = place >= OWN && place < NAMES;
    return place < NAMES || step_of_name(name) >= 0;
}

static bool is_leftover(const char *folder, const char *entry)
{
    long process;
    bool is_shared;
    if (strcmp(entry, "heartbeats") == 0)
        return true;
    return is_temporary(entry, &process, &is_shared) &&
           (!is_shared || !is_open(td_run_file(folder, entry).path, process));
}

static void remove_leftovers_in(const char *folder)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return; /* whoever needs the folder will say so */
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        if (!is_leftover(folder, entry->d_name))
            continue;
        const td_path file = td_run_file(folder, entry->d_name);
        td_log("removing %s, which a job that was killed left", file.path);
        remove_file(file.path);
    }
    closedir(directory);
}

td_status td_checkpoints_remove_leftovers(td_comm *comm, const char *run)
{
    if (td_comm_rank(comm) == 0) {
        remove_leftovers_in(run);
        remove_leftovers_in(td_run_file(run, "checkpoints").path);
    }
    td_comm_barrier(comm);
    return TD_OK;
}
