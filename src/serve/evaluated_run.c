#include "serve/evaluated_run.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/rate_plan.h"
#include "base/timer.h"
#include "run/run_metrics.h"

#include <inttypes.h>
#include <string.h>

static td_status choose_split(const char *name, td_split *split)
{
    *split = TD_TEST;
    if (!name || td_split_find(name, split))
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--split %s: expected train, validation, test or given", name);
}

static td_status check_rows(const td_evaluated_run *run)
{
    const td_data_info *info = td_dataset_info(run->trained.data);
    if (info->rows[run->split] > 0)
        return TD_OK;
    if (run->split == TD_VALIDATION && info->joined > 0)
        return td_fail(TD_ERR_INPUT,
                       "%s was trained on the validation rows, too (train.rows): they cannot "
                       "measure it; the run that it was refitted from can",
                       run->model.run);
    return td_fail(TD_ERR_INPUT, "%s has no %s rows to evaluate", run->trained.data_path.path,
                   td_split_name(run->split));
}

/* C: of what was found and checked. */
static td_status evaluate(td_comm *comm, const td_config *config, int more, td_evaluated_run *run)
{
    td_trained_model *trained = &run->trained;
    TD_TRY(td_trained_model_load(comm, &run->model, trained));
    const double begin = td_seconds();
    TD_TRY(td_evaluate_split(comm, trained->model, trained->data, run->split, config, more, NULL,
                             &run->evaluation));
    run->seconds = td_seconds() - begin;
    return TD_OK;
}

td_status td_evaluated_run_first(td_comm *comm, const td_evaluate_options *options, int more,
                                 td_evaluated_run *run)
{
    td_trained_model *trained = &run->trained;
    run->model = options->model;
    TD_TRY(choose_split(options->split, &run->split));
    TD_TRY(td_run_read_origin(comm, run->model.run, &run->origin));
    TD_TRY(td_trained_model_find(comm, &run->model, "--data", trained));
    TD_TRY(td_trained_model_set(options->set, trained));
    TD_TRY(check_rows(run));
    TD_TRY(td_evaluation_check(trained->data, &trained->config));
    run->has_own_rows = true;
    TD_TRY(evaluate(comm, &trained->config, more, run));
    if (run->evaluation.counts.rows == 0)
        return td_fail(TD_ERR_INPUT, "there is nothing to evaluate; see the warning");
    return TD_OK;
}

/* How long a run trains, and what it begins with; a refit trains as long as what it was chosen by.
 */
static td_status check_training(const char *option, const td_evaluated_run *like,
                                const td_evaluated_run *run)
{
    const td_config *ours = &like->trained.config, *theirs = &run->trained.config;
    if (ours->train_steps == 0 && theirs->train_steps == 0 &&
        ours->train_epochs != theirs->train_epochs)
        return td_fail(TD_ERR_MISMATCH,
                       "%s %s: expected train.epochs %" PRId64 ", as of %s; found %" PRId64, option,
                       run->model.run, ours->train_epochs, like->model.run, theirs->train_epochs);
    if (!*run->origin.run.path != !*like->origin.run.path)
        return td_fail(TD_ERR_MISMATCH,
                       "%s %s: one of this run and %s began with another run's parameters "
                       "(--warm-start)",
                       option, run->model.run, like->model.run);
    return TD_OK;
}

/* Two runs whose results differ by chance alone: of one configuration, but for the seed. */
static td_status check_like(const char *option, const td_evaluated_run *like,
                            const td_evaluated_run *run)
{
    td_config config = run->trained.config;
    if (config.train_seed == like->trained.config.train_seed)
        return td_fail(TD_ERR_MISMATCH,
                       "%s %s: expected another train.seed than that of %s; several runs of %s are "
                       "one model that was trained with several seeds",
                       option, run->model.run, like->model.run, option);
    TD_TRY(check_training(option, like, run));
    config.train_seed = like->trained.config.train_seed;
    char *differences = td_config_differences(&like->trained.config, &config);
    const td_status status =
        *differences
            ? td_fail(TD_ERR_MISMATCH,
                      "%s %s: expected the configuration of %s with another train.seed; "
                      "these keys differ, too (here: %s):%s",
                      option, run->model.run, like->model.run, like->model.run, differences)
            : TD_OK;
    td_free(differences);
    return status;
}

