/* tandem prepare: rating files to a data file. */
#include "tandem/prepare.h"

#include "command.h"
#include "shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    td_prepare_options options;
    text_list inputs, missing, test_inputs, validation_inputs;
    const char *out, *write_schema;
    bool describe;
} request;

static const option options[] = {
    {.kind = OPTION_ARGUMENTS,
     .place = offsetof(request, inputs),
     .value = "INPUT",
     .help = "INPUT, the ratings to read",
     .needed = true},
    TEXT(options.format, "format", "FORMAT",
         "movielens-100k, movielens-1m, movielens-csv (INPUT is the data set's folder); csv, tsv, "
         "delimited, jsonl (a JSON object a line), lists (a user and its items a line), or auto: "
         "what the first lines look like. Without it and --schema it is guessed and said"),
    TEXT(options.schema, "schema", "FILE",
         "in place of a format: a YAML file of the tables in INPUT, their columns and fields "
         "(docs/formats.md)"),
    TEXT(out, "out", "FILE", "the data file to write; one that is there is replaced"),
    FLAG(describe, "describe",
         "write nothing; print what INPUT seems to be: form, columns, kinds, roles, and what looks "
         "wrong, by its first 100,000 rows. Options of files and columns (--user-column) say what "
         "it would guess; others are refused"),
    TEXT(write_schema, "write-schema", "FILE",
         "with --describe: save it as a schema, ready to edit and to be read by --schema"),
    INTEGER(options.seed, "seed", 0, INT64_MAX,
            "of the split and of the users' order (as the schema says, else 42)"),
    TEXT(options.split, "split", "RULE",
         "what holds rows out for testing (as the schema says, else rows): rows, random ones; "
         "user_rows, random ones of each user; items, all those of random items; leave_last, each "
         "user's newest; leave_one_out, each "
         "user's newest, and the one "
         "before it for validation; time, one cut for all users; files, those of --test-input"),
    REAL(options.test_fraction, "test-fraction", 0, 1,
         "of rows, user_rows, items and time: the share for testing (0.2)"),
    REAL(options.validation_fraction, "validation-fraction", 0, 1, "and for validation (0)"),
    REAL(
        options.warm_fraction, "warm-fraction", 0, 1,
        "of items: the share of each user's rows of the other items that is for testing, too, and, "
        "with --validation-fraction, for validation (0)"),
    INTEGER(options.test_last, "test-last", 1, INT32_MAX,
            "of leave_last: how many rows of a user are for testing (1)"),
    INTEGER(options.validation_last, "validation-last", 1, INT32_MAX,
            "and how many before them for validation (0)"),
    TEXT(options.test_from, "test-from", "TIME",
         "of time, in place of shares: rows from then on are for testing"),
    TEXT(options.validation_from, "validation-from", "TIME",
         "and those from then on for validation"),
    TEXTS(test_inputs, "test-input", "INPUT",
          "of files: its rows are for testing; may be repeated"),
    TEXTS(validation_inputs, "validation-input", "INPUT",
          "and those of this one for validation; may be repeated"),
    TEXT(options.test_where, "test-where", "CONDITION",
         "hold out only rows that satisfy it; with times, others that are as new are neither "
         "trained "
         "nor tested (all)"),
    CHOICE(options.statistics, "statistics", "train|all",
           "rows that tell the users with an id and the times' range, mean and variance: train "
           "(the default) or all"),
    CHOICE(options.item_key, "item-key", "title|id",
           "what names an item: id, or title, where several ids with one title are one item (as "
           "the format or "
           "schema says, titles for MovieLens; else the id)"),
    CHOICE(options.without_user, "without-user", "bad|drop|alone",
           "a row without a user: a bad line, left out, or a user of its own (as the schema says, "
           "else bad)"),
    TEXT(options.session, "session", "GAP",
         "sessions are the users: a user's rows are cut where more than GAP, such as 30min, lies "
         "between two of them (as the schema says, else never)"),
    TEXT(options.where, "where", "CONDITION",
         "keep the rows that satisfy it, such as 'rating >= 4' (all; docs/formats.md)"),
    CHOICE(options.repeats, "repeats", "keep|first|last|sum|max",
           "rows of the same user and item: keep all, the first or last of them, or the last with "
           "the sum or largest of their weights (as the schema says, else keep)"),
    TEXT(options.repeats_by, "repeats-by", "[FIELD,..]",
         "fields that rows must agree in, too, to repeat each other; [] for none (as the schema "
         "says, else all categories without a role)"),
    INTEGER(options.max_user_rows, "max-user-rows", 1, INT64_MAX,
            "keep so many of a user's newest rows (as the schema says, else all)"),
    INTEGER(options.min_user_items, "min-user-items", 1, INT64_MAX,
            "keep users who have so many different items (as the schema says, else all)"),
    INTEGER(options.min_item_users, "min-item-users", 1, INT64_MAX,
            "keep items that so many different users have, until both hold (likewise)"),
    INTEGER(options.skip_bad, "skip-bad", 0, INT64_MAX, "leave out up to N bad lines (0)"),
    INTEGER(options.max_tokens, "max-tokens", 2, INT32_MAX - 1,
            "keep the most frequent tokens of the titles: N ids, with those of padding and of "
            "unknown tokens (10000)"),
    {.kind = OPTION_HEADING,
     .help = "Of the formats auto, csv, tsv, delimited, jsonl and lists (COLUMN is a name in the "
             "header or of a JSON member, or a number from 1):"},
    TEXT(options.separator, "separator", "TEXT",
         "between fields: one character or more, or tab (a comma)"),
    FLAG(options.blanks, "blanks", "runs of blanks are one separator"),
    TEXT(options.quote, "quote", "C|none",
         "what fields may be in (\"; none where a tab or several characters separate)"),
    FLAG(options.lines_in_quotes, "lines-in-quotes",
         "fields in quotes may go on over line ends; one rank then reads a file"),
    FLAG(options.no_trim, "no-trim", "blanks around a field are part of it"),
    TEXT(options.comment, "comment", "TEXT", "leave out lines that begin so"),
    TEXT(options.encoding, "encoding", "NAME",
         "of the text (utf-8): latin1, another name that iconv knows, or auto, UTF-8 where all "
         "of a file is it and else latin1"),
    CONSTANT(
        options.header, "header", TD_HEADER_YES,
        "the first line of each file names the columns (implied by a COLUMN's name; else where "
        "it cannot be a row)"),
    CONSTANT(options.header, "no-header", TD_HEADER_NO, "the first line is a row"),
    TEXT(options.user_column, "user-column", "COLUMN", "the user (1)"),
    TEXT(options.item_column, "item-column", "COLUMN", "the item's id (2)"),
    TEXT(options.rating_column, "rating-column", "COLUMN", "the rating (none)"),
    TEXT(options.timestamp_column, "timestamp-column", "COLUMN",
         "the time (none): ISO 8601, or a number since 1970"),
    TEXT(options.timestamp_unit, "timestamp-unit", "auto|s|ms|us|ns",
         "of times that are numbers (auto: by their size, which is said)"),
    TEXT(options.timestamp_format, "timestamp-format", "FORMAT",
         "of other times, as strptime has it: %d.%m.%Y"),
    TEXT(options.weight_column, "weight-column", "COLUMN", "the sample weight, above 0 (none)"),
    TEXTS(missing, "missing", "TEXT",
          "a rating or time of TEXT, or an empty one, is none; may be repeated. A row without "
          "rating "
          "is no row for the tasks that learn ratings"),
    TEXT(options.items, "items", "FILE", "the item list (none: the items are those of INPUT)"),
    TEXT(options.items_id_column, "items-id-column", "COLUMN", "the item list's id (1)"),
    TEXT(options.items_title_column, "items-title-column", "COLUMN", "the item list's title (2)"),
    {0}};

