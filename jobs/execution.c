/* The options --threads and --isa. */
#include "execution.h"

#include "arguments.h"

enum { KEY_THREADS = 0x1000, KEY_ISA, THREADS_MOST = 4096 };

static const struct argp_option options[] = {
    {.name = "threads",
     .key = KEY_THREADS,
     .arg = "N",
     .doc = "threads of each rank; 0, the default: the cores it may run on, shared with the "
            "ranks that may too"},
    {.name = "isa",
     .key = KEY_ISA,
     .arg = "NAME",
     .doc = "instruction set of the kernels; default: the widest that this CPU has. The answer is "
            "the same with any"},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    execution *chosen = state->input;
    switch (key) {
    case KEY_THREADS:
        chosen->threads = (int)argument_int(state, "--threads", text, 0, THREADS_MOST);
        return 0;
    case KEY_ISA:
        chosen->isa = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp execution_argp = {.options = options, .parser = parse_option};
