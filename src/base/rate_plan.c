/* Plans of learning rates in a configuration, and their text. */
#include "base/rate_plan.h"

#include "base/config_value.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/place.h"
#include "base/range.h"

#include <inttypes.h>
#include <string.h>

/* The keys that make a plan, in the order of its text. */
static const char *const keys[] = {"optimizer.learning_rate", "optimizer.schedule",
                                   "optimizer.warmup_steps", "optimizer.decay_steps",
                                   "optimizer.end_factor"};
enum { KEYS = sizeof keys / sizeof *keys, WORD = 64 };

/* The plan that the keys say, of all steps after the earlier ones. */
static td_rate_plan last_plan(const td_config *config)
{
    return (td_rate_plan){.rate = config->optimizer_learning_rate,
                          .schedule = config->optimizer_schedule,
                          .warmup_steps = config->optimizer_warmup_steps,
                          .decay_steps = config->optimizer_decay_steps,
                          .end_factor = config->optimizer_end_factor,
                          .until = INT64_MAX};
}

static void set_plan(const td_rate_plan *plan, td_config *config)
{
    config->optimizer_learning_rate = plan->rate;
    config->optimizer_schedule = plan->schedule;
    config->optimizer_warmup_steps = plan->warmup_steps;
    config->optimizer_decay_steps = plan->decay_steps;
    config->optimizer_end_factor = plan->end_factor;
}

/* Moves text past its next word, which ends at a blank or comma; false where it is too long. */
static bool next_word(const char **text, char word[WORD])
{
    *text += strspn(*text, " ");
    const size_t length = strcspn(*text, " ,");
    if (length >= WORD)
        return false;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length;
    return true;
}

/* Reads one earlier plan, and moves text past it and the comma; false where it is none. */
static bool read_plan(const char **text, td_rate_plan *plan)
{
    td_config config;
    char word[WORD];
    for (size_t k = 0; k < KEYS; k++) {
        td_value value;
        const td_config_key *key = td_key_find(keys[k]);
        if (!next_word(text, word) || !td_value_read(key, word, true, &value))
            return false;
        td_value_set(key, &config, 1, &value);
    }
    *plan = last_plan(&config);
    if (!next_word(text, word) || strcmp(word, "to") != 0 || !next_word(text, word) ||
        !td_number_read_int(word, &plan->until))
        return false;
    *text += strspn(*text, " ");
    const bool goes_on = **text == ',';
    *text += goes_on;
    return goes_on || **text == '\0';
}

td_rate_plan td_rate_plan_at(const td_config *config, int64_t step)
{
    td_rate_plan plan;
    for (const char *text = config->optimizer_earlier_rates; *text && read_plan(&text, &plan);)
        if (step <= plan.until)
            return plan;
    return last_plan(config);
}

bool td_rate_plan_is_same(const td_rate_plan *a, const td_rate_plan *b)
{
    return a->rate == b->rate && a->schedule == b->schedule && a->warmup_steps == b->warmup_steps &&
           a->decay_steps == b->decay_steps && a->end_factor == b->end_factor;
}

static void write_plan(FILE *stream, const td_rate_plan *plan)
{
    td_config config;
    set_plan(plan, &config);
    for (size_t k = 0; k < KEYS; k++) {
        fputs(k > 0 ? " " : "", stream);
        td_value_write(td_key_find(keys[k]), &config, stream);
    }
}

char *td_rate_plan_words(const td_rate_plan *plan)
{
    char *text;
    size_t size;
    td_config config;
    set_plan(plan, &config);
    FILE *stream = td_text_writer(&text, &size);
    const size_t shown =
        plan->schedule == TD_SCHEDULE_CONSTANT && plan->warmup_steps == 0 ? 1 : KEYS;
    for (size_t k = 0; k < shown; k++) {
        fprintf(stream, "%s%s ", k > 0 ? ", " : "", strchr(keys[k], '.') + 1);
        td_value_write(td_key_find(keys[k]), &config, stream);
    }
    td_text_writer_close(stream);
    return text;
}

