/* What the columns of a table hold, by its first rows, and what fields they may be. */
#ifndef TD_PREPARE_PROFILE_H
#define TD_PREPARE_PROFILE_H

#include "comm/comm.h"
#include "data/vocabulary.h"
#include "prepare/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_PROFILE_ROWS = 100000, TD_PROFILE_MARKS = 16 };

/* How sure a role is: an option says it, a word of users and the like, a word that has other
 * meanings, too; GUESS: no word at all. */
typedef enum {
    TD_ROLE_BY_WORD,
    TD_ROLE_BY_OPTION,
    TD_ROLE_BY_WEAK_WORD,
    TD_ROLE_BY_GUESS
} td_role_source;

typedef struct {
    const char *column;                /* its name in the header, or its number */
    char field[TD_FIELD_NAME_MAX + 1]; /* what the field may be called */
    td_vocabulary *cells;              /* the distinct ones that are not empty */
    int32_t *cell;                     /* (rows) which of them each row has; 0 for an empty one */
    int64_t *count;                    /* (cells + 1) rows that have it */

    td_of of; /* of a column of interactions: whose field it is; of a user or an item, where all
                 rows of one have the same, and would not by chance */
    td_kind kind;
    td_role role;
    const char *separator;  /* of categories; NULL: a list of JSON */
    td_time_unit unit;      /* of times, as an option says */
    const char *format;     /* of times, as strptime has it; NULL: ISO 8601 or numbers */
    const char *fits[2];    /* formats that read all cells of a category, two of several */
    bool has_decimal_comma; /* of numbers */
    char thousands;         /* of numbers: between groups of three digits; '\0': nothing */
    bool may_be_groups;     /* of numbers: or thousands, as three digits are behind a sign */
    bool is_like_times;     /* a category, though its name or its cells are like times' */
    int32_t unread;         /* a cell that is none of the kind that an option says, or no
                                       number in a category of which nearly all others are; 0 */
    td_role_source role_by;
    size_t marks;                   /* cells that stand for none, */
    int32_t mark[TD_PROFILE_MARKS]; /* (marks) */
    const char *const
        *told_missing;       /* texts that options say stand for none, ends with NULL; NULL */
    int64_t missing;         /* rows with an empty cell or one of these */
    int32_t lowest, highest; /* cells of numbers and times; 0: there is none */
    int32_t odd;             /* a frequent one far from all others; 0: there is none; */
    int64_t odd_rows;        /* rows with its value */
} td_column_profile;

typedef struct {
    td_of of;
    td_table_form form;         /* complete; its columns are all that there are */
    size_t key;                 /* of a side table: which column names the users or items */
    td_column_profile *columns; /* (form.count) */
    int64_t rows;
    bool is_whole;                   /* the rows are all there are */
    int64_t bad;                     /* lines among them that are none; */
    char message[TD_BAD_LINE_BYTES]; /* what the first one's fault is */
} td_profile;

/* Collective. Reads the first rows of a table of source. TD_ERR_FILE, TD_ERR_INPUT; td_profile_free
 * frees the profile, also after a failure. */
td_status td_profile_read(td_comm *comm, const td_source *source, td_of of, td_profile *profile);
void td_profile_free(td_profile *profile);

/* Local. Guesses kinds, missing cells, roles and the fields' names, but for what options say of
 * columns; others tells the names of earlier tables. Columns of interactions become fields of users
 * and items where these have no table of their own. TD_ERR_INPUT for a column that is not there. */
td_status td_profile_guess(const td_source *source, const td_prepare_options *options,
                           const td_profile *others, td_profile *profile);

/* Local. Whether a column of interactions is a field of these. */
bool td_profile_tells(const td_profile *profile, td_of of);

/* Local. Returns the column with a role; NULL if there is none. */
const td_column_profile *td_profile_with_role(const td_profile *profile, td_role role);

/* Local. Returns how many cells of a column stand for something. */
int32_t td_profile_values(const td_column_profile *column);

/* Local. Whether a column with a role is unlikely to have it: few values of many rows, or another
 * in nearly every row. */
bool td_profile_has_few(const td_profile *profile, const td_column_profile *column);
bool td_profile_is_unique(const td_profile *profile, const td_column_profile *column);

#endif
