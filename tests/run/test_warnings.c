/* Rules over what is known at an epoch's end: what each finds, and what it lets pass. */
#include "run/warnings.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { LOSSES_MAX = 8 };

static td_config config;
static double losses[LOSSES_MAX];
static td_group_norms norms[2] = {{"user_table", 1, 1e-5, 1}, {"item_table", 1, 2e-5, 1}};
static td_metric_value values[2];
static td_evaluation evaluation;
static td_best_so_far so_far;
static td_epoch_times times;

/* Nothing is known but the configuration and the losses. */
static td_epoch_facts facts_of(size_t count, const double *loss)
{
    td_config_defaults(&config);
    memcpy(losses, loss, count * sizeof *loss);
    return (td_epoch_facts){.config = &config,
                            .epoch = (int64_t)count,
                            .steps = 20,
                            .losses = count,
                            .loss = losses,
                            .first_loss = NAN,
                            .spread = NAN,
                            .ranks = 1};
}

#define LOSSES(...)                                                                                \
    facts_of(sizeof(double[]){__VA_ARGS__} / sizeof(double), (double[]){__VA_ARGS__})

/* Expects that the rule of this name, and no other, says something with this text; NULL: that none
 * does. */
static void expect(const td_epoch_facts *facts, const char *rule, const char *text)
{
    for (size_t r = 0; r < td_warning_rules_count; r++) {
        char *said = td_warning_rules[r].check(facts);
        const bool is_it = rule && strcmp(td_warning_rules[r].name, rule) == 0;
        cr_expect(!said == !is_it, "%s: %s", td_warning_rules[r].name, said ? said : "nothing");
        if (said && is_it)
            cr_expect(strstr(said, text), "%s, not '%s'", said, text);
        td_free(said);
    }
}

Test(warnings, have_nothing_to_say_of_what_is_not_known)
{
    td_epoch_facts facts = LOSSES(8);
    expect(&facts, NULL, NULL);
    facts.losses = 0;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_a_flat_loss_need_small_updates)
{
    td_epoch_facts facts = LOSSES(8, 7.995, 8.001);
    facts.group = norms;
    facts.groups = 2;
    expect(&facts, "flat_loss", "raise optimizer.learning_rate (0.1), by ten");
    config.retrieval_reduction = TD_REDUCTION_MEAN;
    expect(&facts, "flat_loss", "with retrieval.reduction: mean it must be higher");
    config.optimizer_kind = TD_ADAM;
    expect(&facts, "flat_loss", "by ten");
    facts.steps = 20000; /* which move far */
    expect(&facts, NULL, NULL);
    facts = LOSSES(8, 7.9);
    facts.group = norms;
    facts.groups = 2;
    expect(&facts, NULL, NULL);
    facts.groups = 0;
    facts.loss = (const double[]){8, 8};
    expect(&facts, NULL, NULL);
}

/* The mean of the only epoch beside the loss of the run's first step. */
Test(warnings, of_a_flat_loss_need_one_epoch_of_many_steps)
{
    td_epoch_facts facts = LOSSES(8);
    facts.group = norms;
    facts.groups = 2;
    facts.first_loss = 8.001;
    expect(&facts, "flat_loss", "flat from the start, 8.001 and now 8");
    facts.first_loss = 8.3;
    expect(&facts, NULL, NULL);
    facts.first_loss = 8.001;
    facts.steps = 3;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_a_rising_loss_need_more_than_noise)
{
    td_epoch_facts facts = LOSSES(8, 8.5);
    expect(&facts, "rising_loss", "to 8.5 after 8: lower optimizer.learning_rate (0.1), or train");
    config.optimizer_kind = TD_ADAM;
    expect(&facts, "rising_loss", "lower optimizer.learning_rate (0.1)");
    facts = LOSSES(8, 6, 6.1, 6.2, 6.3);
    expect(&facts, "rising_loss", "to 6.3 after 6:");
    facts = LOSSES(8, 6, 6.1, 6.05, 6.15);
    expect(&facts, NULL, NULL);
    facts = LOSSES(8, 6, 6.001, 6.002, 6.003);
    expect(&facts, NULL, NULL);
    facts = LOSSES(8, 8.001);
    expect(&facts, NULL, NULL);
}

/* The model and popularity, by top-100 of 1,000 rows. */
static td_epoch_facts evaluated(double model, double popularity)
{
    static const char metric[] = "top_k_categorical_accuracy";
    td_epoch_facts facts = LOSSES(8, 7);
    values[0] = (td_metric_value){
        .system = "model", .is_of_model = true, .metric = metric, .k = 100, .value = model};
    values[1] =
        (td_metric_value){.system = "popularity", .metric = metric, .k = 100, .value = popularity};
    evaluation = (td_evaluation){.split = TD_VALIDATION,
                                 .counts = {.rows = 1000, .users = 50, .tied_with = 10},
                                 .count = 2,
                                 .value = values};
    so_far = (td_best_so_far){.measure = {td_metric_find(metric), NULL}, .k = 100};
    facts.evaluation = &evaluation;
    facts.so_far = &so_far;
    facts.is_over = true;
    return facts;
}

Test(warnings, of_popularity_come_at_the_end_or_where_nothing_improves)
{
    td_epoch_facts facts = evaluated(0.2, 0.3);
    expect(&facts, "below_popularity",
           "validation top-100 is 0.2000, below popularity's 0.3000; usual cures: "
           "retrieval.log_q=negatives; model.normalize=both with");
    config.retrieval_log_q = TD_LOG_Q_ALL;
    config.model_normalize = TD_NORMALIZE_BOTH;
    expect(&facts, "below_popularity", "; more train.epochs;");
    facts.is_over = false;
    expect(&facts, NULL, NULL);
    so_far.since_best = 2;
    config.train_epochs = 5;
    expect(&facts, NULL, NULL);
    config.train_epochs = 4;
    expect(&facts, "below_popularity", "; a lower optimizer.learning_rate;");
}

