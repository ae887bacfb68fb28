/* A program of nothing but options, parsed as a subcommand parses them; prints what it got. */
#include "options.h"

#include <stdio.h>

typedef struct {
    struct {
        int threads;
        const char *isa;
    } execution;
    double fraction;
    const char *file;
} request;

static const option options[] = {
    ARGUMENT(file, "FILE", "a file"),
    OPTION(REAL, fraction, 'f', "fraction", "F", "some number", 0, 1, false),
    EXECUTION_OPTIONS(execution),
    {0}};

int main(int argc, char **argv)
{
    const option_table table = {"FILE", NULL, options};
    char name[] = "options";
    request chosen = {.fraction = 0.5};
    argv[0] = name;
    parse_options(&table, argc, argv, &chosen, NULL);
    printf("%s: threads %d, isa %s, fraction %g, first %d\n", chosen.file, chosen.execution.threads,
           chosen.execution.isa ? chosen.execution.isa : "none", chosen.fraction,
           is_first_process());
    return 0;
}
