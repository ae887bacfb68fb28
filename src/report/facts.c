/* Last values of the log's curves, and what was measured of the chosen checkpoint. */
#include "report/facts.h"

#include "base/memory.h"
#include "model/task.h"
#include "tandem/memory.h"

#include <math.h>
#include <string.h>

/* The last value of a curve "event/key"; NaN if there is none. */
static double last_of(const td_report_run *run, const char *event, const char *of, const char *key)
{
    char *name = td_print_text("%s/%s%s", event, of, key);
    const td_record_curve curve = td_run_record_curve(&run->record, name);
    td_free(name);
    return curve.count > 0 ? curve.value[curve.count - 1] : NAN;
}

/* Of each group, whose name is what stands before this in a curve's. */
static void find_groups(const td_report_run *run, td_report_facts *facts)
{
    static const char event[] = "norms/", update[] = "_update_norm";
    const size_t before = sizeof event - 1, behind = sizeof update - 1;
    for (size_t c = 0; c < run->record.curves; c++) {
        const char *name = run->record.curve[c].name;
        const size_t length = strlen(name);
        if (strncmp(name, event, before) != 0 || length < before + behind ||
            strcmp(name + length - behind, update) != 0)
            continue;
        char *group = td_print_text("%.*s", (int)(length - before - behind), name + before);
        facts->group = td_grow(facts->group, facts->known.groups, sizeof *facts->group);
        facts->group[facts->known.groups++] =
            (td_group_norms){.name = group,
                             .gradient = last_of(run, "norms", group, "_gradient_norm"),
                             .update = last_of(run, "norms", group, update),
                             .parameters = last_of(run, "norms", group, "_norm")};
    }
    facts->known.group = facts->group;
}

static void find_shares(const td_report_run *run, td_report_facts *facts)
{
    facts->known.tasks = td_task_count(&run->config);
    facts->share = TD_NEW(double, facts->known.tasks);
    for (size_t k = 0; k < facts->known.tasks; k++)
        facts->share[k] =
            last_of(run, "epoch", td_task_of(&run->config, k).name, "_gradient_share");
    facts->known.share = facts->share;
}

static void find_tables(const td_report_run *run, td_report_facts *facts)
{
    facts->table = TD_NEW(td_table_facts, run->measured.tensors);
    for (size_t t = 0; t < run->measured.tensors; t++) {
        const td_norms *norms = &run->measured.norms[t];
        if (norms->is_table)
            facts->table[facts->known.tables++] = (td_table_facts){
                .name = norms->name, .rows = norms->rows, .untrained = norms->untrained};
    }
    facts->known.table = facts->table;
}

void td_report_facts_find(const td_report_run *run, td_report_facts *facts)
{
    const td_record_curve loss = td_run_record_curve(&run->record, "epoch/loss");
    const td_measured_run *measured = &run->measured;
    const bool is_measured = !measured->problem && measured->evaluation.settings;
    *facts = (td_report_facts){
        .so_far = td_checkpoints_best_so_far(&run->config, &run->metrics, TD_VALIDATION)};
    if (run->config.checkpoint_keep_best == TD_KEEP_BEST_NONE) /* as of a refit */
        facts->so_far.measure = td_checkpoints_measure(&run->config, TD_KEEP_BEST_AUTO);
    facts->known = (td_epoch_facts){.config = &run->config,
                                    .epoch = (int64_t)loss.count,
                                    .steps = td_report_run_steps_of_epoch(run),
                                    .is_over = run->state != TD_RUN_TRAINS,
                                    .losses = loss.count,
                                    .loss = loss.value,
                                    .first_loss = NAN,
                                    .spread = NAN,
                                    .evaluation = is_measured ? &measured->evaluation : NULL,
                                    .so_far = &facts->so_far};
    if (facts->so_far.measure.metric && facts->so_far.measure.metric->has_k)
        facts->so_far.k = run->config.eval_ks.value[run->config.eval_ks.count - 1];
    find_groups(run, facts);
    find_shares(run, facts);
    find_tables(run, facts);
}

void td_report_facts_free(td_report_facts *facts)
{
    for (size_t g = 0; g < facts->known.groups; g++)
        td_free((char *)facts->group[g].name);
    td_free(facts->share);
    td_free(facts->group);
    td_free(facts->table);
}
