/* A program of nothing but options, parsed as a subcommand parses them; prints what it got. */
#include "arguments.h"
#include "execution.h"

#include <stdio.h>

typedef struct {
    execution execution;
    double fraction;
    const char *file;
} options;

enum { KEY_FRACTION = 'f' };

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    options *chosen = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &chosen->execution;
        return 0;
    case KEY_FRACTION:
        chosen->fraction = argument_real(state, "--fraction", text, 0, 1);
        return 0;
    case ARGP_KEY_ARG:
        chosen->file = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a file");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    const struct argp_option own[] = {
        {.name = "fraction", .key = KEY_FRACTION, .arg = "F", .doc = "some number"}, {0}};
    const struct argp_child children[] = {{.argp = &execution_argp}, {0}};
    const struct argp argp = {
        .options = own, .parser = parse_option, .args_doc = "FILE", .children = children};
    char name[] = "options";
    options chosen = {.fraction = 0.5};
    argv[0] = name;
    parse_arguments(&argp, argc, argv, &chosen);
    printf("%s: threads %d, isa %s, fraction %g, first %d\n", chosen.file, chosen.execution.threads,
           chosen.execution.isa ? chosen.execution.isa : "none", chosen.fraction,
           is_first_process());
    return 0;
}
