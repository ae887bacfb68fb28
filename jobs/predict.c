/* tandem predict: the rating and score of a pair, or of a table of them. */
#include "tandem/predict.h"

#include "arguments.h"
#include "jobs.h"
#include "model_choice.h"
#include "query_options.h"
#include "tandem/memory.h"

enum { KEY_USER = 0x100, KEY_ITEM, KEY_PAIRS, KEY_AT, KEY_UNKNOWN, KEY_SCORE_ONLY };

typedef struct {
    model_choice model;
    td_predict_options options;
    const char *user;
    const char *item;
    const char *pairs;
} arguments;

static const struct argp_option options[] = {
    {.name = "user", .key = KEY_USER, .arg = "USER", .doc = "the user of one pair"},
    {.name = "item", .key = KEY_ITEM, .arg = "TITLE", .doc = "its item"},
    {.name = "pairs",
     .key = KEY_PAIRS,
     .arg = "FILE|-",
     .doc = "many pairs, from a file or standard input: text with tabs or commas whose header "
            "names the columns user, item and perhaps timestamp. They come out in their order, "
            "with columns rating, score and note added"},
    {.name = "at",
     .key = KEY_AT,
     .arg = "TIME",
     .doc = "the time of pairs that bring none: Unix seconds or ISO 8601; default: the data's "
            "latest"},
    {.name = "unknown",
     .key = KEY_UNKNOWN,
     .arg = "row|fail",
     .doc = "an unknown user or item: answer for all unknown ones (row 0 of the table) with a "
            "note, or fail; default: row"},
    {.name = "score-only",
     .key = KEY_SCORE_ONLY,
     .doc = "no rating, which a model without rating head has not"},
    {0}};

static void check_complete(struct argp_state *state, const arguments *a)
{
    if (a->pairs && (a->user || a->item))
        argp_error(state, "expected --pairs or --user and --item, found both");
    if (!a->pairs && !(a->user && a->item))
        argp_error(state, "--user and --item, or --pairs, are needed");
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->model;
        return 0;
    case KEY_USER:
        a->user = text;
        return 0;
    case KEY_ITEM:
        a->item = text;
        return 0;
    case KEY_PAIRS:
        a->pairs = text;
        return 0;
    case KEY_AT:
        a->options.at = query_time(state, text);
        return 0;
    case KEY_UNKNOWN:
        a->options.unknown = query_unknown(state, text);
        return 0;
    case KEY_SCORE_ONLY:
        a->options.score_only = true;
        return 0;
    case ARGP_KEY_END:
        check_complete(state, a);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print(const arguments *a, const td_prediction *prediction)
{
    if (prediction->note)
        printf("note: %s\n\n", prediction->note);
    printf("user    %s\nitem    %s\n", a->user, a->item);
    if (prediction->rated)
        printf("rating  %.4f\n", (double)prediction->rating);
    printf("score   %.4f\n", (double)prediction->score);
}

static td_status predict(td_comm *comm, const arguments *a)
{
    td_prediction prediction;
    int64_t pairs;
    if (a->pairs)
        return td_predict_table(comm, &a->options, a->pairs, stdout, &pairs);
    TD_TRY(td_predict(comm, &a->options, a->user, a->item, &prediction));
    if (td_comm_rank(comm) == 0)
        print(a, &prediction);
    td_free(prediction.note);
    return TD_OK;
}

int run_predict(int argc, char **argv)
{
    static const struct argp_child children[] = {{&model_choice_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Predicts the rating that a user gives an item, and the score that retrieval gives "
               "the pair. The answers are the same on any number of ranks.",
        .children = children};
    arguments a = {.options = {.at = TD_TIME_LATEST}};
    parse_arguments(&argp, argc, argv, &a);
    a.options.model = model_choice_options(&a.model);
    td_comm *comm = td_comm_start();
    return finish(comm, predict(comm, &a));
}
