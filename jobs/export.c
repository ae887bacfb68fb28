/* tandem export: a trained model as a folder of arrays. */
#include "tandem/export.h"

#include "arguments.h"
#include "base/log.h"
#include "jobs.h"
#include "model_choice.h"
#include "query_options.h"

enum { KEY_OUT = 0x100, KEY_AT };

typedef struct {
    model_choice model;
    td_export_options options;
    const char *out;
} arguments;

static const struct argp_option options[] = {
    {.name = "out", .key = KEY_OUT, .arg = "DIR", .doc = "the folder to write"},
    {.name = "at",
     .key = KEY_AT,
     .arg = "TIME",
     .doc = "the time of the query embeddings: Unix seconds or ISO 8601; default: the data's "
            "latest"},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->model;
        return 0;
    case KEY_OUT:
        a->out = text;
        return 0;
    case KEY_AT:
        a->options.at = query_time(state, text);
        return 0;
    case ARGP_KEY_END:
        if (!a->out)
            argp_error(state, "--out is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static td_status export_model(td_comm *comm, const arguments *a)
{
    TD_TRY(td_export(comm, &a->options, a->out));
    td_log("wrote %s", a->out);
    return TD_OK;
}

int run_export(int argc, char **argv)
{
    static const struct argp_child children[] = {{&model_choice_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Writes the embeddings of all users and items, and all parameters, as .npy files, "
               "and the names of users and items as text: all that serving needs.",
        .children = children};
    arguments a = {.options = {.at = TD_TIME_LATEST}};
    parse_arguments(&argp, argc, argv, &a);
    a.options.model = model_choice_options(&a.model);
    td_comm *comm = td_comm_start();
    return finish(comm, export_model(comm, &a));
}
