/* Plans of learning rates: which one a step has, and what becomes of them when a run goes on. */
#include "base/rate_plan.h"

#include "tandem/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static td_config config_of(double rate, const char *earlier)
{
    td_config config;
    td_config_defaults(&config);
    config.optimizer_learning_rate = rate;
    config.optimizer_earlier_rates = earlier;
    return config;
}

static void expect_rate(const td_config *config, int64_t step, double rate, int64_t until)
{
    const td_rate_plan plan = td_rate_plan_at(config, step);
    cr_expect_eq(plan.rate, rate, "step %d: %g, not %g", (int)step, plan.rate, rate);
    cr_expect_eq(plan.until, until, "step %d: until %d", (int)step, (int)plan.until);
}

Test(rate_plan, a_step_has_the_first_plan_that_reaches_it)
{
    const td_config config =
        config_of(0.5, "0.1 constant 0 0 0 to 3,1e-3 cosine 2 7 0.5 to 9 , 0.2 linear 0 1 0 to 10");
    cr_assert_eq(td_rate_plan_check(&config), TD_OK, "%s", td_message());
    expect_rate(&config, 1, 0.1, 3);
    expect_rate(&config, 3, 0.1, 3);
    expect_rate(&config, 4, 1e-3, 9);
    expect_rate(&config, 10, 0.2, 10);
    expect_rate(&config, 11, 0.5, INT64_MAX);
    const td_rate_plan plan = td_rate_plan_at(&config, 9);
    cr_expect(plan.schedule == TD_SCHEDULE_COSINE && plan.warmup_steps == 2 &&
              plan.decay_steps == 7 && plan.end_factor == 0.5);
}

/* What was stays, what comes is the new configuration's; equal neighbors are one plan. */
Test(rate_plan, a_run_that_goes_on_keeps_its_past)
{
    const struct {
        double before;
        const char *earlier;
        int64_t step;
        double now;
        const char *given, *expected;
    } cases[] = {
        {0.1, "", 5, 0.1, "", ""},
        {0.1, "", 0, 0.2, "", ""},
        {0.1, "", 5, 0.2, "", "0.1 constant 0 0 0 to 5"},
        {0.2, "0.1 constant 0 0 0 to 5", 9, 0.2, "", "0.1 constant 0 0 0 to 5"},
        {0.2, "0.1 constant 0 0 0 to 5", 9, 0.3, "",
         "0.1 constant 0 0 0 to 5, 0.2 constant 0 0 0 to 9"},
        {0.2, "0.1 constant 0 0 0 to 5", 9, 0.2, "0.1 constant 0 0 0 to 5",
         "0.1 constant 0 0 0 to 5"},
        {0.2, "0.1 constant 0 0 0 to 5", 5, 0.1, "", ""},
        {0.2, "0.1 constant 0 0 0 to 5", 4, 0.3, "", "0.1 constant 0 0 0 to 4"},
        {0.2, "", 4, 0.2, "0.2 constant 0 0 0 to 2, 0.3 constant 0 0 0 to 6",
         "0.2 constant 0 0 0 to 4, 0.3 constant 0 0 0 to 6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const td_config before = config_of(cases[i].before, cases[i].earlier);
        td_config now = config_of(cases[i].now, cases[i].given);
        td_rate_plan_go_on(&before, cases[i].step, &now);
        cr_expect_str_eq(now.optimizer_earlier_rates, cases[i].expected, "case %zu", i);
        cr_expect_eq(now.optimizer_learning_rate, cases[i].now);
        cr_expect_eq(td_rate_plan_check(&now), TD_OK, "case %zu", i);
    }
}

Test(rate_plan, an_open_decay_is_the_run_s)
{
    td_config before = config_of(0.1, ""), now = config_of(0.2, "");
    before.optimizer_schedule = now.optimizer_schedule = TD_SCHEDULE_COSINE;
    before.optimizer_decay_steps = 70;
    td_rate_plan_go_on(&before, 3, &now);
    cr_expect_eq(now.optimizer_decay_steps, 70);
    cr_expect_str_eq(now.optimizer_earlier_rates, "0.1 cosine 0 70 0 to 3");
}

/* The text is read back to the same bits, also through YAML. */
Test(rate_plan, text_keeps_every_bit)
{
    const td_config before = config_of(0.1 + 1e-17 * 7, "");
    td_config now = config_of(1.0 / 3, ""), back;
    td_rate_plan_go_on(&before, 7, &now);
    char *yaml = td_config_to_yaml(&now, true);
    td_config_defaults(&back);
    cr_assert_eq(td_config_parse(yaml, "yaml", &back), TD_OK, "%s", td_message());
    expect_rate(&back, 7, 0.1 + 1e-17 * 7, 7);
    expect_rate(&back, 8, 1.0 / 3, INT64_MAX);
    td_free(yaml);
}

Test(rate_plan, rates_of_what_is_done_and_other_keys_must_match)
{
    const td_config before = config_of(0.1, "0.2 constant 0 0 0 to 5");
    td_config now = config_of(0.3, "");
    cr_expect_eq(td_rate_plan_match(&now, &before, 0), TD_OK);
    cr_expect_eq(td_rate_plan_match(&now, &before, 1), TD_ERR_MISMATCH);
    now = config_of(0.3, "0.2 constant 0 0 0 to 5, 0.1 constant 0 0 0 to 8");
    cr_expect_eq(td_rate_plan_match(&now, &before, 8), TD_OK);
    cr_expect_eq(td_rate_plan_match(&now, &before, 9), TD_ERR_MISMATCH);
    now.optimizer_beta_1 = 0.5;
    cr_expect_eq(td_rate_plan_match(&now, &before, 8), TD_ERR_MISMATCH);
    cr_expect(strstr(td_message(), "beta_1") && !strstr(td_message(), "learning_rate"));
}

Test(rate_plan, what_is_no_plan_is_refused)
{
    char long_number[100];
    memset(long_number, '1', 70);
    memcpy(long_number + 70, " constant 0 0 0 to 5", sizeof " constant 0 0 0 to 5");
    const char *const wrong[] = {"x",
                                 "0.1",
                                 "0.1 constant 0 0 0",
                                 "0.1 constant 0 0 0 to",
                                 "0.1 constant 0 0 0 to x",
                                 "0.1 constant 0 0 0 to 0",
                                 "-1 constant 0 0 0 to 5",
                                 "0.1 steep 0 0 0 to 5",
                                 "0.1 cosine 0 0 0 to 5",
                                 "0.1 exponential 0 5 0 to 5",
                                 "0.1 constant 0 0 2 to 5",
                                 "0.1 constant 0 0 0 to 5 0.1 constant 0 0 0 to 6",
                                 "0.1 constant 0 0 0 to 5, 0.1 constant 0 0 0 to 4",
                                 "0.1 constant 0 0 0 to 5,,",
                                 long_number};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const td_config config = config_of(0.1, wrong[i]);
        cr_expect_eq(td_rate_plan_check(&config), TD_ERR_CONFIG, "%s", wrong[i]);
    }
}
