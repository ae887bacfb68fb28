/* What td_prepare reads: a table of interactions, and side tables of users and of items; how their
 * lines are cut, and which columns become which fields. A schema file says it (schema_file.h), the
 * options of the format delimited, or a format's name. */
#ifndef TD_PREPARE_SOURCE_H
#define TD_PREPARE_SOURCE_H

#include "base/place.h"
#include "base/yaml.h"
#include "data/schema.h"
#include "store/npy.h"
#include "tandem/prepare.h"
#include "text/table.h"
#include "text/time_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_VECTOR_MOST = 1 << 16 }; /* values of a vector */

/* A field, and where its values stand. Texts are the source's. */
typedef struct {
    const char *name;
    td_place place; /* where the schema names it */
    td_kind kind;
    td_role role;

    size_t column;      /* its first one, a place in the table's form.columns */
    size_t columns;     /* 1; of flags one for each, side by side; 0: it is not read, but made */
    const char **flags; /* (columns) of categories told by flags: the name that a row has where the
                           cell is 1, and has not where it is 0; NULL: a cell holds values */
    const char *separator; /* between the names in a cell of categories without flags, or between
                              the numbers of a vector; else NULL */
    bool is_guess;         /* nobody said that a cell is one name and not a list of them */
    size_t missing;
    const char **missing_texts; /* (missing) cells that have no value, besides empty ones; numbers
                                   that are equal to one have none either */
    bool has_decimal_comma;     /* of numbers: a comma stands where others have a point */
    char thousands;             /* of numbers: what stands between groups of three digits; '\0': a
                                   point with a decimal comma, else nothing */
    int64_t min_count;          /* names that fewer values have are missing; 0: none */
    td_time_form time;          /* of times */
    int64_t prefix;             /* so many characters of a name are kept; 0: all */
    int64_t hash_buckets;       /* ids are hashes of names, from 1 to this; 0: names are numbered */
    const char *path; /* between the steps of a category that is a path: each prefix is one; NULL */
    bool weighted;    /* of categories: a weight follows each name, behind a colon */
    int64_t width;    /* values of a vector; 0 of other kinds */
    const char *file; /* of a vector: the .npy beside the table whose row i is that of the table's
                         row i, not a column; NULL */
    td_npy_input *vectors; /* that file, from when it was found (vector_files.h); NULL */
} td_source_field;

/* Begins as {0}. */
typedef struct {
    td_table_form form; /* path is NULL if there is no such table */
    size_t held_out[2]; /* the places in form.file from which files are for validation, and for
                           testing; 0 where all are for training */
    bool blanks;        /* of the form: runs of them separate */
    bool is_of_rows;    /* a side table without files of its own: its rows are the interactions, of
                           which the first one of a user or an item counts */
    size_t key;         /* of side tables: the place in form.columns of the user's or item's name */
    size_t count;
    td_source_field *fields; /* (count) */
} td_source_table;

/* What happens to the interactions after they were read, in the order of docs/formats.md. */
typedef struct {
    const char *where; /* a condition that they must satisfy; NULL: none */
    td_place where_place;
    td_repeats repeats;
    bool says_repeats_by;
    size_t repeats_by_count;
    const char **repeats_by; /* (repeats_by_count) fields by which rows differ beside user and item;
                                unless said, all categories */
    td_place repeats_by_place;
    td_without_user without_user;
    const char *session_by; /* the field with the role user, whose rows make sessions; NULL: it is
                               not said, which is as good */
    td_place session_place;
    int64_t session_gap; /* seconds; more of them between two rows begin another session; 0: users
                            are no sessions */
    int64_t max_user_rows, min_user_items, min_item_users; /* 0: no limit */
} td_row_rules;

/* What a schema says of the split: as td_prepare_options has it, NULL, 0, TD_FRACTION_AS_TOLD and
 * UINT64_MAX for what it does not say. */
