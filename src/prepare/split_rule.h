/* The rules by which interactions are split, as a table: a function of the seed and of the rows
 * with their users, never of ranks. A rule is a row of the table and its function. */
#ifndef TD_PREPARE_SPLIT_RULE_H
#define TD_PREPARE_SPLIT_RULE_H

#include "data/split.h"
#include "prepare/row_rules.h"
#include "tandem/prepare.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stdint.h>

/* The hidden field of rows that says which files they are from: a td_split. */
#define TD_FIELD_FILES ".files"

/* What a rule knows, and what it finds. A rank has all rows of each of its users. */
typedef struct {
    td_comm *comm;
    const td_prepare_options *options;
    td_row_choice
        *rows; /* grouped by user if the rule is by_user; keep says which may be held out */
    const int64_t *number;              /* (rows) of all ranks' rows, from 0 */
    int64_t test_last, validation_last; /* of rules by user */
    int64_t test_from, validation_from; /* times; INT64_MIN: not told */
    uint8_t *split;                     /* (rows) td_split, which is training as it comes */
    int64_t tied; /* users, or rows, for whom a time did not tell what is held out */
} td_splitting;

struct td_split_rule {
    const char *name;
    bool by_user;                            /* it looks at one user after the other */
    bool by_time;                            /* it needs a field with the role time */
    bool says_last;                          /* it reads test_last and validation_last, */
    bool says_from;                          /* test_from and validation_from, */
    bool says_fraction;                      /* test_fraction and validation_fraction, */
    bool says_warm;                          /* warm_fraction beside them, */
    bool says_files;                         /* or the inputs' kinds */
    int64_t validation_last;                 /* unless told */
    void (*choose)(td_splitting *splitting); /* Collective */
};

enum { TD_SPLIT_RULES = 7 };

/* Local. Sets the names of the rules. */
void td_split_rule_names(const char *names[TD_SPLIT_RULES]);

/* Local. Returns options in which all is said: what they do not say is as the schema says, unless
 * they have another rule, and then as it is by default. */
td_prepare_options td_split_complete(const td_prepare_options *options,
                                     const td_split_words *schema);

/* Local. Returns what a schema says that counts: all, or the seed alone beside options that have
 * another rule. */
td_split_words td_split_words_beside(const td_prepare_options *options,
                                     const td_split_words *schema);

/* Local. Returns the rule of options as they were told, which are whole once completed.
 * TD_ERR_USAGE, TD_ERR_CONFIG for none, with the names there are, and for options, or keys of the
 * schema, that the rule does not read, or that it does not read together. */
typedef struct td_split_rule td_split_rule;
td_status td_split_rule_find(const td_prepare_options *told, const td_split_words *schema,
                             const td_prepare_options *whole, const td_split_rule **rule);

/* Local. Returns how many of rows are held out: the product rows * fraction, as a double, rounded
 * half away from zero. */
int64_t td_split_share(int64_t rows, double fraction);

/* Collective. Sets part (items + 1), which is training as it comes, to a split of the items of rows
 * that may be held out: in the order of their keys the last are for testing, those before them for
 * validation (split_items.c). */
void td_split_items(const td_splitting *splitting, int64_t items, uint8_t *part);

/* Collective. Splits the rows of p, whose number among all ranks' is row, and counts what it did in
 * the report. */
td_status td_split_rows(td_preparing *p);

#endif
