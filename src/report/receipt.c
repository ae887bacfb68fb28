/* What a run gave is gathered in one function, for its receipt and for the run that verifies it. */
#include "tandem/receipt.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/range.h"
#include "report/receipt_file.h"
#include "run/run_folder.h"
#include "run/trained_model.h"
#include "store/checksum.h"
#include "tandem/evaluate.h"
#include "tandem/inspect.h"
#include "tandem/memory.h"
#include "tandem/train.h"
#include "tandem/version.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* C: what the folder and the checkpoint say of themselves. */
static td_status gather_state(td_comm *comm, const td_trained_options *model, td_receipt *receipt)
{
    td_trained_model trained;
    td_run_origin origin;
    TD_TRY(td_run_read_origin(comm, model->run, &origin));
    if (*origin.run.path)
        return td_fail(TD_ERR_MISMATCH,
                       "%s began with the parameters of %s, which data and configuration do not "
                       "tell: there is no receipt of it",
                       model->run, origin.run.path);
    td_status status = td_trained_model_find_data(comm, model, "--data", &trained);
    if (status == TD_OK && trained.info.position.step == 0)
        status = td_fail(TD_ERR_INPUT, "%s is of step 0: nothing was trained yet",
                         trained.checkpoint.path);
    if (status == TD_OK)
        status = td_inspect_checksum(comm, trained.checkpoint.path, TD_INSPECT_STATE,
                                     &receipt->state_checksum);
    if (status == TD_OK) {
        receipt->version = td_copy_text(td_version());
        receipt->data_checksum = trained.info.data_checksum;
        receipt->step = trained.info.position.step;
        receipt->epochs = td_position_epochs(&trained.info.position);
        td_receipt_set_config(receipt, &trained.config);
    }
    td_trained_model_close(&trained);
    return status;
}

/* L: values whose bits are the same everywhere: those of ease are not (docs/metrics.md). */
static void add_values(const td_evaluate_report *report, td_receipt *receipt)
{
    for (size_t i = 0; i < report->count; i++) {
        const td_metric_value *value = &report->value[i];
        if (strcmp(value->system, "ease") == 0)
            continue;
        char *metric = td_metric_name(value->task, value->metric, value->k);
        char *name = td_print_text("%s%s%s/%s", value->system, value->by ? "," : "",
                                   value->by ? value->by : "", metric);
        td_receipt_add(receipt, name, value->value);
        td_free(name);
        td_free(metric);
    }
}

/* C: the metrics of the same checkpoint; none where no split is asked for and test rows lack. */
static td_status gather_metrics(td_comm *comm, const td_trained_options *model, const char *split,
                                td_receipt *receipt)
{
    char step[TD_NUMBER_SIZE];
    td_evaluate_report report;
    td_evaluate_options options = {.model = *model, .split = split, .no_keep = true};
    snprintf(step, sizeof step, "%" PRId64, receipt->step);
    options.model.checkpoint = step;
    td_status status = td_evaluate(comm, &options, &report);
    if (status == TD_OK) {
        receipt->split = td_copy_text(split ? split : "test");
        receipt->settings = td_copy_text(report.settings);
        receipt->rows = report.counts.rows;
        add_values(&report, receipt);
    } else if (status == TD_ERR_INPUT && !split) {
        td_warn("the receipt has no metrics: %s", td_message());
        status = TD_OK;
    }
    td_evaluate_report_free(&report);
    return status;
}

td_status td_receipt_write(td_comm *comm, const td_receipt_options *options)
{
    td_receipt receipt = {.count = 0};
    td_status status = gather_state(comm, &options->model, &receipt);
    if (status == TD_OK)
        status = gather_metrics(comm, &options->model, options->split, &receipt);
    if (status == TD_OK && td_comm_rank(comm) == 0)
        status = td_receipt_save(&receipt, options->out);
    status = td_comm_agree(comm, status);
    td_receipt_free(&receipt);
    return status;
}

/* L: the configuration that gives the receipt's state: so many steps, and nothing besides. */
static td_status configure(const char *path, const td_receipt *receipt, td_config *config)
{
    td_config_defaults(config);
    TD_TRY(td_config_parse(receipt->config, path, config));
    config->train_steps = receipt->step;
    config->train_epochs = td_larger(config->train_epochs, receipt->epochs);
    config->eval_every_epochs = 0;
    config->checkpoint_keep_best = TD_KEEP_BEST_NONE;
    return td_config_check(config);
}

