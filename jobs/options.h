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
    OPTION_LENGTH,   /* int64_t, likewise; 10 where it is not given */
    OPTION_REAL,     /* double, likewise */
    OPTION_TIME,     /* int64_t, seconds since 1970: Unix seconds or ISO 8601; TD_TIME_LATEST where
                        it is not given */
    OPTION_TEXT,     /* const char *, not empty */
    OPTION_MAYBE,    /* const char *, the text after it, or "" where none is or an option follows */
    OPTION_TEXTS,    /* text_list, one more each time */
    OPTION_ARGUMENT, /* const char *, what stands without an option: one at most; or, unseen in
                        help, behind one of its name, as other commands have it */
    OPTION_ARGUMENTS /* text_list, likewise, one or more */
} option_kind;

/* A row of a table, which ends with one of zeros. */
typedef struct {
    const char *name; /* after "--", NULL for one with a letter only */
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

/* Rows of a table: member is one of the subcommand's struct `request`, called the option's name. */
#define OPTION(of, member, character, called, shown, text, from, to, must)                         \
    {                                                                                              \
        .name = (called), .letter = (character), .kind = OPTION_##of,                              \
        .place = offsetof(request, member), .value = (shown), .help = (text), .low = (from),       \
        .high = (to), .needed = (must)                                                             \
    }
#define ARGUMENT(member, shown, text) OPTION(ARGUMENT, member, 0, NULL, shown, text, 0, 0, true)
#define FLAG(member, called, text)    OPTION(FLAG, member, 0, called, NULL, text, 0, 0, false)
#define CONSTANT(member, called, value, text)                                                      \
    OPTION(CONSTANT, member, 0, called, NULL, text, value, 0, false)
#define CHOICE(member, called, choices, text)                                                      \
    OPTION(CHOICE, member, 0, called, choices, text, 0, 0, false)
#define INTEGER(member, called, from, to, text)                                                    \
    OPTION(INT, member, 0, called, "N", text, from, to, false)
#define REAL(member, called, from, to, text)                                                       \
    OPTION(REAL, member, 0, called, "F", text, from, to, false)
#define TIME(member, called, text)        OPTION(TIME, member, 0, called, "TIME", text, 0, 0, false)
#define TEXT(member, called, shown, text) OPTION(TEXT, member, 0, called, shown, text, 0, 0, false)
#define MAYBE(member, called, shown, text)                                                         \
    OPTION(MAYBE, member, 0, called, shown, text, 0, 0, false)
#define TEXTS(member, called, shown, text)                                                         \
    OPTION(TEXTS, member, 0, called, shown, text, 0, 0, false)
#define NEEDED(member, called, shown, text) OPTION(TEXT, member, 0, called, shown, text, 0, 0, true)
#define FORMAT_OPTION(member)                                                                      \
    CHOICE(                                                                                        \
        member, "format", "table|tsv|csv|jsonl",                                                   \
        "table, to be read, or records, one a line: tsv, csv or jsonl; default: table, or into "   \
        "--out what its name ends with, tsv at last")
#define LENGTH_OPTION(member)                                                                      \
    OPTION(LENGTH, member, 'k', NULL, "N", "items of a list; default: 10", 1, 1000000, false)

/* NOLINTBEGIN(bugprone-macro-parentheses): member is the name of a member. */

/* Rows for threads, an int, and isa, a text, of a member. */
#define EXECUTION_OPTIONS(member)                                                                  \
    OPTION(SMALL, member.threads, 0, "threads", "N",                                               \
           "threads of each rank; 0, the default: the cores it may run on, shared with the ranks " \
           "that may too",                                                                         \
           0, 4096, false),                                                                        \
        TEXT(member.isa, "isa", "NAME",                                                            \
             "instruction set of the kernels; default: the widest that this CPU has. The answer "  \
             "is the same with any")

/* Rows for a td_trained_options (tandem/trained_model.h), and for all of it but the run. */
#define MODEL_OPTIONS(member)                                                                      \
    NEEDED(member.run, "run", "DIR", "the run folder, of tandem train"), CHECKPOINT_OPTIONS(member)
#define CHECKPOINT_OPTIONS(member)                                                                 \
    TEXT(member.checkpoint, "checkpoint", "newest|best|STEP",                                      \
         "which one; default: newest. best: by checkpoint.keep_best on validation rows in the "    \
         "run's metrics, on test rows where there are none"),                                      \
        TEXT(member.data, "data", "FILE", "the run's data file, where that has moved"),            \
        EXECUTION_OPTIONS(member)

/* NOLINTEND(bugprone-macro-parentheses) */

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
