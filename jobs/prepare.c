/* tandem prepare: rating files to a data file. */
#include "tandem/prepare.h"
#include "arguments.h"
#include "jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    td_prepare_options options;
    const char *out;
} settings;

enum {
    OUT = 256,
    FORMAT,
    SEED,
    TEST_FRACTION,
    STATISTICS,
    ITEM_KEY,
    SKIP_BAD,
    MAX_TOKENS,
    SEPARATOR,
    HEADER,
    NO_HEADER,
    USER_COLUMN,
    ITEM_COLUMN,
    RATING_COLUMN,
    TIMESTAMP_COLUMN,
    WEIGHT_COLUMN,
    ITEMS,
    ITEMS_ID_COLUMN,
    ITEMS_TITLE_COLUMN
};

static const struct argp_option options[] = {
    {"format", FORMAT, "FORMAT", 0,
     "movielens-100k, movielens-1m, movielens-csv (INPUT is the data set's folder), or delimited "
     "(INPUT is a file)",
     1},
    {"out", OUT, "FILE", 0, "The data file to write; one that is there is replaced", 1},
    {"seed", SEED, "N", 0, "Of the split and of the users' order (42)", 1},
    {"test-fraction", TEST_FRACTION, "F", 0, "Share of the rows kept for testing (0.2)", 1},
    {"statistics", STATISTICS, "ROWS", 0,
     "Rows that tell the users with an id and the times' range, mean and variance: train (the "
     "default) or all",
     1},
    {"item-key", ITEM_KEY, "KEY", 0, "What names an item: title (the default) or id", 1},
    {"skip-bad", SKIP_BAD, "N", 0, "Leave out up to N bad lines (0)", 1},
    {"max-tokens", MAX_TOKENS, "N", 0,
     "Keep the most frequent tokens of the titles: N ids, with those of padding and of unknown "
     "tokens (10000)",
     1},
    {NULL, 0, NULL, 0,
     "Of the format delimited (COLUMN is a name in the header, or a number from "
     "1):",
     2},
    {"separator", SEPARATOR, "TEXT", 0,
     "Between fields: one character or more, or tab (a comma; fields may be quoted then)", 2},
    {"header", HEADER, NULL, 0, "The first line names the columns (implied by a COLUMN's name)", 2},
    {"no-header", NO_HEADER, NULL, 0, "The first line is a row", 2},
    {"user-column", USER_COLUMN, "COLUMN", 0, "The user (1)", 2},
    {"item-column", ITEM_COLUMN, "COLUMN", 0, "The item's id (2)", 2},
    {"rating-column", RATING_COLUMN, "COLUMN", 0, "The rating (none)", 2},
    {"timestamp-column", TIMESTAMP_COLUMN, "COLUMN", 0, "The time in Unix seconds (none)", 2},
    {"weight-column", WEIGHT_COLUMN, "COLUMN", 0, "The sample weight, above 0 (none)", 2},
    {"items", ITEMS, "FILE", 0, "The item list (none: the items are those of INPUT)", 2},
    {"items-id-column", ITEMS_ID_COLUMN, "COLUMN", 0, "The item list's id (1)", 2},
    {"items-title-column", ITEMS_TITLE_COLUMN, "COLUMN", 0, "The item list's title (2)", 2},
    {0},
};

/* Returns the place of text among two words, or ends the parse. */
static int choose(struct argp_state *state, const char *option, const char *text, const char *zero,
                  const char *one)
{
    if (strcmp(text, zero) != 0 && strcmp(text, one) != 0)
        argp_error(state, "%s: expected %s or %s; found '%s'", option, zero, one, text);
    return strcmp(text, one) == 0;
}

