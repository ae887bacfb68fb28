/* Appending lines; cutting back the lines of steps that will come again. */
#include "run/run_log.h"

#include "base/commit.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utc.h"
#include "store/same_file.h"
#include "store/text_file.h"
#include "tandem/memory.h"
#include "tandem/version.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct td_run_log {
    int descriptor;
    char *path;
};

/* Whether a line is of a step up to step. Lines cut short by a crash are not, nor the zeros that a
 * file system may leave in their place. */
static bool is_kept(const char *line, size_t length, int64_t step)
{
    json_t *object = json_loadb(line, length, 0, NULL);
    const json_t *at = json_object_get(object, "step");
    bool kept = json_is_integer(at) && json_integer_value(at) <= step;
    json_decref(object);
    return kept;
}

/* Returns the lines to keep, each with its end, as text that the caller frees. */
static char *read_kept_lines(FILE *log, int64_t step)
{
    char *kept, *line = NULL;
    size_t bytes, room = 0;
    FILE *to = td_text_writer(&kept, &bytes);
    for (ssize_t n = getline(&line, &room, log); n >= 0; n = getline(&line, &room, log)) {
        size_t length = (size_t)n - (line[n - 1] == '\n');
        if (is_kept(line, length, step))
            fprintf(to, "%.*s\n", (int)length, line);
    }
    free(line);
    td_text_writer_close(to);
    return kept;
}

static td_status cut_back(const char *path, int64_t step)
{
    FILE *log = fopen(path, "r");
    if (!log && errno == ENOENT)
        return TD_OK;
    if (!log)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    char *kept = read_kept_lines(log, step);
    bool is_read = !ferror(log);
    int reason = errno;
    fclose(log);
    td_status status = is_read ? td_replace_text(path, kept)
                               : td_fail(TD_ERR_FILE, "%s: %s", path, strerror(reason));
    td_free(kept);
    return status;
}

static td_status open_to_append(const char *path, int *descriptor)
{
    *descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    return *descriptor >= 0 ? TD_OK : td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
}

td_status td_run_log_open(const char *path, int64_t step, td_run_log **out)
{
    int descriptor;
    TD_TRY(cut_back(path, step));
    TD_TRY(open_to_append(path, &descriptor));
    td_run_log *log = TD_NEW(td_run_log, 1);
    log->descriptor = descriptor;
    log->path = td_copy_text(path);
    *out = log;
    return TD_OK;
}

void td_run_log_close(td_run_log *log)
{
    if (!log)
        return;
    close(log->descriptor);
    td_free(log->path);
    td_free(log);
}

/* A log that was removed, or renamed, or whose folder was, is begun anew, where there is a folder.
 */
static td_status reopen_if_gone(td_run_log *log)
{
    if (td_same_file_is_at(log->descriptor, log->path) || errno != ENOENT)
        return TD_OK; /* where nobody can tell, the file that is open is as good as any */
    close(log->descriptor);
    if (open_to_append(log->path, &log->descriptor) != TD_OK)
        return TD_ERR_FILE;
    td_log("warning: %s was removed or renamed in training; it is begun anew", log->path);
    return TD_OK;
}

/* Writes without a buffer, which would keep what did not fit for later; a part of a line goes. */
static td_status write_whole(td_run_log *log, const char *line, size_t bytes)
{
    const off_t end = lseek(log->descriptor, 0, SEEK_END);
    const ssize_t written = write(log->descriptor, line, bytes);
    const int reason = written < 0 ? errno : ENOSPC;
    if (written == (ssize_t)bytes)
        return TD_OK;
    if (written > 0 && (end < 0 || ftruncate(log->descriptor, end) != 0))
        return td_fail(TD_ERR_FILE, "%s: a line was cut short: %s", log->path, strerror(reason));
    return td_fail(TD_ERR_FILE, "%s: %s", log->path, strerror(reason));
}

/* Takes the object, of other ranks than 0 too. */
static td_status append(td_run_log *log, json_t *object)
{
    char *line = object && log ? json_dumps(object, JSON_REAL_PRECISION(9)) : NULL;
    json_decref(object);
    if (!log)
        return TD_OK;
    if (!line)
        return td_fail(TD_ERR_FILE, "%s: a value cannot be written as JSON", log->path);
    const size_t length = strlen(line);
    line[length] = '\n'; /* in the place of its NUL */
    td_status status = reopen_if_gone(log);
    if (status == TD_OK)
        status = write_whole(log, line, length + 1);
    free(line);
    return status;
}

static const char *placement_of(bool owned)
{
    return owned ? "owned" : "replicated";
}