/* The first run's eval.* ask, and the model alone answers. */
td_status td_evaluated_run_other(td_comm *comm, const td_evaluated_run *first, const char *option,
                                 const char *folder, int more, size_t likes,
                                 const td_evaluated_run *like, td_evaluated_run *run)
{
    td_trained_model *trained = &run->trained;
    td_config config = first->trained.config;
    config.eval_systems.count = 0;
    run->model = first->model;
    run->model.run = folder;
    run->split = first->split;
    TD_TRY(td_run_read_origin(comm, folder, &run->origin));
    TD_TRY(td_trained_model_find(comm, &run->model, "--data", trained));
    if (trained->info.data_checksum != first->trained.info.data_checksum)
        return td_fail(TD_ERR_MISMATCH, "%s %s: that run is of other data than %s", option, folder,
                       first->model.run);
    for (size_t i = 0; i < likes; i++)
        TD_TRY(check_like(option, &like[i], run));
    TD_TRY(check_rows(run));
    run->has_own_rows = config.eval_sample == 0 || config.train_seed == trained->config.train_seed;
    TD_TRY(evaluate(comm, &config, more, run));
    if (run->evaluation.counts.rows == 0)
        return td_fail(TD_ERR_INPUT, "%s %s: there is nothing to compare with; see the warning",
                       option, folder);
    const td_trained_model closed = {.config = trained->config, .info = trained->info};
    td_trained_model_close(trained);
    *trained = closed;
    return TD_OK;
}

/* What is kept, of a run that may be another by now. */
typedef struct {
    td_comm *comm;
    const td_evaluated_run *run;
    const td_evaluation *evaluation;
} kept;

/* Collective. An evaluation takes time: the run may be another by now (train --fresh). One of the
 * same configuration, data and start has the same parameters, whoever trained it; one that went on
 * with another learning rate has those of this step. */
static td_status check_same_run(const kept *k)
{
    td_config config;
    td_path data;
    uint64_t data_checksum;
    td_run_origin origin;
    const td_evaluated_run *run = k->run;
    const char *folder = run->model.run;
    TD_TRY(td_run_read(k->comm, folder, &config, &data, &data_checksum));
    TD_TRY(td_run_read_origin(k->comm, folder, &origin));
    const int64_t step = run->trained.info.position.step;
    if (td_rate_plan_match(&run->trained.config, &config, step) == TD_OK &&
        data_checksum == run->trained.info.data_checksum && origin.step == run->origin.step &&
        strcmp(origin.run.path, run->origin.run.path) == 0)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s was begun anew while it was evaluated; the evaluation is not kept", folder);
}

static td_status add_evaluation(void *context, td_metrics *metrics)
{
    const kept *k = context;
    TD_TRY(check_same_run(k));
    td_metrics_add(metrics, k->run->trained.info.position.step, k->evaluation);
    return TD_OK;
}

td_status td_evaluated_run_keep(td_comm *comm, const td_evaluated_run *run, td_metric_value *value)
{
    const char *folder = run->model.run;
    td_evaluation evaluation = run->evaluation;
    if (!run->has_own_rows) {
        td_log("%s: its metrics.h5 does not keep values of another run's sample (eval.sample)",
               folder);
        return TD_OK;
    }
    evaluation.value = value;
    kept k = {comm, run, &evaluation};
    if (td_run_is_writable(comm, folder))
        return td_run_metrics_change(comm, folder, td_metrics_load, add_evaluation, &k, NULL);
    td_warn(
        "%s may only be read, so its metrics.h5 does not keep these values (--no-keep asks for no "
        "more)",
        folder);
    return TD_OK;
}

void td_evaluated_run_close(td_evaluated_run *run)
{
    td_evaluation_free(&run->evaluation);
    td_trained_model_close(&run->trained);
}
