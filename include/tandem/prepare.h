/* From rating files to one data file, the form that training and evaluation read.
 *
 * The data file groups the interactions by user, puts the users in a seeded random order, keeps
 * training and test rows apart, and holds the names of users and items (docs/formats.md). Its bytes
 * are a function of the input files and the options: not of the ranks, a path, or the time.
 */
#ifndef TANDEM_PREPARE_H
#define TANDEM_PREPARE_H

#include "tandem/comm.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What names an item. Several rows of an item list may share a title: they are one item then.
 * AS_TOLD: the title where a format or a schema says so, as those of MovieLens do; else the id. */
typedef enum { TD_KEY_TITLE, TD_KEY_ID, TD_KEY_AS_TOLD } td_item_key;

/* Which rows tell the users that have an id, and the times' range, mean and variance. */
typedef enum { TD_STATISTICS_TRAIN, TD_STATISTICS_ALL } td_statistics;

/* Whether the first line of a delimited file names the columns. AUTO: yes, if a column is asked
 * for by a name, or if it cannot be a row; it is said where that is a guess. */
typedef enum { TD_HEADER_AUTO, TD_HEADER_YES, TD_HEADER_NO } td_header;

/* What becomes of rows that repeat the user and item of others: all stay; the first or the last
 * stays; or the last one, with the sum or the largest of their weights. */
typedef enum {
    TD_REPEATS_KEEP,
    TD_REPEATS_FIRST,
    TD_REPEATS_LAST,
    TD_REPEATS_SUM,
    TD_REPEATS_MAX,
    TD_REPEATS_AS_TOLD /* of options: as the schema says, else all stay */
} td_repeats;

/* What a row without a user is: a bad line; left out; or the row of a user of its own. */
typedef enum {
    TD_WITHOUT_USER_BAD,
    TD_WITHOUT_USER_DROP,
    TD_WITHOUT_USER_ALONE,
    TD_WITHOUT_USER_AS_TOLD /* of options: as the schema says, else bad */
} td_without_user;

/* Why rows are left out, in the order in which it is asked (docs/formats.md). */
typedef enum {
    TD_LEFT_WITHOUT_USER, /* they name no user, and `without_user` says so */
    TD_LEFT_BY_WHERE,     /* they do not satisfy `where` */
    TD_LEFT_AS_REPEATED,  /* `repeats` left or made another of them */
    TD_LEFT_BY_CAP,       /* older than the user's newest `max_user_rows` */
    TD_LEFT_BY_CORE       /* of users or items with fewer than `min_user_items`, `min_item_users` */
} td_left_out;

enum { TD_LEFT_OUTS = TD_LEFT_BY_CORE + 1 };

/* Local. Returns what a schema calls what leaves rows out: "where", "repeats", .. */
const char *td_left_out_name(td_left_out reason);

