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
    {.kind = OPTION_ARGUMENT,
     .place = offsetof(request, file),
     .value = "FILE",
     .help = "a file",
     .needed = true},
    {.name = "fraction",
     .letter = 'f',
     .kind = OPTION_REAL,
     .place = offsetof(request, fraction),
     .value = "F",
     .help = "some number",
     .high = 1},
    EXECUTION_OPTIONS(offsetof(request, execution.threads), offsetof(request, execution.isa)),
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
