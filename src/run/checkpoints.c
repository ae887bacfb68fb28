/* A run's folder of checkpoints. Files are judged by name here, by content in checkpoint.c. */
#include "run/checkpoints.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "eval/metric.h"
#include "eval/systems.h"
#include "run/checkpoint.h"
#include "run/losses.h"
#include "run/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
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

/* The metric of a measure; NULL for one by no metric. */
static const td_metric *metric_of(int measure)
{
    if (measure == TD_KEEP_BEST_ACCURACY)
        return td_metric_find(TD_METRIC_ACCURACY);
    return measure == TD_KEEP_BEST_RMSE ? td_metric_find(TD_METRIC_RMSE) : NULL;
}

/* The rows are the same for every checkpoint, but few. */
static void say_sample(const td_config *config, const td_data_info *info)
{
    const td_split split = info->rows[TD_VALIDATION] > 0 ? TD_VALIDATION : TD_TEST;
    if (config->eval_sample > 0 && config->eval_sample < info->rows[split])
        td_log(
            "eval.sample: %" PRId64 " of %" PRId64
            " %s rows choose the best checkpoint, the same ones each time; what they do not tell "
            "apart is chosen by chance",
            config->eval_sample, info->rows[split], td_split_name(split));
}

td_status td_checkpoints_check(const td_config *config, const td_data_info *info)
{
    const td_metric *metric = metric_of((int)config->checkpoint_keep_best);
    const td_name_list *evaluated = &config->eval_metrics;
    if (!metric || config->eval_every_epochs == 0)
        return TD_OK;
    if (info->rows[TD_VALIDATION] == 0 && info->rows[TD_TEST] > 0)
        td_log("the data have no validation rows, so the test rows choose the best checkpoint, "
               "whose numbers on them then flatter");
    say_sample(config, info);
    for (size_t i = 0; i < evaluated->count; i++)
        if (strcmp(evaluated->name[i], metric->name) == 0)
            return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: checkpoint.keep_best goes by %s, which eval.metrics lacks: add "
                   "it there, or set checkpoint.keep_best=none",
                   metric->name);
}

/* The values of a table that the best checkpoint may be chosen by. */
typedef struct {
    const td_metrics_table *table;
    int64_t k;    /* the largest that the most checkpoints have; 0 for a metric without */
    double rows;  /* that were evaluated */
    bool is_own;  /* under the settings of the run's configuration */
    size_t known; /* how many of the checkpoints have such a value */
} choice;

static bool is_rather(const choice *a, const choice *b)
{
    if (a->known == 0 || b->known == 0)
        return a->known > b->known;
    if (a->rows != b->rows)
        return a->rows > b->rows;
    return a->is_own != b->is_own ? a->is_own : a->known > b->known;
}

static size_t count_known(const td_metrics_table *table, const char *column, int64_t k,
                          size_t count, const int64_t *steps)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(td_metrics_value(table, column, steps[i], k)))
            known++;
    return known;
}

static choice choice_of(const td_metrics_table *table, const char *column, bool has_k,
                        const char *own, size_t count, const int64_t *steps)
{
    choice c = {.table = table, .is_own = strcmp(table->name, own) == 0};
    for (size_t i = 0; i < count; i++)
        c.rows = fmax(c.rows, td_metrics_value(table, TD_ROWS_COLUMN, steps[i], 0));
    for (size_t i = 0; i < (has_k ? table->ks : 1); i++) {
        const int64_t k = has_k ? table->k[i] : 0;
        const size_t known = count_known(table, column, k, count, steps);
        if (known >= c.known) {
            c.known = known;
            c.k = k;
        }
    }
    return c;
}

/* The table of a split that decides: values under different settings do not compare, so it is that
 * of the most rows; of equals the one under the run's own settings, then that of the most
 * checkpoints. */
static choice choose_table(const td_metric *metric, const td_config *config,
                           const td_metrics *metrics, td_split split, const char *column,
                           size_t count, const int64_t *steps)
{
    const size_t length = strlen(td_split_name(split)) + 1;
    char own[256], *settings = td_evaluation_settings(config);
    choice best = {.table = NULL};
    snprintf(own, sizeof own, "%s/%s", td_split_name(split), settings);
    for (size_t t = 0; t < metrics->count; t++) {
        const choice c = choice_of(&metrics->table[t], column, metric->has_k, own, count, steps);
        if (strncmp(c.table->name, own, length) == 0 && is_rather(&c, &best))
            best = c;
    }
    td_free(settings);
    return best;
}

/* The eval.sample of a table's settings. */
static int64_t sample_of(const td_metrics_table *table)
{
    static const char key[] = "sample=";
    const char *at = table ? strstr(table->name, key) : NULL;
    return at ? strtoll(at + sizeof key - 1, NULL, 10) : 0;
}

/* Sets value (count) to the model's of a metric, NaN where unknown, on validation rows if any
 * checkpoint was evaluated on them; returns what it is of. */
static td_chosen_by read_evaluations(const td_metric *metric, const td_config *config,
                                     const td_metrics *metrics, size_t count, const int64_t *steps,
                                     double *value)
{
    char column[128];
    td_split split = TD_VALIDATION;
    snprintf(column, sizeof column, "%s/%s", td_all_systems[0].name, metric->name);
    choice best = choose_table(metric, config, metrics, split, column, count, steps);
    if (best.known == 0) {
        split = TD_TEST;
        best = choose_table(metric, config, metrics, split, column, count, steps);
    }
    for (size_t i = 0; i < count; i++)
        value[i] = td_metrics_value(best.table, column, steps[i], best.k);
    return (td_chosen_by){split, sample_of(best.table)};
}

int64_t td_checkpoints_best(int measure, const td_config *config, const td_metrics *metrics,
                            size_t count, const int64_t *steps, td_chosen_by *by)
{
    int64_t best = -1;
    double *value = TD_NEW(double, count), least = INFINITY;
    const double sign = measure == TD_KEEP_BEST_ACCURACY ? -1 : 1;
    *by = (td_chosen_by){TD_TRAIN, 0};
    for (size_t i = 0; i < count && measure == TD_KEEP_BEST_LOSS; i++)
        value[i] = td_losses_recorded(config, metrics, steps[i]);
    if (metric_of(measure))
        *by = read_evaluations(metric_of(measure), config, metrics, count, steps, value);
    for (size_t i = 0; i < count && measure != TD_KEEP_BEST_NONE; i++)
        if (sign * value[i] < least) { /* false for NaN */
            least = sign * value[i];
            best = steps[i];
        }
    td_free(value);
    return best;
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
    for (size_t i = 0; i + keep < count && td_comm_rank(comm) == 0; i++)
        if (steps[i] != best && steps[i] != newest)
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
    if (stat(path, &file) != 0)
        found = errno != ENOENT;
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
