/* tandem: picks the subcommand and turns its status into an exit status. */
#include "jobs.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    const char *does;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"help", "this list, or `help config`: every configuration key", run_help},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_commands(FILE *stream)
{
    fprintf(stream, "usage: tandem COMMAND [OPTION...]   (tandem COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].does);
}

int run_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print_commands(stdout);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (*name)
        fprintf(stderr, "tandem: there is no command '%s'\n", name);
    print_commands(stderr);
    return EXIT_WRONG_USAGE;
}
