/* tandem help: the commands, the configuration's reference, or a command's own --help. */
#include "arguments.h"
#include "jobs.h"
#include "tandem/config.h"

#include <stdio.h>
#include <string.h>

static int show_options(const command *chosen)
{
    char name[32], help[] = "--help";
    snprintf(name, sizeof name, "%s", chosen->name);
    char *arguments[] = {name, help, NULL};
    return chosen->run(2, arguments);
}

int run_help(int argc, char **argv)
{
    const char *topic = argc > 1 ? argv[1] : "--help";
    const command *chosen = find_command(topic);
    if (argc > 2)
        fail_usage("help takes one topic; found %d", argc - 1);
    if (chosen && chosen->run != run_help)
        return show_options(chosen);
    bool is_list = chosen || strcmp(topic, "--help") == 0;
    if (!is_list && strcmp(topic, "config") != 0)
        fail_usage("there is no help on '%s'; `tandem help` lists the topics", topic);
    if (!is_first_process())
        return EXIT_DONE;
    if (is_list)
        print_commands(stdout);
    else
        td_config_print_reference(stdout);
    return EXIT_DONE;
}