typedef struct {
    td_place place;
    const char *rule;
    uint64_t seed;
    double test_fraction, validation_fraction, warm_fraction;
    int64_t test_last, validation_last;
    const char *test_from, *validation_from, *test_where;
} td_split_words;

td_split_words td_split_words_none(void);

/* How the field with the role weight is made. */
typedef struct {
    bool is_told;       /* here, and not by a column */
    const char *from;   /* a category of interactions; NULL: all rows weigh as others do */
    td_place place;     /* of from */
    size_t count;       /* names of that category, */
    const char **names; /* (count) */
    float *values;      /* (count) and what they weigh */
    float others;       /* what others do; NAN: there may be none */
    int64_t half_life;  /* seconds in which a weight halves; 0: it does not */
} td_weight_rule;

typedef struct {
    td_source_table table[TD_OFS]; /* of interactions, users, items */
    td_item_key item_key;          /* what names an item */
    bool unlisted_are_items; /* items of interactions that the item list lacks are items without
                                fields; else their rows are bad */
    const char *format;      /* that it was read by; NULL for a schema */
    td_row_rules rules;
    td_split_words split;
    td_weight_rule weight;
    td_yaml *schema;       /* keeps the texts; NULL for the format delimited */
    td_yaml *by_option[2]; /* and those of options that are texts of a schema */
} td_source;

/* Local. Tells what the options say; schema is the text of their schema file, NULL without one.
 * TD_ERR_USAGE for options that contradict each other, TD_ERR_CONFIG for a schema that is wrong,
 * TD_ERR_FILE for an input that is not the folder that a schema needs. The caller frees source with
 * td_source_free, also after a failure. options must outlive it. */
td_status td_source_describe(const td_prepare_options *options, const char *schema,
                             td_source *source);
void td_source_free(td_source *source);

/* Local. Puts what options say of rows in the place of what a schema says (schema_rows.c).
 * TD_ERR_CONFIG, naming the option, for what a schema could not say either. */
td_status td_source_add_rules(const td_prepare_options *options, td_source *source);

/* Local. Adds the field with the role weight that sums of repeated rows need, each 1, if there is
 * none. TD_ERR_CONFIG if it cannot be made. */
td_status td_source_complete(td_source *source);

/* Local. Add a wanted column to a table, and return its place; and a field, and return it. */
size_t td_source_add_column(td_source_table *table, const char *column);
td_source_field *td_source_add_field(td_source_table *table, td_source_field field);

/* Local. Adds a file to a form, whose path is the first one's. */
void td_source_add_file(td_table_form *form, const char *path);

/* Local. Read what options and schemas say of forms: a form's name, auto, csv, tsv, delimited,
 * jsonl or lists; false for another. The separator of a text, in which tab is a name. A unit of
 * times, auto, s, ms, us or ns. A quote, a character or none; false for what is neither. */
bool td_source_set_form(td_table_form *form, const char *name);
const char *td_source_separator(const char *text);
bool td_source_time_unit(const char *text, td_time_unit *unit);
bool td_source_quote(const char *text, char *quote);

/* Local. Sets what was not said of how fields are cut to its defaults: text is delimited if
 * anything was (cut) or a form was, by a comma, with quotes if the separator is one character other
 * than a tab, and without the blanks around fields. */
void td_source_complete_form(td_source_table *table, bool cut, bool quote, bool trim);

/* Local. Warns of so many users or items, of whose rows in the interactions the first one tells
 * something else than another; not of none. */
void td_source_warn_of_differing(const td_source_table *table, td_of of, int64_t count);

/* Local. Whether a field is of lists that nothing says how to cut, unless they are JSON's. */
static inline bool td_source_needs_separator(const td_source_field *field)
{
    return field->kind == TD_KIND_CATEGORIES && !field->flags && !field->separator && !field->path;
}

/* Local. Return the field with a role, or of a name, NULL if there is none. Roles but title's are
 * of interactions, title's of items. */
const td_source_field *td_source_with_role(const td_source *source, td_role role);
const td_source_field *td_source_find(const td_source *source, const char *name);

#endif