static void start(void *context)
{
    ((request *)context)->options = td_prepare_defaults();
}

static const char *or_none(bool there)
{
    return there ? "yes" : "none";
}

/* Items, and where their names are from. */
static void print_items(const td_prepare_report *r)
{
    printf("items       %" PRId64, r->items);
    if (r->listed > 0)
        printf(", named by %" PRId64 " rows of the item list", r->listed);
    if (r->listed > 0 && r->catalog > r->listed)
        printf("; it lacks %" PRId64, r->catalog - r->listed);
    printf("\n");
}

static void print_report(const request *s, const td_prepare_report *r)
{
    printf("rows        %" PRId64 ": %" PRId64 " training, ", r->rows, r->train_rows);
    if (r->validation_rows > 0)
        printf("%" PRId64 " validation, ", r->validation_rows);
    printf("%" PRId64 " test", r->test_rows);
    if (r->given_rows > 0)
        printf(", %" PRId64 " set aside", r->given_rows);
    printf("\n");
    if (r->tied > 0)
        printf("ties        %" PRId64 " %s at the cut, where random keys chose\n", r->tied,
               strcmp(r->split, "time") == 0 ? "rows have the time"
                                             : "users have rows of one time");
    for (int reason = 0; reason < TD_LEFT_OUTS; reason++)
        if (r->left_out[reason] > 0)
            printf("left out    %" PRId64 " rows by %s\n", r->left_out[reason],
                   td_left_out_name((td_left_out)reason));
    printf("users       %" PRId64 " with an id; %" PRId64 " have no training row\n", r->users,
           r->test_only_users);
    print_items(r);
    printf("tokens      %" PRId64 " of the titles, with padding and unknown ones\n", r->tokens);
    printf("columns     ratings: %s, timestamps: %s, weights: %s, titles: %s\n",
           or_none(r->has_ratings), or_none(r->has_timestamps), or_none(r->has_weights),
           or_none(r->has_titles));
    printf("duplicates  %" PRId64 " rows repeat an earlier row's user and item; kept\n",
           r->duplicates);
    printf("bad lines   %" PRId64 " left out\n", r->skipped);
    printf("file        %s\n", shown(s->out));
    printf("checksum    %016" PRIx64 "\n", r->checksum);
}

