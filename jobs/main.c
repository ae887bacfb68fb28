/* tandem: picks the subcommand and turns its status into an exit status. */
#include "arguments.h"
#include "jobs.h"
#include "store/file.h"
#include "tandem/version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const command commands[] = {
    {"synth", "write generated ratings, of any size", run_synth},
    {"prepare", "make a data file of ratings", run_prepare},
    {"train", "train a model on a data file", run_train},
    {"evaluate", "measure a trained model", run_evaluate},
    {"predict", "predict ratings of pairs of a user and an item", run_predict},
    {"recommend", "list the best items for a user, or for all", run_recommend},
    {"neighbors", "list the items nearest to one", run_neighbors},
    {"export", "write a trained model as arrays, for serving", run_export},
    {"inspect", "what is in a data file, checkpoint, metrics file or run folder", run_inspect},
    {"help", "this list; `help config`: every configuration key; `help COMMAND`: its options",
     run_help},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

void print_commands(FILE *stream)
{
    fprintf(stream, "usage: tandem COMMAND [OPTION...]   (tandem COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].does);
}

const command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static int show_version(void)
{
    if (is_first_process())
        printf("tandem %s\n", td_version());
    return EXIT_DONE;
}

static int run_command(int argc, char **argv)
{
    if (argc == 0)
        fail_usage("expected a command; `tandem help` lists them");
    const command *chosen = find_command(argv[0]);
    if (chosen)
        return chosen->run(argc, argv);
    if (strcmp(argv[0], "--help") == 0)
        return run_help(argc, argv);
    if (strcmp(argv[0], "--version") == 0)
        return show_version();
    fail_usage("there is no command '%s'; `tandem help` lists them", argv[0]);
}

/* A result that did not reach its reader, for a full disk say, is a failure. */
static int close_output(int exit_status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_status;
    fprintf(stderr, "tandem: standard output cannot be written: %s\n", strerror(errno));
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    td_file_prepare_process();
    return close_output(run_command(argc - 1, argv + 1));
}