/* The options of the format delimited; NULL if key is none with a text. */
static const char **text_option(td_prepare_options *o, int key)
{
    switch (key) {
    case SEPARATOR:
        return &o->separator;
    case USER_COLUMN:
        return &o->user_column;
    case ITEM_COLUMN:
        return &o->item_column;
    case RATING_COLUMN:
        return &o->rating_column;
    case TIMESTAMP_COLUMN:
        return &o->timestamp_column;
    case WEIGHT_COLUMN:
        return &o->weight_column;
    case ITEMS:
        return &o->items;
    case ITEMS_ID_COLUMN:
        return &o->items_id_column;
    case ITEMS_TITLE_COLUMN:
        return &o->items_title_column;
    default:
        return NULL;
    }
}

static void check_complete(struct argp_state *state, const settings *s)
{
    if (!s->options.input)
        argp_error(state, "expected INPUT, the ratings to read");
    if (!s->options.format)
        argp_error(state, "expected --format");
    if (!s->out)
        argp_error(state, "expected --out, the data file to write");
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    settings *s = state->input;
    td_prepare_options *o = &s->options;
    const char **place = text_option(o, key);
    if (place) {
        *place = text;
        return 0;
    }
    switch (key) {
    case FORMAT:
        o->format = text;
        break;
    case OUT:
        s->out = text;
        break;
    case SEED:
        o->seed = (uint64_t)argument_int(state, "--seed", text, 0, INT64_MAX);
        break;
    case TEST_FRACTION:
        o->test_fraction = argument_real(state, "--test-fraction", text, 0, 1);
        break;
    case STATISTICS:
        o->statistics = choose(state, "--statistics", text, "train", "all") ? TD_STATISTICS_ALL
                                                                            : TD_STATISTICS_TRAIN;
        break;
    case ITEM_KEY:
        o->item_key = choose(state, "--item-key", text, "title", "id") ? TD_KEY_ID : TD_KEY_TITLE;
        break;
    case SKIP_BAD:
        o->skip_bad = argument_int(state, "--skip-bad", text, 0, INT64_MAX);
        break;
    case MAX_TOKENS:
        o->max_tokens = argument_int(state, "--max-tokens", text, 2, INT32_MAX - 1);
        break;
    case HEADER:
    case NO_HEADER:
        o->header = key == HEADER ? TD_HEADER_YES : TD_HEADER_NO;
        break;
    case ARGP_KEY_ARG:
        if (o->input)
            argp_error(state, "expected one INPUT; found '%s' besides", text);
        o->input = text;
        break;
    case ARGP_KEY_END:
        check_complete(state, s);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char *or_none(bool there)
{
    return there ? "yes" : "none";
}

static void print_report(const settings *s, const td_prepare_report *r)
{
    printf("rows        %" PRId64 ": %" PRId64 " training, %" PRId64 " test\n", r->rows,
           r->train_rows, r->test_rows);
    printf("users       %" PRId64 " with an id; %" PRId64 " have no training row\n", r->users,
           r->test_only_users);
    printf("items       %" PRId64 ", named by %" PRId64 " rows of the item list\n", r->items,
           r->catalog);
    printf("tokens      %" PRId64 " of the titles, with padding and unknown ones\n", r->tokens);
    printf("columns     ratings: %s, timestamps: %s, weights: %s, titles: %s\n",
           or_none(r->has_ratings), or_none(r->has_timestamps), or_none(r->has_weights),
           or_none(r->has_titles));
    printf("duplicates  %" PRId64 " rows repeat an earlier row's user and item; kept\n",
           r->duplicates);
    printf("bad lines   %" PRId64 " left out\n", r->skipped);
    printf("file        %s\n", s->out);
    printf("checksum    %016" PRIx64 "\n", r->checksum);
}

int run_prepare(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        take_option,
        "INPUT",
        "Reads ratings and writes one data file, the form that training and evaluation read.",
        NULL,
        NULL,
        NULL};
    settings s = {.options = td_prepare_defaults()};
    parse_arguments(&argp, argc, argv, &s);
    td_comm *comm = td_comm_start();
    td_prepare_report report;
    td_status status = td_prepare(comm, &s.options, s.out, &report);
    if (status == TD_OK && td_comm_rank(comm) == 0)
        print_report(&s, &report);
    return finish(comm, status);
}