/* A fraction that is as the schema says. */
#define TD_FRACTION_AS_TOLD (-1.0)

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    /* movielens-100k, movielens-1m, movielens-csv; or auto, csv, tsv, delimited, jsonl, lists. NULL
     * with a schema; without one it is guessed, and said: a folder of MovieLens, or auto. */
    const char *format;
    const char *schema; /* the path of a schema file (docs/formats.md), NULL with a format */

    /* A folder with the schema's or format's files; or the interactions: a file, a folder of files
     * in the order of their names, or "-", standard input, for a job of one rank. */
    const char *input;
    const char *const *more_inputs; /* whose rows follow; ends with NULL; NULL: none */
    td_item_key item_key;           /* whatever a format or a schema says, or as it says */
    td_statistics statistics;
    uint64_t seed; /* of the split and of the users' order; UINT64_MAX: as the schema says, or 42 */

    /* The rule that splits rows (docs/formats.md): rows, random ones; user_rows, random ones of
     * each user; items, all those of random items; leave_last, each user's newest; leave_one_out;
     * time, one cut for all; files. NULL: files with inputs for testing or validation, else as the
     * schema says, else rows. What is not said of a rule (TD_FRACTION_AS_TOLD, 0, NULL) is as the
     * schema says, if it has the same rule. */
    const char *split;
    double test_fraction, validation_fraction; /* of rows, user_rows, items, time: in [0, 1);
                                                  AS_TOLD: as the schema says, or 0.2 and 0 */
    double warm_fraction; /* of items, of each user's other rows: in [0, 1); AS_TOLD: likewise */
    int64_t test_last, validation_last;      /* of leave_last; 0: 1 and none */
    const char *test_from, *validation_from; /* of time: times, in place of shares; NULL */
    const char *test_where;                  /* a condition on what is held out; NULL */
    const char *const *test_inputs, *const
                                        *validation_inputs; /* of files, each ended by NULL; NULL */
    td_without_user without_user; /* whatever a schema says, or as it says */
    const char *session; /* as a schema has it: a gap such as 30min; NULL: as the schema says */
    const char *where;   /* a condition that rows must satisfy beside the schema's; NULL: none */
    td_repeats repeats;  /* whatever a schema says, or as it says */
    const char
        *repeats_by; /* as a schema has it: a list of fields, such as [event]; NULL: likewise */
    int64_t max_user_rows, min_user_items, min_item_users; /* 0: as the schema says, or no limit */
    int64_t skip_bad;   /* how many bad lines to leave out before one is an error */
    int64_t max_tokens; /* of titles, padding and unknown ones included: at least 2 */

    /* Of the formats auto, csv, tsv, delimited, jsonl and lists, NULL or false for the default. A
     * column is a name in the header, of a member of JSON objects (with dots for nested ones), or a
     * number from 1. */
    const char *separator;        /* "," by default; "tab" is a name for a tab */
    bool blanks;                  /* runs of blanks are one separator */
    const char *quote;            /* a character, or "none"; by default '"', but for tabs and
                                     separators of several characters */
    bool no_trim;                 /* blanks around a field are part of it */
    bool lines_in_quotes;         /* fields in quotes may hold line ends: one rank reads a file */
    const char *comment;          /* what lines that are left out begin with */
    const char *encoding;         /* utf-8 by default; latin1, auto, or what iconv knows */
    td_header header;             /* of the ratings and of the item list */
    const char *user_column;      /* the first by default */
    const char *item_column;      /* the second by default */
    const char *rating_column;    /* none by default */
    const char *timestamp_column; /* none by default */
    const char *timestamp_unit;   /* auto, by their size, by default; s, ms, us or ns since 1970 */
    const char *timestamp_format; /* of times, as strptime has it; else ISO 8601 or a number */
    const char *weight_column;    /* none by default */

    /* Ratings and timestamps that are none, as empty ones are then; ends with NULL; NULL: all are.
     * A row without a rating trains no task that learns ratings. */
    const char *const *missing;
    const char *items;              /* the item list's path; else the items are the ratings' */
    const char *items_id_column;    /* the first by default */
    const char *items_title_column; /* the second by default */
} td_prepare_options;

/* What was read and written. */
typedef struct {
    int64_t rows; /* interactions that are left, of all splits */
    int64_t train_rows;
    int64_t validation_rows;
    int64_t test_rows;
    int64_t given_rows; /* history: neither trained nor asked */
    const char *split;  /* the rule */
    int64_t tied; /* of time, rows; of leave_last and leave_one_out, users: for whom times are equal
                     at the cut, so that random keys chose */
    int64_t left_out[TD_LEFT_OUTS]; /* by td_left_out */
    int64_t skipped;                /* bad lines left out, of ratings and item list */
    int64_t duplicates;             /* rows whose (user, item) another row before them has */
    int64_t users;                  /* with an id */
    int64_t test_only_users;        /* without a training row */
    int64_t items;
    int64_t catalog; /* rows of the data file's item list, */
    int64_t listed;  /* of which so many are the input's; 0 without such a list */
    int64_t tokens;  /* of titles, padding and unknown ones included; 0 without titles */
    bool has_ratings;
    bool has_timestamps;
    bool has_weights;
    bool has_titles;
    uint64_t checksum; /* of the data file's contents */
} td_prepare_report;

/* Local. Returns the defaults: no format and no input, items named as told, statistics of the
 * training rows, split and rules on rows as a schema says, no bad line, 10,000 tokens, and NULL for
 * the rest. */
td_prepare_options td_prepare_defaults(void);

/* Collective over comm. Reads the input and writes the data file out_path, which replaces one of
 * that name only when it is whole. Every rank reads a part of the ratings, unless they are packed,
 * and the whole item list; each needs memory for about its share of the rows, and for all items.
 * TD_ERR_USAGE: options that contradict each other or name an unknown format; TD_ERR_INPUT: a bad
 * line, named, the same one for any number of ranks; TD_ERR_FILE. */
td_status td_prepare(td_comm *comm, const td_prepare_options *options, const char *out_path,
                     td_prepare_report *report);

/* Collective over comm. Rank 0 reads the first rows of the input that options name, and sets
 * *report, which is free()d, to a text of what is in them: form, columns, kinds and roles that they
 * may have, and what looks wrong; NULL on other ranks. With a schema_path it also writes a schema
 * there that says so. TD_ERR_USAGE for standard input; else as td_prepare. */
td_status td_prepare_describe(td_comm *comm, const td_prepare_options *options,
                              const char *schema_path, char **report);

#ifdef __cplusplus
}
#endif

#endif
