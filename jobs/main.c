/* tandem: picks the subcommand, parses its options, starts the ranks, runs it, and turns its status
 * into an exit status. */
#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "command.h"
#include "hangup.h"
#include "tandem/config.h"
#include "tandem/signals.h"
#include "version.h"
#include "waiting.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const command *const commands[] = {
    &synth_command,   &prepare_command,   &train_command,     &refit_command,   &evaluate_command,
    &predict_command, &recommend_command, &neighbors_command, &embed_command,   &export_command,
    &report_command,  &receipt_command,   &verify_command,    &inspect_command, NULL};

static const command *find_command(const char *name)
{
    for (const command *const *c = commands; *c; c++)
        if (strcmp(name, (*c)->name) == 0)
            return *c;
    return NULL;
}

/* Returns the topic that is nearest to one that there is not: a command, or a word of keys. */
static char *nearest_topic(const char *topic)
{
    size_t count = 0;
    const char *names[sizeof commands / sizeof(const command *)]; /* one instead of NULL */
    char *word = td_config_nearest_topic(topic);
    for (const command *const *c = commands; *c; c++)
        names[count++] = (*c)->name;
    names[count++] = word;
    char *nearest = td_copy_text(names[td_nearest(topic, count, names)]);
    td_free(word);
    return nearest;
}

static void print_commands(void)
{
    printf("usage: tandem COMMAND [OPTION...]   (tandem COMMAND --help tells more)\n\n");
    for (const command *const *c = commands; *c; c++)
        printf("  %-10s %s\n", (*c)->name, (*c)->does);
    printf("  %-10s this list; `help COMMAND`: its options; `help config`: every "
           "configuration key;\n  %-10s `help KEY`: one key, or what others call it (`help lr`)\n",
           "help", "");
}

/* Collective. Agrees on the status, lets one rank say what went wrong, and stops comm. */
static int finish(td_comm *comm, td_status status)
{
    status = td_comm_agree(comm, status);
    if (status != TD_OK)
        td_log("error: %s", td_message());
    td_comm_stop(comm);
    if (status == TD_OK)
        return EXIT_DONE;
    return status == TD_ERR_USAGE ? EXIT_WRONG_USAGE : EXIT_FAILED;
}

static int run(const command *chosen, int argc, char **argv)
{
    char purpose[32];
    snprintf(purpose, sizeof purpose, "tandem %s", chosen->name);
    TD_MEMORY_FOR(purpose, NULL);
    void *request = td_allocate(1, chosen->size);
    if (chosen->start)
        chosen->start(request);
    parse_options(&chosen->table, argc, argv, request, chosen->check);
    if (chosen->catches_signals)
        td_signals_start();
    td_comm *comm = td_comm_start();
    int status = finish(comm, chosen->run(comm, request));
    if (status == EXIT_DONE && chosen->exit_status)
        status = chosen->exit_status(request);
    td_free(request);
    return status;
}

static int show_options(const command *chosen)
{
    char name[32], help[] = "--help";
    snprintf(name, sizeof name, "%s", chosen->name);
    char *arguments[] = {name, help, NULL};
    return run(chosen, 2, arguments);
}

/* tandem help: the commands, the configuration's reference, a command's own --help, or keys of the
 * configuration. */
static int show_help(int argc, char **argv)
{
    char topic[256] = "help"; /* of several words, joined: `help weight decay` */
    size_t used = 0;
    for (int i = 1; i < argc && used < sizeof topic; i++)
        used +=
            (size_t)snprintf(topic + used, sizeof topic - used, "%s%s", i > 1 ? "_" : "", argv[i]);
    const command *chosen = find_command(topic);
    if (chosen)
        return show_options(chosen);
    if (!is_first_process())
        return EXIT_DONE;
    if (strcmp(topic, "help") == 0 || strcmp(topic, "--help") == 0)
        print_commands();
    else if (strcmp(topic, "config") == 0)
        td_config_print_reference(stdout);
    else if (!td_config_print_help(stdout, topic))
        fail_usage(
            "there is no help on '%s' (the nearest is '%s'); `tandem help` lists the topics, "
            "`tandem help config` the configuration's keys",
            topic, nearest_topic(topic));
    return EXIT_DONE;
}

static int show_version(int argc, char **argv)
{
    const bool verbose = argc == 2 && strcmp(argv[1], "--verbose") == 0;
    if (argc > 1 && !verbose)
        fail_usage("--version takes nothing but --verbose; found '%s'", argv[argc - 1]);
    if (is_first_process())
        print_version(verbose);
    return EXIT_DONE;
}

static int run_command(int argc, char **argv)
{
    if (argc == 0)
        fail_usage("expected a command; `tandem help` lists them");
    const command *chosen = find_command(argv[0]);
    if (chosen)
        return run(chosen, argc, argv);
    if (strcmp(argv[0], "help") == 0)
        return show_help(argc, argv);
    if (strcmp(argv[0], "--help") == 0)
        return show_help(1, argv);
    if (strcmp(argv[0], "--version") == 0)
        return show_version(argc, argv);
    fail_usage("there is no command '%s'; `tandem help` lists them", argv[0]);
}

/* A result that did not reach its reader, for a full disk say, is a failure; one that stopped
 * reading
 * (`| head`) knows. */
static int close_output(int exit_status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_status;
    struct pollfd output = {STDOUT_FILENO, POLLOUT, 0};
    const int reason = errno;
    if (poll(&output, 1, 0) == 1 && output.revents & POLLERR)
        return EXIT_BY_SIGNAL + SIGPIPE;
    td_last_words("standard output cannot be written: %s", strerror(reason));
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    hangup_start();
    waiting_start();
    return close_output(run_command(argc - 1, argv + 1));
}
