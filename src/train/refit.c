/* A run's configuration with two keys changed, and trained. */
#include "tandem/refit.h"

#include "base/range.h"
#include "run/trained_model.h"

/* C: what a refit can be of. */
static td_status check(td_comm *comm, const td_refit_options *options,
                       const td_trained_model *trained)
{
    const char *run = options->model.run;
    td_run_origin origin;
    if (trained->config.train_rows == TD_ROWS_TRAIN_AND_VALIDATION)
        return td_fail(TD_ERR_MISMATCH, "%s was trained on the validation rows already", run);
    if (td_dataset_info(trained->data)->rows[TD_VALIDATION] == 0)
        return td_fail(TD_ERR_INPUT,
                       "%s has no validation rows, so there is nothing more to train on",
                       trained->data_path.path);
    if (trained->info.position.step == 0)
        return td_fail(TD_ERR_INPUT, "%s is of step 0: a refit would have no step",
                       trained->checkpoint.path);
    TD_TRY(td_run_read_origin(comm, run, &origin));
    if (*origin.run.path)
        return td_fail(TD_ERR_MISMATCH,
                       "%s began with the parameters of %s, and a refit begins with the seed's: "
                       "train the new run with --set train.rows=train+validation --warm-start",
                       run, origin.run.path);
    return TD_OK;
}

/* A schedule that the run was in the midst of when it was best ends with the refit, as 0 says: what
 * is used should have learned at falling rates, as the run's own last steps would have. */
static void end_schedule(td_config *config)
{
    const int64_t end = config->optimizer_warmup_steps + config->optimizer_decay_steps;
    if (config->optimizer_schedule != TD_SCHEDULE_CONSTANT && end > config->train_steps)
        config->optimizer_decay_steps = 0;
}

td_status td_refit(td_comm *comm, const td_refit_options *options, td_train_report *report)
{
    td_trained_options model = options->model;
    td_trained_model trained;
    bool is_itself;
    *report = (td_train_report){.steps = 0};
    TD_TRY(td_run_is_same(comm, model.run, options->run, &is_itself));
    if (is_itself)
        return td_fail(TD_ERR_USAGE, "--run %s: expected a new run, found the one to refit",
                       options->run);
    model.checkpoint = model.checkpoint ? model.checkpoint : "best";
    td_status status = td_trained_model_find(comm, &model, "--data", &trained);
    if (status == TD_OK)
        status = check(comm, options, &trained);
    td_config config = trained.config;
    const td_path data = trained.data_path;
    config.train_rows = TD_ROWS_TRAIN_AND_VALIDATION;
    config.train_steps = trained.info.position.step;
    config.train_epochs =
        td_larger(config.train_epochs, td_position_epochs(&trained.info.position));
    end_schedule(&config);
    config.eval_every_epochs = 0; /* what is left to evaluate on must not choose */
    config.checkpoint_keep_best = TD_KEEP_BEST_NONE;
    config.train_patience = 0;
    td_trained_model_close(&trained);
    if (status != TD_OK)
        return status;
    const td_train_options train = {.data = data.path,
                                    .run = options->run,
                                    .resume = options->resume,
                                    .fresh = options->fresh,
                                    .memory_check = options->memory_check,
                                    .threads = model.threads,
                                    .isa = model.isa};
    return td_train(comm, &config, &train, report);
}
