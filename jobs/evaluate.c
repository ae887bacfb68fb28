/* tandem evaluate: the metrics of a run, as a table or as JSON. */
#include "tandem/evaluate.h"

#include "command.h"
#include "evaluation_table.h"
#include "ranked_items.h"

typedef struct {
    text_list run, against, set;
    td_evaluate_options options;
    const char *users;
    bool json;
} request;

static const option options[] = {
    OPTION(TEXTS, run, 0, "run", "DIR",
           "the run folder, of tandem train; several, of one configuration with several seeds, are "
           "evaluated as one",
           0, 0, true),
    CHECKPOINT_OPTIONS(options.model),
    TEXT(options.split, "split", "SPLIT", "the rows: test (the default), train, ..."),
    TEXTS(
        set, "set", "KEY=VALUE",
        "set a key eval.*, baseline.* or placement.* of the run's configuration; may be repeated"),
    FLAG(options.intervals, "intervals",
         "where 95 % of 1,000 resamples of the users (and of several runs) lie, of each value and "
         "of the model's difference to every other system"),
    TEXTS(against, "against", "DIR",
          "another run on the same data, or several as of --run: how their model, of the same "
          "choice of checkpoint, differs"),
    TEXT(users, "per-user", "FILE",
         "each user's values, a record a user: with tabs, or as FILE's .csv or .jsonl says"),
    FLAG(options.no_keep, "no-keep",
         "leave the run's metrics.h5 alone, which otherwise keeps the values"),
    FLAG(json, "json", "one JSON object on standard output"),
    {0}};

static td_status evaluate(td_comm *comm, void *context)
{
    request *a = context;
    td_evaluate_report report;
    const td_output users = {a->users, format_of(a->users)};
    a->options.model.run = a->run.text[0];
    a->options.more = a->run.text + 1;
    a->options.against = a->against.text;
    a->options.set = a->set.text;
    a->options.users = a->users ? &users : NULL;
    td_status status = td_evaluate(comm, &a->options, &report);
    if (td_comm_rank(comm) == 0 && report.counts.rows > 0) {
        if (a->json)
            print_evaluation_json(&a->options, &report);
        else
            print_evaluation(&a->options, &report);
    }
    td_evaluate_report_free(&report);
    return status;
}

const command evaluate_command = {
    .name = "evaluate",
    .does = "measure a trained model",
    .table =
        {NULL,
         "Evaluates a checkpoint of a run by the metrics of eval.metrics: how often the item of a "
         "row is among the k best of all candidates, ..., beside a ranking by popularity.",
         options},
    .size = sizeof(request),
    .run = evaluate};