Test(warnings, of_popularity_leave_out_what_may_be_chance_or_another_measure)
{
    td_epoch_facts facts = evaluated(0.29, 0.3);
    expect(&facts, NULL, NULL);
    facts = evaluated(0.2, 0.3);
    so_far.measure.metric = td_metric_find("root_mean_squared_error");
    expect(&facts, NULL, NULL);
    facts = evaluated(NAN, 0.3);
    expect(&facts, NULL, NULL);
}

Test(warnings, of_lists_that_hold_every_item_need_a_metric_that_they_fill)
{
    td_epoch_facts facts = evaluated(1, 1);
    evaluation.counts.candidates = 100;
    expect(&facts, "whole_lists", "lists of 100 hold all 100 candidates, so that top-100, by");
    evaluation.counts.candidates = 101;
    expect(&facts, NULL, NULL);
    facts = evaluated(0.9, 0.8);
    evaluation.counts.candidates = 79;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_scores_that_do_not_tell_items_apart)
{
    td_epoch_facts facts = evaluated(0.3, 0.2);
    evaluation.counts.tied_rows = 10;
    expect(&facts, NULL, NULL);
    evaluation.counts.tied_rows = 11;
    expect(&facts, "tied_scores", "1.1 % of the validation rows tie with more than 10");
    facts = LOSSES(8, 7);
    facts.spread = 1e-6;
    expect(&facts, "collapsed_items", "optimizer.learning_rate (0.1)");
    facts.spread = 0.1;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_untrained_rows_name_the_worst_table)
{
    const td_table_facts table[] = {
        {"user_table", 1000, 600}, {"token_table", 1000, 900}, {"x", 500, 10}, {"hour", 25, 13}};
    td_epoch_facts facts = LOSSES(8, 7);
    facts.table = table;
    facts.tables = 4;
    expect(&facts, "untrained_rows", "900 of the 1000 rows of token_table were never trained");
    facts.table = table + 2;
    facts.tables = 2;
    expect(&facts, NULL, NULL);
    const td_table_facts none[] = {{"user_table", 1000, 1000}};
    facts.tables = 1;
    facts.table = none;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_a_drowned_task_name_both_weights)
{
    const double shares[] = {0.9999, 0.0001}, fair[] = {0.9, 0.1}, one[] = {1, NAN};
    td_epoch_facts facts = LOSSES(8, 7);
    config.rating_enabled = true;
    facts.share = shares;
    facts.tasks = 2;
    expect(&facts, "drowned_task",
           "the task rating is 0.01 % of all tasks' at the query tower's output: the towers learn "
           "from retrieval alone; raise rating.weight (1) or lower retrieval.weight (1), or set");
    facts.epoch = 1;
    expect(&facts, NULL, NULL);
    facts.epoch = 2;
    facts.share = fair;
    expect(&facts, NULL, NULL);
    facts.share = one;
    expect(&facts, NULL, NULL);
    facts.share = (const double[]){0, 1};
    config.retrieval_weight = 0;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_a_baseline_need_a_clear_difference_and_a_trained_retrieval)
{
    td_epoch_facts facts = evaluated(0.4, 0.3);
    values[1].system = "item_neighbors";
    expect(&facts, NULL, NULL);
    values[1].value = 0.42; /* of 1,000 rows: within two standard errors */
    expect(&facts, NULL, NULL);
    values[1].value = 0.45;
    expect(&facts, "below_baseline",
           "validation top-100 is 0.4000, worse than the 0.4500 of the baseline item_neighbors; "
           "usual cures: "
           "more steps, by fewer rows in a batch (train.batch_size=8192)");
    facts.is_over = false;
    expect(&facts, NULL, NULL);
    facts.is_over = true;
    config.retrieval_weight = 0;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_a_baseline_know_errors)
{
    td_epoch_facts facts = evaluated(0.95, 0.90);
    config.rating_enabled = true;
    values[0].metric = values[1].metric = "root_mean_squared_error";
    values[0].k = values[1].k = so_far.k = 0;
    values[1].system = "biases";
    so_far.measure = (td_measure){td_metric_find("root_mean_squared_error"), "rating"};
    expect(&facts, "below_baseline",
           "RMSE is 0.9500, worse than the 0.9000 of the baseline biases; usual");
    values[1].value = 0.949;
    expect(&facts, NULL, NULL);
}

Test(warnings, of_ranks_name_the_slow_one_before_what_it_makes_others_wait)
{
    td_epoch_facts facts = LOSSES(8, 7);
    times =
        (td_epoch_times){.seconds = 20, .slowest = 3, .host = "node7", .work = 15, .usual_work = 8};
    times.phase[TD_PHASE_EXCHANGE] = 9;
    facts.times = &times;
    facts.ranks = 4;
    facts.seconds = 100;
    expect(&facts, "slow_rank", "rank 3 on node7 worked 15.0 s of this epoch where the others");
    times.slowest_waiting = 0.5;
    expect(&facts, "slow_rank", "look for another job on that node");
    times.work = 9;
    expect(&facts, "exchange",
           "45 % of the time of the steps goes into exchange between the 4 ranks");
    times.phase[TD_PHASE_EXCHANGE] = 5;
    expect(&facts, NULL, NULL);
    times.phase[TD_PHASE_EXCHANGE] = 9;
    times.kept_waiting = 0.5; /* for cores, not for others */
    expect(&facts, NULL, NULL);
    times.kept_waiting = 0;
    facts.seconds = 5; /* too few to judge by */
    expect(&facts, NULL, NULL);
}
