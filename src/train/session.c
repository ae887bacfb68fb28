/* The making of a session: data, model, trainer, log. */
#include "train/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "base/rate_plan.h"
#include "base/timer.h"
#include "eval/item_counts.h"
#include "model/learning_rate.h"
#include "run/execution.h"
#include "run/placement.h"
#include "run/run_folder.h"
#include "train/memory_needs.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

uint64_t td_session_data_checksum(const td_session *s)
{
    return td_dataset_info(s->data)->checksum;
}

td_status td_session_check_owner(const td_session *s)
{
    return td_comm_agree(s->comm, td_run_owner_check(s->owner));
}

td_status td_session_recall_owner(const td_session *s)
{
    return td_comm_agree(s->comm, td_run_owner_recall(s->owner));
}

/* The lines of a table, as a text that goes on. */
static void log_table(const char *table)
{
    for (const char *line = table; *line; line += strcspn(line, "\n") + 1)
        td_log("%.*s", (int)strcspn(line, "\n"), line);
}

/* C: whether the memory that all this takes is there. Shows what it is for where that is asked for,
 * or where it is not. */
static td_status check_memory(td_session *s, const td_kernels *kernels)
{
    char *table;
    td_memory_needs needs;
    TD_TRY(td_training_needs(s->comm, s->data, s->data_path, s->config, kernels, &needs));
    const td_memory_room room = td_memory_room_find(&td_cgroup_here);
    td_status status = td_memory_check(s->comm, &needs, &room, &table);
    td_memory_needs_free(&needs);
    if (status != TD_OK && !s->options->dry_run)
        log_table(table);
    if (status != TD_OK && s->options->memory_check == TD_MEMORY_WARN) {
        td_warn("%s", td_message());
        status = TD_OK;
    }
    if (s->options->dry_run)
        s->memory = table;
    else
        td_free(table);
    return status;
}

/* The batches come first: they say whose rows the tables' are. */
static td_status create_model(td_session *s)
{
    td_kernels kernels;
    TD_TRY(td_execution_start(s->comm, s->options->threads, s->options->isa,
                              s->config->math_kernels == TD_KERNELS_OPENBLAS, &kernels,
                              &s->threads));
    TD_TRY(check_memory(s, &kernels));
    if (s->options->dry_run)
        return TD_OK;
    TD_TRY(td_model_data_load(s->data, s->data_path, s->config, &s->model_data));
    const td_spec *spec = s->model_data.spec;
    const char **fields = td_spec_fields(spec, s->model_data.schema, TD_OF_ROW);
    td_status status =
        td_batches_create(s->comm, s->data, s->config, fields, &spec->derivations, &s->batches);
    td_free(fields);
    if (status == TD_OK)
        status = td_batches_add_histories(s->batches, s->data, &spec->histories);
    TD_TRY(status);
    const td_placement placement = td_placement_for_training(s->comm, s->config, spec, s->batches);
    TD_TRY(td_model_create(s->config, spec, &kernels, &placement, &s->model));
    s->losses = TD_NEW(td_task_loss, s->model->tasks);
    s->norms = TD_NEW(double, s->model->tasks + 1);
    return TD_OK;
}

static td_status create_trainer(td_session *s)
{
    if (s->config->retrieval_log_q)
        TD_TRY(td_item_bias_read(s->data, s->config, &s->item_bias));
    s->trainer = td_trainer_create(s->comm, s->model, s->item_bias, td_batches_limits(s->batches));
    if (s->config->retrieval_mask_own)
        td_trainer_mask_own(s->trainer, td_batches_rows(s->batches));
    return TD_OK;
}

/* Whether rows of tables with this owner are with one rank alone. */
static bool is_owned(const td_model *model, td_owner owner)
{
    for (size_t i = 0; i < model->parameters.count; i++) {
        const td_tensor *tensor = &model->parameters.tensor[i];
        const td_embedding_table *table = td_spec_find_table(model->spec, tensor->name);
        if (table && table->owner == owner && tensor->is_owned)
            return true;
    }
    return false;
}

/* Collective. */
static td_run_layout layout_of(const td_session *s, const char *hosts)
{
    const td_parameters *parameters = &s->model->parameters;
    const size_t bytes = (1 + parameters->states) * parameters->size * sizeof(float);
    return (td_run_layout){.ranks = td_comm_size(s->comm),
                           .threads = s->threads,
                           .hosts = hosts,
                           .isa = s->model->kernels.name,
                           .owns_users = is_owned(s->model, TD_OWNER_USER),
                           .owns_items = is_owned(s->model, TD_OWNER_ITEM),
                           .parameter_bytes = td_comm_max_count(s->comm, (int64_t)bytes)};
}

/* Local, on rank 0. Says that the learning rate goes by another plan from the next step on. */
static td_status log_rate_change(const td_session *s)
{
    const int64_t step = s->position.step;
    if (step == 0)
        return TD_OK;
    const td_rate_plan before = td_rate_plan_at(s->config, step);
    const td_rate_plan now = td_rate_plan_at(s->config, step + 1);
    if (!td_session_has_ended(s) && td_learning_rate(&now, step + 1) == 0)
        td_warn("the learning rate is 0 from step %" PRId64
                " on, where optimizer.schedule ends, so that nothing more is learned: "
                "optimizer.decay_steps or another schedule lets it train on",
                step + 1);
    if (td_rate_plan_is_same(&before, &now))
        return TD_OK;
    char *words[] = {td_rate_plan_words(&before), td_rate_plan_words(&now)};
    td_log("from step %" PRId64 " on: %s; before: %s", step + 1, words[1], words[0]);
    const td_status status = td_run_log_rates(s->log, step, words[0], words[1]);
    td_free(words[0]);
    td_free(words[1]);
    return status;
}

