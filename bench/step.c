/* step CONFIG --data FILE: examples a second of the training step, and where its time goes; alone
 * or under mpirun. */
#include "train/step.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"
#include "eval/item_counts.h"
#include "run/execution.h"
#include "run/model_data.h"
#include "run/placement.h"

#include <argp.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_DATA = 0x100,
    KEY_THREADS,
    KEY_ISA,
    KEY_STEPS,
    KEY_SET,
    KEY_TRACE,
    SETTINGS_MOST = 16,
    MARKS = 1 << 16
};

typedef struct {
    const char *config, *data, *isa, *trace;
    int threads, steps;
    size_t settings;
    const char *setting[SETTINGS_MOST];
} arguments;

/* What a step needs. */
typedef struct {
    td_comm *comm;
    td_config config;
    td_dataset *data;
    td_model_data model_data;
    float *item_bias; /* NULL without retrieval.log_q */
    td_batches *batches;
    td_model *model;
    td_trainer *trainer;
    int64_t steps; /* made so far */
} run;

/* What a rank measured. */
typedef struct {
    double median; /* seconds of a step */
    double total;
    double phase[TD_PHASES]; /* of all threads */
} times;

static const struct argp_option options[] = {
    {.name = "data", .key = KEY_DATA, .arg = "FILE", .doc = "the data file, of tandem prepare"},
    {.name = "threads", .key = KEY_THREADS, .arg = "N", .doc = "of each rank; 0: as tandem train"},
    {.name = "isa", .key = KEY_ISA, .arg = "NAME", .doc = "instruction set of the kernels"},
    {.name = "steps", .key = KEY_STEPS, .arg = "N", .doc = "to measure (default 30)"},
    {.name = "set", .key = KEY_SET, .arg = "KEY=VALUE", .doc = "set a key of the configuration"},
    {.name = "trace",
     .key = KEY_TRACE,
     .arg = "FILE",
     .doc = "write rank 0's timeline of one more step: thread, begin and end in ms, phase"},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    arguments *a = state->input;
    switch (key) {
    case KEY_DATA:
        a->data = text;
        return 0;
    case KEY_THREADS:
        a->threads = atoi(text);
        return 0;
    case KEY_ISA:
        a->isa = text;
        return 0;
    case KEY_STEPS:
        a->steps = atoi(text);
        return 0;
    case KEY_SET:
        if (a->settings == SETTINGS_MOST)
            argp_error(state, "more than %d --set", SETTINGS_MOST);
        a->setting[a->settings++] = text;
        return 0;
    case KEY_TRACE:
        a->trace = text;
        return 0;
    case ARGP_KEY_ARG:
        a->config = text;
        return 0;
    case ARGP_KEY_END:
        if (!a->config || !a->data || a->steps < 1 || a->threads < 0)
            argp_error(state, "CONFIG and --data are needed, and at least one step");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static td_status load_config(const arguments *a, td_config *config)
{
    td_config_defaults(config);
    TD_TRY(td_config_load(a->config, config));
    for (size_t i = 0; i < a->settings; i++)
        TD_TRY(td_config_set(config, a->setting[i]));
    return td_config_check(config);
}

/* Collective. The parts of a run in training that a step needs, as session.c makes them. */
static td_status open_run(run *r, const arguments *a)
{
    td_kernels kernels;
    td_threads threads;
    TD_TRY(td_comm_agree(r->comm, load_config(a, &r->config)));
    TD_TRY(td_dataset_open(r->comm, a->data, &r->data));
    TD_TRY(td_model_data_load(r->data, a->data, &r->config, &r->model_data));
    TD_TRY(td_execution_start(r->comm, a->threads, a->isa,
                              r->config.math_kernels == TD_KERNELS_OPENBLAS, &kernels, &threads));
    const td_spec *spec = r->model_data.spec;
    const char **fields = td_spec_fields(spec, r->model_data.schema, TD_OF_ROW);
    td_status status =
        td_batches_create(r->comm, r->data, &r->config, fields, &spec->derivations, &r->batches);
    td_free(fields);
    if (status == TD_OK)
        status = td_batches_add_histories(r->batches, r->data, &spec->histories);
    TD_TRY(status);
    const td_placement placement =
        td_placement_for_training(r->comm, &r->config, r->model_data.spec, r->batches);
    TD_TRY(td_model_create(&r->config, r->model_data.spec, &kernels, &placement, &r->model));
    td_model_initialize(r->model);
    if (r->config.retrieval_log_q)
        TD_TRY(td_item_bias_read(r->data, &r->config, &r->item_bias));
    r->trainer = td_trainer_create(r->comm, r->model, r->item_bias, td_batches_limits(r->batches));
    if (r->config.retrieval_mask_own)
        td_trainer_mask_own(r->trainer, td_batches_rows(r->batches));
    td_batches_start_epoch(r->batches, 0);
    return TD_OK;
}

static void close_run(run *r)
{
    td_trainer_free(r->trainer);
    td_batches_free(r->batches);
    td_model_free(r->model);
    td_model_data_free(&r->model_data);
    td_free(r->item_bias);
    td_dataset_close(r->data);
}

/* Collective. Makes the next step, and adds its seconds and rows. */
static td_status make_step(run *r, double *seconds, int64_t *rows)
{
    td_step_report report;
    const int64_t steps = td_batches_steps(r->batches), place = r->steps % steps;
    const td_batch *batch = td_batches_get(r->batches, place);
    const td_batch *next = place + 1 < steps ? td_batches_get(r->batches, place + 1) : NULL;
    const td_step now = {.batch = batch, .next = next, .number = ++r->steps};
    td_comm_barrier(r->comm);
    const double begin = td_seconds();
    TD_TRY(td_trainer_step(r->trainer, &now, &report));
    *seconds = td_seconds() - begin;
    *rows = report.rows;
    return TD_OK;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_phases(const run *r, double sign, times *t)
{
    for (int i = 0; i < omp_get_max_threads(); i++)
        for (int p = 0; p < TD_PHASES; p++)
            t->phase[p] += sign * td_trainer_stopwatch(r->trainer, i)->seconds[p];
}

/* What is no other phase, inside the steps, is waiting. */
static void find_waiting(times *t)
{
    t->phase[TD_PHASE_WAITING] = t->total * omp_get_max_threads();
    for (int p = 0; p < TD_PHASES; p++)
        if (p != TD_PHASE_WAITING)
            t->phase[TD_PHASE_WAITING] -= t->phase[p];
}

/* Collective. An epoch for caches and clocks, then the steps that count. */
static td_status measure(run *r, int steps, times *t, int64_t *rows)
{
    double ignored, *seconds = TD_NEW(double, (size_t)steps);
    td_status status = TD_OK;
    for (int64_t i = 0; i < td_batches_steps(r->batches) && i < steps && status == TD_OK; i++)
        status = make_step(r, &ignored, rows);
    add_phases(r, -1, t);
    for (int i = 0; i < steps && status == TD_OK; i++)
        status = make_step(r, &seconds[i], rows);
    add_phases(r, 1, t);
    for (int i = 0; i < steps; i++)
        t->total += seconds[i];
    find_waiting(t);
    qsort(seconds, (size_t)steps, sizeof *seconds, ascending);
    t->median = seconds[steps / 2];
    td_free(seconds);
    return status;
}

/* Collective. */
static void print(run *r, const times *mine, int steps, int64_t rows)
{
    size_t ranks;
    times *all = td_comm_allgatherv(r->comm, mine, 1, sizeof *mine, &ranks);
    double total = 0;
    times sum = {0};
    for (size_t i = 0; i < ranks; i++)
        for (int p = 0; p < TD_PHASES; p++) {
            sum.phase[p] += all[i].phase[p];
            total += all[i].phase[p];
        }
    if (td_comm_rank(r->comm) == 0) {
        const double cores = (double)ranks * omp_get_max_threads();
        printf("%zu ranks x %d threads, %s: %.0f examples/s; a step of %lld rows: median %.3f ms\n",
               ranks, omp_get_max_threads(), r->model->kernels.name, (double)rows / all->median,
               (long long)rows, 1e3 * all->median);
        printf("%-10s %12s %8s\n", "phase", "ms a step", "share");
        for (int p = 0; p < TD_PHASES; p++)
            printf("%-10s %12.3f %6.1f %%\n", td_phase_name((td_phase)p),
                   1e3 * sum.phase[p] / cores / steps, 100 * sum.phase[p] / total);
    }
    td_free(all);
}

/* One line for every phase of every thread. */
static void write_trace(const run *r, FILE *file)
{
    const double begin = td_trainer_stopwatch(r->trainer, 0)->trace[0].at;
    for (int i = 0; i < omp_get_max_threads(); i++) {
        const td_stopwatch *watch = td_trainer_stopwatch(r->trainer, i);
        for (size_t m = 0; m + 1 < watch->marks; m++)
            fprintf(file, "%d %.6f %.6f %s\n", i, 1e3 * (watch->trace[m].at - begin),
                    1e3 * (watch->trace[m + 1].at - begin), td_phase_name(watch->trace[m].phase));
    }
}

/* Collective. One more step, its phases kept. */
static td_status trace(run *r, const char *path)
{
    double seconds;
    int64_t rows;
    for (int i = 0; i < omp_get_max_threads(); i++)
        td_stopwatch_trace(td_trainer_stopwatch(r->trainer, i), MARKS);
    TD_TRY(make_step(r, &seconds, &rows));
    if (td_comm_rank(r->comm) > 0)
        return TD_OK;
    FILE *file = fopen(path, "w");
    if (!file)
        return td_fail(TD_ERR_FILE, "%s: cannot be written", path);
    write_trace(r, file);
    return fclose(file) == 0 ? TD_OK : td_fail(TD_ERR_FILE, "%s: cannot be written", path);
}

static td_status bench(run *r, const arguments *a)
{
    times t = {0};
    int64_t rows = 0;
    TD_TRY(open_run(r, a));
    TD_TRY(measure(r, a->steps, &t, &rows));
    print(r, &t, a->steps, rows);
    return a->trace ? td_comm_agree(r->comm, trace(r, a->trace)) : TD_OK;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {.options = options,
                                     .parser = parse_option,
                                     .args_doc = "CONFIG",
                                     .doc = "Measures the training step, alone or under mpirun."};
    arguments a = {.steps = 30};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    run r = {.comm = td_comm_start()};
    const td_status status = td_comm_agree(r.comm, bench(&r, &a));
    if (status != TD_OK)
        td_log("error: %s", td_message());
    close_run(&r);
    td_comm_stop(r.comm);
    return status == TD_OK ? 0 : 1;
}
