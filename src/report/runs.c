/* What a folder lacks is no failure, but for the two files that make it a run. */
#include "report/runs.h"

#include "base/log.h"
#include "base/memory.h"
#include "report/escape.h"
#include "run/run_owner.h"
#include "run/trained_retrieval.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void copy_schema(const td_schema *from, td_schema *to)
{
    *to = (td_schema){.count = 0};
    for (size_t i = 0; i < from->count; i++)
        td_schema_add(to, from->fields[i]);
}

/* C: the data file's facts, if it is the run's; it is closed again. */
static void read_data(td_comm *comm, const char *path, uint64_t checksum, td_report_data *data)
{
    td_dataset *dataset;
    *data = (td_report_data){.problem = NULL};
    td_status status = td_dataset_open(comm, path, &dataset);
    if (status == TD_OK && td_dataset_info(dataset)->checksum != checksum) {
        status = td_fail(TD_ERR_MISMATCH,
                         "%s is not the run's data: its checksum is %016" PRIx64
                         ", the run's %016" PRIx64,
                         path, td_dataset_info(dataset)->checksum, checksum);
        td_dataset_close(dataset);
    } else if (status == TD_OK) {
        status = td_dataset_read_origin(dataset, &data->origin);
        data->info = *td_dataset_info(dataset);
        copy_schema(&td_dataset_info(dataset)->schema, &data->info.schema);
        td_dataset_close(dataset);
    }
    if (status != TD_OK)
        data->problem = td_copy_text(td_message());
}

/* Where a job trains the run, its record's time of change is renewed every few seconds. */
static td_run_state state_of(const char *path)
{
    struct stat about;
    if (stat(td_run_file(path, "owner.json").path, &about) != 0)
        return TD_RUN_ENDED;
    return time(NULL) - about.st_mtime < TD_OWNER_WATCH_SECONDS ? TD_RUN_TRAINS : TD_RUN_BROKE;
}

/* C: the checkpoints, and which of them is the best. */
static void read_checkpoints(td_comm *comm, td_report_run *run)
{
    const int measure = run->config.checkpoint_keep_best;
    run->best = -1;
    if (td_checkpoints_list(comm, run->path, &run->checkpoints, &run->checkpoint) != TD_OK) {
        td_warn("%s", td_message());
        run->checkpoints = 0;
        run->checkpoint = NULL;
        return;
    }
    run->best = td_checkpoints_best(measure == TD_KEEP_BEST_NONE ? TD_KEEP_BEST_AUTO : measure,
                                    &run->config, &run->metrics, run->checkpoints, run->checkpoint,
                                    &run->best_by);
    if (measure == TD_KEEP_BEST_NONE && run->best_by.split == TD_TEST)
        run->best = -1; /* as of a refit: nothing was to choose, least of all test rows */
}

/* C */
static td_status read_run(td_comm *comm, const td_report_options *options, td_report_run *run)
{
    bool exists;
    TD_TRY(td_run_exists(comm, run->path, &exists));
    if (!exists)
        return td_fail(TD_ERR_FILE, "%s is no run folder: it has no run.json", run->path);
    TD_TRY(td_run_read(comm, run->path, &run->config, &run->data_path, &run->data_checksum));
    TD_TRY(td_run_read_origin(comm, run->path, &run->origin));
    run->has_retrieval = td_run_has_trained_retrieval(comm, &run->config, &run->origin);
    if (options->data)
        snprintf(run->data_path.path, sizeof run->data_path.path, "%s", options->data);
    if (td_metrics_load(comm, td_run_file(run->path, "metrics.h5").path, &run->metrics) != TD_OK)
        run->metrics_problem = td_copy_text(td_message());
    read_checkpoints(comm, run);
    td_status status = TD_OK;
    if (td_comm_rank(comm) == 0) {
        status = td_run_record_read(td_run_file(run->path, "log.jsonl").path, &run->record);
        run->state = state_of(run->path);
    }
    TD_TRY(td_comm_agree(comm, status));
    read_data(comm, run->data_path.path, run->data_checksum, &run->data);
    return TD_OK;
}

/* Returns the last parts of a path, parted by slashes; all of it where it has no more. */
static const char *tail_of(const char *path, size_t parts)
{
    const char *at = path + strlen(path);
    while (at > path) {
        if (at[-1] == '/' && at[0] != '\0' && at[0] != '/' && --parts == 0)
            return at;
        at--;
    }
    return path;
}

static bool are_apart(const td_report_runs *runs, size_t parts)
{
    for (size_t i = 0; i < runs->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(tail_of(runs->run[i].path, parts), tail_of(runs->run[j].path, parts)) == 0)
                return false;
    return true;
}

static void name_runs(td_report_runs *runs)
{
    enum { MOST = 16 };
    size_t parts = 1;
    while (parts < MOST && !are_apart(runs, parts))
        parts++;
    for (size_t i = 0; i < runs->count; i++) {
        char *name = td_copy_text(tail_of(runs->run[i].path, parts));
        for (size_t n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
            name[n - 1] = '\0';
        runs->run[i].name = name;
        runs->run[i].shown = td_isolated(name);
    }
}

td_status td_report_runs_read(td_comm *comm, const td_report_options *options, td_report_runs *runs)
{
    *runs = (td_report_runs){options, options->runs, TD_NEW(td_report_run, options->runs)};
    for (size_t i = 0; i < runs->count; i++)
        runs->run[i].path = options->run[i];
    name_runs(runs);
    for (size_t i = 0; i < runs->count; i++)
        TD_TRY(read_run(comm, options, &runs->run[i]));
    return TD_OK;
}

void td_report_runs_free(td_report_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        td_report_run *run = &runs->run[i];
        td_free(run->name);
        td_free(run->shown);
        td_metrics_free(&run->metrics);
        td_free(run->metrics_problem);
        td_free(run->checkpoint);
        td_run_record_free(&run->record);
        td_free(run->data.problem);
        td_free(run->data.origin.split);
        td_schema_free(&run->data.info.schema);
        td_measured_run_free(&run->measured);
    }
    td_free(runs->run);
    *runs = (td_report_runs){.count = 0};
}

int64_t td_report_run_steps(const td_report_run *run)
{
    const td_record_curve steps = td_run_record_curve(&run->record, "step/loss"),
                          epochs = td_run_record_curve(&run->record, "epoch/loss");
    double done = run->checkpoints > 0 ? (double)run->checkpoint[run->checkpoints - 1] : 0;
    if (steps.count > 0 && steps.step[steps.count - 1] > done)
        done = steps.step[steps.count - 1];
    if (epochs.count > 0 && epochs.step[epochs.count - 1] > done)
        done = epochs.step[epochs.count - 1];
    return (int64_t)done;
}

/* Only whole epochs are logged, so that an epoch's last step is a multiple of this, also in a log
 * that begins later. */
int64_t td_report_run_steps_of_epoch(const td_report_run *run)
{
    const td_record_curve epochs = td_run_record_curve(&run->record, "epoch/epoch");
    if (epochs.count == 0 || !(epochs.value[epochs.count - 1] >= 1))
        return 0;
    return (int64_t)(epochs.step[epochs.count - 1] / epochs.value[epochs.count - 1]);
}

int64_t td_report_run_last_step(const td_report_run *run)
{
    const int64_t all = run->config.train_epochs * td_report_run_steps_of_epoch(run),
                  most = run->config.train_steps;
    return most > 0 && (all == 0 || most < all) ? most : all;
}