static td_status open_log(td_session *s)
{
    td_status status = TD_OK;
    char *hosts = td_comm_hosts(s->comm);
    const td_run_layout layout = layout_of(s, hosts);
    int64_t *empty = td_session_count_empty(s);
    s->first_step = s->position.step;
    s->progress = td_progress_start(td_comm_rank(s->comm) == 0);
    const td_best_so_far so_far = td_session_best_so_far(s);
    td_progress_evaluated(&s->progress, NULL, &so_far, td_batches_steps(s->batches));
    s->company = td_company_start(s->threads.count);
    td_session_begin_epoch(s);
    if (td_comm_rank(s->comm) == 0) {
        const td_path file = td_run_file(s->options->run, "log.jsonl");
        status = td_run_owner_check(s->owner);
        if (status == TD_OK)
            status = td_run_log_open(file.path, s->position.step, &s->log);
        if (status == TD_OK)
            status = td_run_log_start(s->log, s->position.step, &layout);
        if (status == TD_OK)
            status = log_rate_change(s);
        if (status == TD_OK)
            status = td_session_log_features(s, empty);
    }
    td_free(empty);
    td_free(hosts);
    return td_comm_agree(s->comm, status);
}

/* C: says which rows are trained on, where these are not the training rows alone. */
static td_status join_rows(const td_session *s)
{
    const td_data_info *info = td_dataset_info(s->data);
    const int64_t known = info->users;
    if (s->config->train_rows == TD_ROWS_TRAIN)
        return TD_OK;
    TD_TRY(td_dataset_join_validation(s->data));
    td_log("training on %" PRId64 " rows, %" PRId64 " of them validation rows (train.rows)",
           info->rows[TD_TRAIN], info->joined);
    if (known < info->users)
        td_log("%" PRId64 " users without training rows have an id, as all users of the data",
               info->users - known);
    return TD_OK;
}

/* A temperature of 0 is by the data: 1.35 / items^(1/4), to three places, which the run keeps: the
 * more items, the more of them are near a query, and the sharper the softmax must tell them apart.
 * Fitted to what was best on validation rows of four data sets, from 0.21 of 1,682 items to 0.095
 * of 40,981 (docs/choosing-settings.md). Roots, unlike powers, have the same bits everywhere. */
static void settle_temperature(td_session *s)
{
    if (s->config->retrieval_temperature > 0)
        return;
    const td_data_info *info = td_dataset_info(s->data);
    const int64_t items = td_larger(info->items - info->kept_items, 1);
    double temperature = round(1350 / sqrt(sqrt((double)items))) / 1000;
    if (s->config->retrieval_learn_temperature)
        temperature = fmax(temperature, s->config->retrieval_least_temperature);
    s->settled.retrieval_temperature = temperature;
    td_log("retrieval.temperature: %g, by %" PRId64 " items", temperature, items);
}

td_status td_session_open(td_comm *comm, const td_config *config, const td_train_options *options,
                          td_session *s)
{
    *s = (td_session){.comm = comm,
                      .settled = *config,
                      .config = &s->settled,
                      .options = options,
                      .data_path = options->data,
                      .first_loss = NAN,
                      .saved_step = -1};
    TD_TRY(td_dataset_open(s->comm, s->data_path, &s->data));
    if (!options->dry_run)
        TD_TRY(td_session_keep_absent(s));
    TD_TRY(join_rows(s));
    settle_temperature(s);
    TD_TRY(create_model(s));
    if (options->dry_run)
        return TD_OK;
    TD_TRY(create_trainer(s));
    TD_TRY(td_session_start(s));
    td_session_judge_patience(s);
    s->schedule.begin = td_seconds();
    const td_path file = td_run_file(options->run, "heartbeats");
    TD_TRY(td_watchdog_start(comm, file.path, config->train_watchdog_seconds, &s->watchdog));
    TD_TRY(open_log(s));
    if (!s->begins_warm)
        return TD_OK;
    /* What was taken is kept at once: the other run may change or go. */
    TD_TRY(
        td_session_tolerate(s, td_run_log_warm_start(s->log, s->origin.run.path, s->origin.step)));
    return td_session_save(s);
}

void td_session_close(td_session *s)
{
    td_progress_end(&s->progress);
    td_watchdog_stop(s->watchdog);
    td_company_leave(&s->company);
    td_run_log_close(s->log);
    td_metrics_free(&s->metrics);
    td_evaluation_free(&s->evaluation);
    td_trainer_free(s->trainer);
    td_batches_free(s->batches);
    td_free(s->losses);
    td_free(s->norms);
    td_free(s->unheard_message);
    td_free(s->contents.steps);
    td_model_free(s->model);
    td_model_data_free(&s->model_data);
    td_systems_free(&s->systems);
    td_free(s->item_bias);
    td_dataset_close(s->data);
    td_run_owner_release(s->owner);
}