static td_status check(const void *context)
{
    const request *s = context;
    if (s->describe == (s->out != NULL))
        return td_fail(TD_ERR_USAGE, "expected --out FILE, or --describe%s",
                       s->out ? "; found both" : "");
    return s->describe || !s->write_schema
               ? TD_OK
               : td_fail(TD_ERR_USAGE, "expected --describe with --write-schema");
}

static td_status prepare(td_comm *comm, void *context)
{
    request *s = context;
    td_prepare_report report;
    char *text;
    s->options.input = s->inputs.text[0];
    s->options.more_inputs = s->inputs.text + 1;
    s->options.missing = s->missing.text;
    s->options.test_inputs = s->test_inputs.text;
    s->options.validation_inputs = s->validation_inputs.text;
    if (s->describe) {
        TD_TRY(td_prepare_describe(comm, &s->options, s->write_schema, &text));
        printf("%s", text ? text : "");
        free(text);
        return TD_OK;
    }
    TD_TRY(td_prepare(comm, &s->options, s->out, &report));
    if (td_comm_rank(comm) == 0)
        print_report(s, &report);
    return TD_OK;
}

const command prepare_command = {
    .name = "prepare",
    .does = "make a data file of ratings",
    .table =
        {"INPUT...",
         "Reads ratings and writes one data file, the form that training and evaluation read. "
         "INPUT is a file, a folder of files or, on one rank, - for standard input; several are "
         "one table, each with its own header.",
         options},
    .size = sizeof(request),
    .start = start,
    .check = check,
    .run = prepare};
