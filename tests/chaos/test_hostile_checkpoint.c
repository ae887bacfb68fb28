/* Damaged and forged checkpoints through everything that a resume reads: each is refused, or gives
 * exactly the undamaged state. */
#include "cases.h"

#include "../eval/evaluations.h"
#include "../model/specs.h"
#include "job.h"
#include "run/checkpoint.h"

#include <xxhash.h>

MPI_SUITE(hostile_checkpoint)

enum { STEP = 12, ITEMS = 40, TOKENS = 20 };

/* All features, both tasks, and an optimizer with two states. */
static td_model *make_model(void)
{
    static int64_t offsets[ITEMS + 1];
    static int32_t tokens[ITEMS];
    td_config config;
    td_kernels kernels;
    td_model *model;
    td_config_defaults(&config);
    config.model_width = 6;
    config.query_features =
        td_name_list_of(3, (const char *const[]){"user", "timestamp_buckets", "timestamp"});
    config.candidate_features = td_name_list_of(2, (const char *const[]){"item", "title_text"});
    config.query_tower = config.candidate_tower = td_int_list_of(1, (const int64_t[]){8});
    config.query_timestamp_edges = 7;
    config.rating_enabled = true;
    config.optimizer_kind = TD_ADAM;
    for (int i = 0; i < ITEMS; i++) {
        offsets[i + 1] = i + 1;
        tokens[i] = 1 + i % (TOKENS - 1);
    }
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    static spec_data spec;
    spec_free(&spec);
    spec = spec_of(&config, 60, ITEMS, TOKENS, offsets, tokens);
    cr_assert_eq(td_model_create(&config, spec.spec, &kernels, NULL, &model), TD_OK);
    return model;
}

/* A state in the middle of training: no two of its values are alike. */
static void set_state(td_model *model)
{
    td_parameters *parameters = &model->parameters;
    td_model_initialize(model);
    for (size_t s = 0; s < parameters->states; s++)
        for (size_t i = 0; i < parameters->size; i++)
            parameters->state[s][i] = (float)(i + 1) / (float)(s + 3);
    model->units[0] = (td_sum_unit){.coarser = 7, .quiet = 5, .needed = 2};
    model->units[td_term_dv(parameters)] = (td_sum_unit){.coarser = 3};
}

static void save(td_comm *comm, const char *path, const td_model *model)
{
    const td_position position = {.epoch = 1, .step_in_epoch = 4, .step = STEP, .rows = 480};
    const td_task_loss losses[] = {{-77, 480, 0}, {5, 480, 3}};
    td_metrics metrics = {0};
    put_evaluation(&metrics, 8, 10, td_int_list_of(2, (const int64_t[]){1, 5}),
                   (const int64_t[]){2, 6}, 1.5);
    put_losses(&metrics, 8, 7.5, 1.125);
    cr_assert_eq(td_checkpoint_save(comm, path, model, &position, losses, &metrics,
                                    0x0123456789abcdef, NULL),
                 TD_OK, "%s", td_message());
    td_metrics_free(&metrics);
}

static void add(XXH3_state_t *digest, const void *bytes, size_t count)
{
    if (count > 0)
        XXH3_64bits_update(digest, bytes, count);
}

static void add_info(XXH3_state_t *digest, const td_checkpoint_info *info)
{
    char *config = td_config_to_yaml(&info->config, true);
    add(digest, config, strlen(config));
    td_free(config);
    add(digest, &info->users, sizeof info->users);
    add(digest, &info->items, sizeof info->items);
    add(digest, &info->data_checksum, sizeof info->data_checksum);
    add(digest, &info->position, sizeof info->position);
}

static void add_metrics(XXH3_state_t *digest, const td_metrics *metrics)
{
    for (size_t t = 0; t < metrics->count; t++) {
        const td_metrics_table *table = &metrics->table[t];
        add(digest, table->name, strlen(table->name));
        add(digest, table->step, table->steps * sizeof *table->step);
        add(digest, table->k, table->ks * sizeof *table->k);
        for (size_t c = 0; c < table->columns; c++) {
            const td_metrics_column *column = &table->column[c];
            const size_t values = table->steps * (column->has_k ? table->ks : 1);
            add(digest, column->name, strlen(column->name));
            add(digest, column->value, values * sizeof *column->value);
        }
    }
}

/* The model's block and the optimizer's, whatever was in them before. */
static td_status load(td_comm *comm, const char *path, const td_checkpoint_info *info,
                      td_model *model, XXH3_state_t *digest)
{
    const td_parameters *parameters = &model->parameters;
    const size_t bytes = parameters->size * sizeof *parameters->values;
    td_metrics metrics;
    td_task_loss losses[2] = {0};
    cr_assert_leq(model->tasks, 2);
    memset(parameters->values, 0xff, bytes);
    for (size_t s = 0; s < parameters->states; s++)
        memset(parameters->state[s], 0xff, bytes);
    TD_TRY(td_checkpoint_load(comm, path, info, model, losses, &metrics));
    add(digest, parameters->values, bytes);
    for (size_t s = 0; s < parameters->states; s++)
        add(digest, parameters->state[s], bytes);
    add(digest, model->units, td_model_terms(model) * sizeof *model->units);
    add(digest, losses, sizeof losses);
    add_metrics(digest, &metrics);
    td_metrics_free(&metrics);
    return TD_OK;
}

/* In a resume's order. The model is of the run's own configuration and data, as it is there. */
static td_status resume(td_comm *comm, const char *path, td_model *model, XXH3_state_t *digest)
{
    td_checkpoint_info info;
    memset(&info, 0, sizeof info);
    TD_TRY(td_checkpoint_check(comm, path, STEP));
    TD_TRY(td_checkpoint_read_info(comm, path, &info));
    add_info(digest, &info);
    return load(comm, path, &info, model, digest);
}

static td_status read_checkpoint(td_comm *comm, const char *path, uint64_t *digest)
{
    static td_model *model;
    XXH3_state_t *state = XXH3_createState();
    XXH3_64bits_reset(state);
    if (!model)
        model = make_model();
    td_status status = resume(comm, path, model, state);
    *digest = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return status;
}

static void run_all(mutation_kind kind)
{
    td_comm *comm = job_comm();
    td_model *model = make_model();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    set_state(model);
    const char *good = in_folder(folder, "good.h5");
    save(comm, good, model);
    run_cases(comm, kind, folder, good, read_checkpoint);
    td_model_free(model);
    remove_folder(comm, folder);
}

MPI_TEST(hostile_checkpoint, damaged)
{
    run_all(MUTATION_DAMAGE);
}

MPI_TEST(hostile_checkpoint, forged)
{
    run_all(MUTATION_FORGERY);
}
