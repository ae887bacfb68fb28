/* tandem predict: the rating and score of a pair, or of a table of them. */
#include "tandem/predict.h"

#include "command.h"
#include "ranked_items.h"
#include "shown.h"

typedef struct {
    td_predict_options options;
    const char *user;
    const char *item;
    const char *pairs;
    output_options output;
} request;

static const option options[] = {
    MODEL_OPTIONS(options.model),
    TEXT(user, "user", "USER", "the user of one pair"),
    TEXT(item, "item", "TITLE", "its item"),
    TEXT(pairs, "pairs", "FILE|-",
         "many pairs, from a file or standard input: text with tabs or commas whose header "
         "names the columns user, item and perhaps timestamp and fields of rows that the model "
         "reads. They come out in their order, with columns rating, score and note added"),
    TEXT(options.features, "features", "FIELD=VALUE,..",
         "fields of the row that the one pair would be, such as device=phone; missing, unless they "
         "are told"),
    TIME(options.at, "at",
         "the time of pairs that bring none: Unix seconds or ISO 8601; default: the data's "
         "latest"),
    CHOICE(options.unknown, "unknown", "auto|allow|refuse",
           "a user or item that the data lack: allow answers, with a note that says from what; "
           "auto, the default, refuses it after --user and --item, and allows it in --pairs"),
    TEXT(options.task, "task", "NAME",
         "the prediction of this task's head in place of the rating, in the column prediction: of "
         "classes the probability of 1"),
    FLAG(options.score_only, "score-only", "no rating, which a model without rating head has not"),
    FORMAT_OPTION(output.format),
    TEXT(output.path, "out", "FILE", "where records go"),
    {0}};

static td_status check(const void *context)
{
    const request *a = context;
    if (a->pairs && (a->user || a->item))
        return td_fail(TD_ERR_USAGE, "expected --pairs or --user and --item, found both");
    if (a->pairs && a->options.features)
        return td_fail(TD_ERR_USAGE, "--features is of one pair; --pairs has columns for them");
    if (a->options.task && a->options.score_only)
        return td_fail(TD_ERR_USAGE, "expected --task or --score-only, found both");
    if (!a->pairs && !(a->user && a->item))
        return td_fail(TD_ERR_USAGE, "--user and --item, or --pairs, are needed");
    return TD_OK;
}

static void print(const request *a, const td_prediction *prediction)
{
    if (prediction->note)
        printf("note: %s\n\n", shown(prediction->note));
    printf("user    %s\nitem    %s\n", shown(a->user), shown(a->item));
    if (prediction->rated)
        printf("%-7s %.4f\n", prediction->name, (double)prediction->rating);
    printf("score   %.4f\n", (double)prediction->score);
}

static td_status predict(td_comm *comm, void *context)
{
    const request *a = context;
    td_predict_options chosen = a->options;
    td_prediction prediction;
    td_output output;
    td_status status = TD_OK;
    int64_t pairs;
    const bool records = asks_for_records(&a->output, &output);
    chosen.records = records ? &output : NULL;
    if (a->pairs)
        return td_predict_table(comm, &chosen, a->pairs, stdout, &pairs);
    TD_TRY(td_predict(comm, &chosen, a->user, a->item, &prediction));
    if (td_comm_rank(comm) == 0 && records)
        status = td_prediction_write(&prediction, &output);
    else if (td_comm_rank(comm) == 0)
        print(a, &prediction);
    td_prediction_free(&prediction);
    return td_comm_agree(comm, status);
}

const command predict_command = {
    .name = "predict",
    .does = "predict ratings of pairs of a user and an item",
    .table = {NULL,
              "Predicts the rating that a user gives an item, and the score that retrieval gives "
              "the pair. The answers are the same on any number of ranks.",
              options},
    .size = sizeof(request),
    .check = check,
    .run = predict};