/* C: the data must be those of the receipt. */
static td_status check_data(td_comm *comm, const td_verify_options *options,
                            const td_receipt *receipt)
{
    td_dataset *data;
    TD_TRY(td_dataset_open(comm, options->data, &data));
    const uint64_t found = td_dataset_info(data)->checksum;
    td_dataset_close(data);
    if (found == receipt->data_checksum)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s is of data with the checksum %016" PRIx64 ", but %s has %016" PRIx64
                   ": prepare the same input in the same way",
                   options->receipt, receipt->data_checksum, options->data, found);
}

/* C: nothing that is there is removed. */
static td_status check_new(td_comm *comm, const char *run)
{
    bool exists;
    TD_TRY(td_run_exists(comm, run, &exists));
    return exists ? td_fail(TD_ERR_MISMATCH,
                            "%s already holds a run; --resume goes on with it, another --run "
                            "starts a new one",
                            run)
                  : TD_OK;
}

static void add_line(td_verify_report *report, const char *what, const char *told, const char *here)
{
    report->line = td_grow(report->line, report->count, sizeof *report->line);
    report->line[report->count++] = (td_verified){td_copy_text(what), td_copy_text(told),
                                                  td_copy_text(here), strcmp(told, here) == 0};
    report->differing += strcmp(told, here) != 0;
}

/* Numbers as texts that are equal where their bits are. */
static void add_number(td_verify_report *report, const char *what, double told, double here)
{
    char texts[2][TD_NUMBER_SIZE] = {"none", "none"};
    if (isfinite(told))
        td_number_write_real(told, texts[0]);
    if (isfinite(here))
        td_number_write_real(here, texts[1]);
    add_line(report, what, texts[0], texts[1]);
}

static double value_of(const td_receipt *receipt, const char *name)
{
    for (size_t i = 0; i < receipt->count; i++)
        if (strcmp(receipt->name[i], name) == 0)
            return receipt->value[i];
    return NAN;
}

static void compare(const td_receipt *told, const td_receipt *here, td_verify_report *report)
{
    add_line(report, "data", td_checksum_to_text(told->data_checksum).digits,
             td_checksum_to_text(here->data_checksum).digits);
    add_line(report, "state", td_checksum_to_text(told->state_checksum).digits,
             td_checksum_to_text(here->state_checksum).digits);
    if (!told->split)
        return;
    add_line(report, "settings of the evaluation", told->settings, here->settings);
    add_number(report, "rows asked", (double)told->rows, (double)here->rows);
    for (size_t i = 0; i < told->count; i++)
        add_number(report, told->name[i], told->value[i], value_of(here, told->name[i]));
}

/* C: trains the run, and gathers what it gave. */
static td_status train_again(td_comm *comm, const td_verify_options *options,
                             const td_receipt *told, td_receipt *here, int *stopped)
{
    td_config config;
    td_train_report trained;
    char step[TD_NUMBER_SIZE];
    const td_train_options train = {.data = options->data,
                                    .run = options->run,
                                    .resume = options->resume,
                                    .threads = options->threads,
                                    .isa = options->isa};
    snprintf(step, sizeof step, "%" PRId64, told->step);
    const td_trained_options model = {
        .run = options->run, .checkpoint = step, .threads = options->threads, .isa = options->isa};
    TD_TRY(configure(options->receipt, told, &config));
    if (config.math_kernels == TD_KERNELS_OPENBLAS)
        td_warn("math.kernels: openblas gives the same bits on one type of CPU only");
    TD_TRY(td_train(comm, &config, &train, &trained));
    *stopped = trained.stopped;
    if (trained.stopped)
        return TD_OK;
    TD_TRY(gather_state(comm, &model, here));
    return told->split ? gather_metrics(comm, &model, told->split, here) : TD_OK;
}

td_status td_receipt_verify(td_comm *comm, const td_verify_options *options,
                            td_verify_report *report)
{
    td_receipt told = {.count = 0}, here = {.count = 0};
    *report = (td_verify_report){.count = 0};
    td_status status = td_comm_agree(comm, td_receipt_load(options->receipt, &told));
    if (status == TD_OK)
        status = check_data(comm, options, &told);
    if (status == TD_OK && !options->resume)
        status = check_new(comm, options->run);
    if (status == TD_OK && strcmp(told.version, td_version()) != 0)
        td_warn("%s is by tandem %s, this is %s: another version need not give the same bits",
                options->receipt, told.version, td_version());
    if (status == TD_OK)
        status = train_again(comm, options, &told, &here, &report->stopped);
    if (status == TD_OK && !report->stopped)
        compare(&told, &here, report);
    td_receipt_free(&told);
    td_receipt_free(&here);
    return status;
}

void td_verify_report_free(td_verify_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        td_free(report->line[i].what);
        td_free(report->line[i].told);
        td_free(report->line[i].here);
    }
    td_free(report->line);
    *report = (td_verify_report){.count = 0};
}
