/* What should be looked at first: checks of what was gathered, each a function of one run, and the
 * rules by which training warns (run/warnings.h). */
#include "report/sections.h"

#include "base/memory.h"
#include "report/best_run.h"
#include "report/escape.h"
#include "report/facts.h"
#include "report/words.h"
#include "run/warnings.h"
#include "tandem/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* A check answers what is odd, a text to be freed, or NULL. */
typedef char *check(const td_report_run *run);

static char *check_state(const td_report_run *run)
{
    return run->state == TD_RUN_BROKE
               ? td_copy_text("The job that trained it ended without a last word; tandem train "
                              "--resume goes on with it.")
               : NULL;
}

static char *check_failure(const td_report_run *run)
{
    const td_run_record *record = &run->record;
    const char *failure = record->starts > 0 ? record->start[record->starts - 1].failure : NULL;
    if (!failure || run->state != TD_RUN_ENDED)
        return NULL;
    char *shown = td_isolated(failure), *text = td_print_text("Training failed: %s.", shown);
    td_free(shown);
    return text;
}

static char *check_metrics_file(const td_report_run *run)
{
    if (!run->metrics_problem)
        return NULL;
    char *shown = td_isolated(run->metrics_problem);
    char *text = td_print_text("Its metrics.h5 cannot be read: %s", shown);
    td_free(shown);
    return text;
}

static char *check_data(const td_report_run *run)
{
    if (!run->data.problem)
        return NULL;
    char *shown = td_isolated(run->data.problem);
    char *text =
        td_print_text("Its data cannot be read: %s; if they moved, --data FILE names them.", shown);
    td_free(shown);
    return text;
}

/* The best checkpoint is far from the end: what came after was of no use. */
static char *check_best(const td_report_run *run)
{
    const int64_t steps = td_report_run_steps(run);
    if (run->best < 0 || run->checkpoints < 2 || 2 * run->best > steps)
        return NULL;
    const bool is_free = run->config.model_normalize == TD_NORMALIZE_NONE;
    return td_print_text("The best checkpoint is of step %" PRId64 " of %" PRId64
                         ": fewer epochs do, or gentler settings (a lower "
                         "optimizer.learning_rate%s).",
                         run->best, steps, is_free ? ", model.normalize: both" : "");
}

/* Of one evaluation nothing was chosen. */
static char *check_chosen_by(const td_report_run *run)
{
    if (run->best < 0 || run->best_by.split != TD_TEST || run->best_by.among < 2)
        return NULL;
    const bool has_validation = !run->data.problem && run->data.info.rows[TD_VALIDATION] > 0;
    return td_print_text("Test rows chose the best checkpoint, so that its numbers on them "
                         "flatter; %s.",
                         has_validation ? "tandem evaluate --split validation --checkpoint STEP "
                                          "tells what validation rows say of it"
                                        : "prepare --validation-fraction makes rows to choose by");
}

static char *check_checkpoints(const td_report_run *run)
{
    const td_record_curve written = td_run_record_curve(&run->record, "checkpoint/seconds");
    double seconds = 0, checkpoints = 0;
    for (size_t s = 0; s < run->record.starts; s++)
        seconds += run->record.start[s].seconds;
    for (size_t i = 0; i < written.count; i++)
        checkpoints += written.value[i];
    if (checkpoints <= 0.2 * seconds || checkpoints <= 60)
        return NULL;
    return td_print_text("Writing checkpoints took %.0f s beside %.0f s of steps; "
                         "checkpoint.every_* asks for fewer.",
                         checkpoints, seconds);
}

static check *const checks[] = {check_state, check_failure,   check_metrics_file, check_data,
                                check_best,  check_chosen_by, check_checkpoints};

/* What a rule found while the run trained, as a text to be freed; NULL: nothing. */
static char *said_in_training(const td_report_run *run, const char *rule)
{
    for (size_t w = run->record.warnings; w-- > 0;)
        if (strcmp(run->record.warning[w].rule, rule) == 0)
            return td_print_text("In training, after epoch %" PRId64 ": %s.",
                                 run->record.warning[w].epoch, run->record.warning[w].text);
    return NULL;
}

/* What a rule finds in the run as it stands, or else found while it trained. */
static char *check_rule(const td_report_run *run, const td_warning_rule *rule)
{
    td_report_facts facts;
    td_report_facts_find(run, &facts);
    char *text = rule->check(&facts.known);
    td_report_facts_free(&facts);
    if (!text)
        return said_in_training(run, rule->name);
    char *sentence = td_print_text("%c%s.", toupper((unsigned char)*text), text + 1);
    td_free(text);
    return sentence;
}

/* What is said of each run (text, freed here, NULL of one that is in order); of many that something
 * is said of, of the first ones. */
static void add_texts(const td_report_runs *runs, char **text, td_page_section *section)
{
    enum { SHOWN = 3 };
    size_t said = 0;
    for (size_t r = 0; r < runs->count; r++) {
        said += text[r] != NULL;
        if (text[r] && said <= SHOWN)
            td_section_text(section, TD_PART_WARNING, "%s%s%s",
                            runs->count > 1 ? runs->run[r].shown : "", runs->count > 1 ? ": " : "",
                            text[r]);
        td_free(text[r]);
        text[r] = NULL;
    }
    if (said > SHOWN)
        td_section_text(section, TD_PART_WARNING, "%zu other runs: likewise.", said - SHOWN);
}

/* Names the best of several runs, whose validation rows tell that, not their test rows. */
static void add_best(const td_report_runs *runs, td_page_section *section)
{
    td_run_order order;
    td_run_order_find(runs, &order);
    const size_t first = order.run[0];
    if (order.is_known)
        td_section_text(section, TD_PART_TEXT,
                        "The best of these %zu runs by %s is %s: %.4f at step %" PRId64 ".",
                        runs->count, order.metric, runs->run[first].shown, order.best[first].best,
                        order.best[first].best_step);
    td_run_order_free(&order);
}

void td_section_warnings(const td_report_runs *runs, td_page_section *section)
{
    if (runs->count > 1)
        add_best(runs, section);
    const size_t before = section->count;
    char **text = TD_NEW(char *, runs->count);
    for (size_t c = 0; c < sizeof checks / sizeof *checks; c++) {
        for (size_t r = 0; r < runs->count; r++)
            text[r] = checks[c](&runs->run[r]);
        add_texts(runs, text, section);
    }
    for (size_t w = 0; w < td_warning_rules_count; w++) {
        for (size_t r = 0; r < runs->count; r++)
            text[r] = check_rule(&runs->run[r], &td_warning_rules[w]);
        add_texts(runs, text, section);
    }
    td_free(text);
    if (section->count == before)
        td_section_text(section, TD_PART_TEXT, "Nothing odd was found.");
}
