/* Command lines: one table of options a subcommand, parsed by glibc's argp.
 *
 * A subcommand is parsed before the ranks start, by every process for itself. Only the first
 * process of the job is heard: --help, --version and wrong usage print once under mpirun or srun.
 * All functions are Local.
 */
#ifndef TANDEM_OPTIONS_H
#define TANDEM_OPTIONS_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an option's value is, and the type of the member that it sets. */
typedef enum {
    OPTION_HEADING,  /* no option: help stands above those that follow */
    OPTION_FLAG,     /* bool, set to true; takes no value */
    OPTION_CONSTANT, /* int, set to low; takes no value */
    OPTION_CHOICE,   /* int, the place in value, which is "a|b|c" */
    OPTION_INT,      /* int64_t from low to high */
    OPTION_SMALL,    /* int, likewise */
    OPTION_REAL,     /* double, likewise */
    OPTION_TIME,     /* int64_t, seconds since 1970: Unix seconds or ISO 8601 */
    OPTION_TEXT,     /* const char *, not empty */
    OPTION_TEXTS,    /* text_list, one more each time */
    OPTION_ARGUMENT, /* const char *, what stands without an option: one at most */
    OPTION_ARGUMENTS /* text_list, what stands without an option, one or more */
} option_kind;

/* A row of a table, which ends with one of zeros. */
typedef struct {
    const char *name; /* after "--", "" for one with a letter only */
    char letter;      /* after "-", 0 for none */
    option_kind kind;
    size_t place;      /* of the member in the subcommand's request */
    const char *value; /* what help calls it: "DIR" */
    const char *help;  /* of an argument: what is missed where it is missing */
    int64_t low, high;
    bool needed;
} option;

/* Begins as {0}; lasts until the process ends. */
typedef struct {
    size_t count;
    const char **text; /* ends with NULL; NULL if there is none */
} text_list;

/* What a subcommand's command line may hold, and its help. */
typedef struct {
    const char *arguments; /* "CONFIG": what help says stands without an option; NULL: nothing */
    const char *doc;
    const option *options;
} option_table;

/* Rows for threads, an int, and isa, a text, at these places of a request. */
#define EXECUTION_OPTIONS(threads_place, isa_place)                                                \
    {.name = "threads",                                                                            \
     .kind = OPTION_SMALL,                                                                         \
     .place = (threads_place),                                                                     \
     .value = "N",                                                                                 \
     .help = "threads of each rank; 0, the default: the cores it may run on, shared with the "     \
             "ranks that may too",                                                                 \
     .high = 4096},                                                                                \
    {                                                                                              \
        .name = "isa", .kind = OPTION_TEXT, .place = (isa_place), .value = "NAME",                 \
        .help = "instruction set of the kernels; default: the widest that this CPU has. The "      \
                "answer is the same with any"                                                      \
    }

/* Rows for the td_trained_options (tandem/trained_model.h) at a place of a request. */
#define MODEL_OPTIONS(model_place)                                                                 \
    {.name = "run",                                                                                \
     .kind = OPTION_TEXT,                                                                          \
     .place = (model_place) + offsetof(td_trained_options, run),                                   \
     .value = "DIR",                                                                               \
     .help = "the run folder, of tandem train",                                                    \
     .needed = true},                                                                              \
        {.name = "checkpoint",                                                                     \
         .kind = OPTION_TEXT,                                                                      \
         .place = (model_place) + offsetof(td_trained_options, checkpoint),                        \
         .value = "newest|best|STEP",                                                              \
         .help = "which one; default: newest. best: by test accuracy in the run's metrics"},       \
        {.name = "data",                                                                           \
         .kind = OPTION_TEXT,                                                                      \
         .place = (model_place) + offsetof(td_trained_options, data),                              \
         .value = "FILE",                                                                          \
         .help = "the run's data file, where that has moved"},                                     \
        EXECUTION_OPTIONS((model_place) + offsetof(td_trained_options, threads),                   \
                          (model_place) + offsetof(td_trained_options, isa))

/* A row for -k, the length of a list. */
#define LENGTH_OPTION(length_place)                                                                \
    {                                                                                              \
        .letter = 'k', .kind = OPTION_INT, .place = (length_place), .value = "N",                  \
        .help = "items of a list; default: 10", .low = 1, .high = 1000000                          \
    }

/* True in the one process of the job that is heard before the ranks start. */
bool is_first_process(void);

/* Ends the program as wrong usage (status 2) with one message from the first process. */
_Noreturn void fail_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Parses a command line, argv[0] the subcommand's name, into request. check (NULL: none) judges
 * the whole and answers TD_ERR_USAGE with what is wrong. Does not return for --help and --version
 * (exit status 0) nor for wrong usage (status 2). */
void parse_options(const option_table *table, int argc, char **argv, void *request,
                   td_status (*check)(const void *request));

#endif