/* The command line as text that the caller frees; arguments are apart by blanks. */
static char *command_line(void)
{
    enum { MOST = 1 << 16 };
    char *text = TD_NEW(char, MOST + 1);
    const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    const ssize_t bytes = file >= 0 ? read(file, text, MOST) : 0;
    if (file >= 0)
        close(file);
    for (ssize_t i = 0; i + 1 < bytes; i++)
        text[i] = text[i] ? text[i] : ' ';
    return text;
}

/* The batch system's number of this job; NULL: none. */
static const char *job_id(void)
{
    static const char *const variables[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"};
    const char *id = NULL;
    for (size_t i = 0; i < sizeof variables / sizeof *variables && !id; i++)
        id = getenv(variables[i]);
    return id;
}

/* When, where and by whose word; what is no UTF-8 is left out. */
static void add_circumstances(json_t *start, const td_run_layout *layout)
{
    char now[TD_UTC_BYTES];
    td_utc_text(time(NULL), now);
    char *command = command_line();
    json_object_set_new(start, "time", json_string(now));
    json_object_set_new(start, "version", json_string(td_version()));
    json_object_set_new(start, "commit", json_string(td_commit()));
    json_object_set_new(start, "hosts", json_string(layout->hosts));
    json_object_set_new(start, "command", json_string(command));
    if (job_id())
        json_object_set_new(start, "job", json_string(job_id()));
    td_free(command);
}

td_status td_run_log_start(td_run_log *log, int64_t step, const td_run_layout *layout)
{
    if (!log)
        return TD_OK;
    json_t *start = json_pack(
        "{s:s, s:I, s:i, s:i, s:s, s:s, s:s, s:s, s:I}", "event", "start", "step", (json_int_t)step,
        "ranks", layout->ranks, "threads", layout->threads.count, "threads_by", layout->threads.by,
        "isa", layout->isa, "user_table", placement_of(layout->owns_users), "item_table",
        placement_of(layout->owns_items), "parameter_bytes", (json_int_t)layout->parameter_bytes);
    if (start)
        add_circumstances(start, layout);
    return append(log, start);
}

td_status td_run_log_feature(td_run_log *log, int64_t step, const td_run_feature *feature)
{
    if (!log)
        return TD_OK;
    json_t *object = json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:I}", "event", "feature", "step",
                               (json_int_t)step, "feature", feature->name, "field", feature->field,
                               "of", feature->of, "values", (json_int_t)feature->values, "missing",
                               (json_int_t)feature->missing);
    if (feature->unknown >= 0)
        json_object_set_new(object, "unknown", json_integer(feature->unknown));
    return append(log, object);
}

td_status td_run_log_warm_start(td_run_log *log, const char *run, int64_t step)
{
    return append(log, json_pack("{s:s, s:i, s:s, s:I}", "event", "warm_start", "step", 0, "run",
                                 run, "from_step", (json_int_t)step));
}

td_status td_run_log_rates(td_run_log *log, int64_t step, const char *before, const char *now)
{
    return append(log, json_pack("{s:s, s:I, s:s, s:s}", "event", "learning_rate", "step",
                                 (json_int_t)step, "before", before, "now", now));
}

td_status td_run_log_checkpoint(td_run_log *log, int64_t step, double seconds, int64_t bytes)
{
    return append(log, json_pack("{s:s, s:I, s:f, s:I}", "event", "checkpoint", "step",
                                 (json_int_t)step, "seconds", seconds, "bytes", (json_int_t)bytes));
}

td_status td_run_log_traffic(td_run_log *log, int64_t step, const td_comm_traffic *traffic)
{
    return append(log, json_pack("{s:s, s:I, s:I, s:I}", "event", "traffic", "step",
                                 (json_int_t)step, "calls", (json_int_t)traffic->calls, "bytes",
                                 (json_int_t)traffic->bytes));
}

/* Adds "<of>_<what>", unless the value is none. */
static void set_of(json_t *object, const char *of, const char *what, double value)
{
    if (isnan(value))
        return;
    char *name = td_print_text("%s_%s", of, what);
    json_object_set_new(object, name, json_real(value));
    td_free(name);
}

/* Adds each trained task's mean loss, and what is known of its gradient. */
static void set_losses(json_t *object, const td_losses *losses)
{
    const size_t tasks = td_task_count(losses->config);
    for (size_t k = 0; k < tasks; k++)
        set_of(object, td_task_of(losses->config, k).name, "loss", td_losses_mean(losses, k));
    if (!losses->norms)
        return;
    json_object_set_new(object, "gradient_norm", json_real(losses->norms[tasks]));
    for (size_t k = 0; k < tasks; k++)
        set_of(object, td_task_of(losses->config, k).name, "gradient_share",
               td_losses_share(losses, k));
}