/* Plans on their way into a text: one is held back, since the next may be the same. */
typedef struct {
    FILE *stream;
    td_rate_plan held; /* until 0: none */
    bool begun;
} plan_writer;

static void put_plan(plan_writer *writer, const td_rate_plan *plan)
{
    if (writer->held.until > 0 && !td_rate_plan_is_same(&writer->held, plan)) {
        fputs(writer->begun ? ", " : "", writer->stream);
        write_plan(writer->stream, &writer->held);
        fprintf(writer->stream, " to %" PRId64, writer->held.until);
        writer->begun = true;
    }
    writer->held = *plan;
}

/* The plans of before for the steps up to step, then config's for those that come. */
void td_rate_plan_go_on(const td_config *before, int64_t step, td_config *config)
{
    char *text;
    size_t size;
    td_rate_plan plan;
    const td_rate_plan last = td_rate_plan_at(before, step > 0 ? step : 1);
    if (config->optimizer_schedule != TD_SCHEDULE_CONSTANT && config->optimizer_decay_steps == 0)
        config->optimizer_decay_steps = last.decay_steps;
    plan_writer writer = {.stream = td_text_writer(&text, &size)};
    for (int64_t done = 0; done < step; done = plan.until) {
        plan = td_rate_plan_at(before, done + 1);
        plan.until = td_smaller(plan.until, step);
        put_plan(&writer, &plan);
    }
    for (int64_t done = step; done < INT64_MAX; done = plan.until) {
        plan = td_rate_plan_at(config, done + 1);
        put_plan(&writer, &plan);
    }
    td_text_writer_close(writer.stream);
    config->optimizer_earlier_rates = td_intern_text(text);
    td_free(text);
}

td_status td_rate_plan_match(const td_config *ours, const td_config *theirs, int64_t step)
{
    td_config like = *ours;
    const td_rate_plan last = last_plan(theirs);
    for (int64_t done = 0; done < step;) {
        const td_rate_plan a = td_rate_plan_at(ours, done + 1),
                           b = td_rate_plan_at(theirs, done + 1);
        if (!td_rate_plan_is_same(&a, &b))
            return td_fail(TD_ERR_MISMATCH, "the learning rates of step %" PRId64 " differ",
                           done + 1);
        done = td_smaller(a.until, b.until);
    }
    set_plan(&last, &like);
    like.optimizer_earlier_rates = theirs->optimizer_earlier_rates;
    return td_config_match(&like, theirs);
}

/* A factor of 0 at the end is reached by no power. */
static td_status check_end(const td_rate_plan *plan)
{
    if (plan->schedule != TD_SCHEDULE_EXPONENTIAL || plan->end_factor > 0)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "configuration: optimizer.end_factor: expected a number above 0 "
                                  "with optimizer.schedule: exponential, such as 0.01; found 0");
}

td_status td_rate_plan_check(const td_config *config)
{
    int64_t done = 0;
    const char *all = config->optimizer_earlier_rates;
    const td_rate_plan last = last_plan(config);
    for (const char *text = all; *text;) {
        td_rate_plan plan;
        const char *begin = text;
        char quoted[TD_QUOTE_SIZE];
        const bool is_plan = read_plan(&text, &plan) &&
                             (plan.schedule == TD_SCHEDULE_CONSTANT || plan.decay_steps > 0);
        if (is_plan && plan.until > done) {
            TD_TRY(check_end(&plan));
            done = plan.until;
            continue;
        }
        td_quote(begin, strlen(begin), quoted);
        return td_fail(TD_ERR_CONFIG,
                       "configuration: optimizer.earlier_rates: expected plans such as \"0.1 "
                       "constant 0 0 0 to 120\" (learning_rate, schedule, warmup_steps, "
                       "decay_steps, end_factor, the last step), apart by commas, each to a later "
                       "step than the one before; found %s",
                       quoted);
    }
    return check_end(&last);
}
