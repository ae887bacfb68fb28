/* The options --run, --checkpoint and --data, and those of execution.c. */
#include "model_choice.h"

#include "arguments.h"

enum { KEY_RUN = 0x2000, KEY_CHECKPOINT, KEY_DATA };

static const struct argp_option options[] = {
    {.name = "run", .key = KEY_RUN, .arg = "DIR", .doc = "the run folder, of tandem train"},
    {.name = "checkpoint",
     .key = KEY_CHECKPOINT,
     .arg = "newest|best|STEP",
     .doc = "which one; default: newest. best: by test accuracy in the run's metrics"},
    {.name = "data",
     .key = KEY_DATA,
     .arg = "FILE",
     .doc = "the run's data file, where that has moved"},
    {0}};

/* Returns text, which must name something, or ends the parse. */
static const char *take_text(struct argp_state *state, const char *option, const char *text)
{
    if (!*text)
        argp_error(state, "%s: expected a name, found nothing", option);
    return text;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is argp's */
static error_t parse_option(int key, char *text, struct argp_state *state)
{
    model_choice *choice = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &choice->execution;
        return 0;
    case KEY_RUN:
        choice->options.run = take_text(state, "--run", text);
        return 0;
    case KEY_CHECKPOINT:
        choice->options.checkpoint = take_text(state, "--checkpoint", text);
        return 0;
    case KEY_DATA:
        choice->options.data = take_text(state, "--data", text);
        return 0;
    case ARGP_KEY_END:
        if (!choice->options.run)
            argp_error(state, "--run is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&execution_argp, 0, NULL, 0}, {0}};

const struct argp model_choice_argp = {
    .options = options, .parser = parse_option, .children = children};

td_trained_options model_choice_options(const model_choice *choice)
{
    td_trained_options chosen = choice->options;
    chosen.threads = choice->execution.threads;
    chosen.isa = choice->execution.isa;
    return chosen;
}