td_status td_run_log_event(td_run_log *log, const td_run_event *event)
{
    if (!log)
        return TD_OK;
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:f}", "event", event->event, "epoch", (json_int_t)event->epoch,
                  "step", (json_int_t)event->step, "loss", td_losses_total(&event->losses));
    set_losses(object, &event->losses);
    if (event->global_norm > 0)
        json_object_set_new(object, "global_norm", json_real(event->global_norm));
    if (event->temperature > 0)
        json_object_set_new(object, "temperature", json_real(event->temperature));
    json_object_set_new(object, "examples_per_s", json_real(event->examples_per_s));
    json_object_set_new(object, "seconds", json_real(event->seconds));
    return append(log, object);
}

/* Sets the model's values by the names that `evaluate --json` gives them; what is no number is left
 * out. */
static void set_values(json_t *object, const td_evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->count; i++) {
        const td_metric_value *value = &evaluation->value[i];
        if (!value->is_of_model)
            continue;
        char *name = td_metric_name(value->task, value->metric, value->k);
        json_object_set_new(object, name, json_real(value->value));
        td_free(name);
    }
}

/* Sets which metric chooses, and which evaluation is the best by it. */
static void set_best(json_t *object, const td_best_so_far *so_far, int64_t steps)
{
    if (so_far->best_step < 0)
        return;
    const td_measure *measure = &so_far->measure;
    char *name = td_metric_name(td_measure_named_task(measure), measure->metric->name, so_far->k);
    json_object_set_new(object, "metric", json_string(name));
    json_object_set_new(object, "best", json_real(so_far->best));
    json_object_set_new(object, "best_step", json_integer(so_far->best_step));
    json_object_set_new(object, "best_epoch", json_integer(so_far->best_step / steps));
    json_object_set_new(object, "since_best", json_integer(so_far->since_best));
    td_free(name);
}

td_status td_run_log_failure(td_run_log *log, int64_t epoch, int64_t step, const char *text)
{
    char now[TD_UTC_BYTES];
    td_utc_text(time(NULL), now);
    return append(log, json_pack("{s:s, s:I, s:I, s:s, s:s}", "event", "failure", "epoch",
                                 (json_int_t)epoch, "step", (json_int_t)step, "time", now, "text",
                                 text));
}

td_status td_run_log_evaluation(td_run_log *log, const td_run_evaluation *evaluated)
{
    if (!log)
        return TD_OK;
    const td_evaluation *evaluation = evaluated->evaluation;
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:s, s:I}", "event", "evaluation", "epoch",
                  (json_int_t)evaluated->epoch, "step", (json_int_t)evaluated->step, "split",
                  td_split_name(evaluation->split), "rows", (json_int_t)evaluation->counts.rows);
    set_values(object, evaluation);
    set_best(object, evaluated->so_far, evaluated->steps);
    json_object_set_new(object, "seconds", json_real(evaluated->seconds));
    return append(log, object);
}

td_status td_run_log_phases(td_run_log *log, int64_t epoch, int64_t step,
                            const td_epoch_times *times)
{
    if (!log)
        return TD_OK;
    json_t *object = json_pack("{s:s, s:I, s:I, s:I, s:f}", "event", "phases", "epoch",
                               (json_int_t)epoch, "step", (json_int_t)step, "examples",
                               (json_int_t)times->examples, "seconds", times->seconds);
    for (td_phase p = 0; p < TD_PHASES; p++) {
        const double seconds = times->phase[p];
        set_of(object, td_phase_name(p), "seconds", seconds);
        set_of(object, td_phase_name(p), "examples_per_s",
               seconds > 0 ? (double)times->examples / seconds : NAN);
    }
    json_object_set_new(object, "kept_waiting", json_real(times->kept_waiting));
    if (times->usual_work > 0) {
        json_object_set_new(object, "slowest_rank", json_integer(times->slowest));
        json_object_set_new(object, "slowest_host", json_string(times->host));
        json_object_set_new(object, "slowest_work_seconds", json_real(times->work));
        json_object_set_new(object, "usual_work_seconds", json_real(times->usual_work));
    }
    return append(log, object);
}

td_status td_run_log_norms(td_run_log *log, int64_t epoch, int64_t step, size_t groups,
                           const td_group_norms *group)
{
    if (!log)
        return TD_OK;
    json_t *object = json_pack("{s:s, s:I, s:I}", "event", "norms", "epoch", (json_int_t)epoch,
                               "step", (json_int_t)step);
    for (size_t g = 0; g < groups; g++) {
        set_of(object, group[g].name, "gradient_norm", group[g].gradient);
        set_of(object, group[g].name, "update_norm", group[g].update);
        set_of(object, group[g].name, "norm", group[g].parameters);
    }
    return append(log, object);
}

td_status td_run_log_warning(td_run_log *log, int64_t epoch, int64_t step, const char *rule,
                             const char *text)
{
    return append(log, json_pack("{s:s, s:I, s:I, s:s, s:s}", "event", "warning", "epoch",
                                 (json_int_t)epoch, "step", (json_int_t)step, "warning", rule,
                                 "text", text));
}
