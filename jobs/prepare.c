/* tandem prepare: rating files to a data file. */
#include "tandem/prepare.h"

#include "command.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct {
    td_prepare_options options;
    text_list inputs, missing;
    const char *out;
} request;

static const option options[] = {
    {.kind = OPTION_ARGUMENTS,
     .place = offsetof(request, inputs),
     .value = "INPUT",
     .help = "INPUT, the ratings to read",
     .needed = true},
    {.name = "format",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.format),
     .value = "FORMAT",
     .help =
         "movielens-100k, movielens-1m, movielens-csv (INPUT is the data set's folder); csv, tsv, "
         "delimited, jsonl (a JSON object a line), lists (a user and its items a line), or auto: "
         "what the first lines look like. Without it and --schema it is guessed and said"},
    {.name = "schema",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.schema),
     .value = "FILE",
     .help = "in place of a format: a YAML file of the tables in INPUT, their columns and fields "
             "(docs/formats.md)"},
    {.name = "out",
     .kind = OPTION_TEXT,
     .place = offsetof(request, out),
     .value = "FILE",
     .help = "the data file to write; one that is there is replaced",
     .needed = true},
    {.name = "seed",
     .kind = OPTION_INT,
     .place = offsetof(request, options.seed),
     .value = "N",
     .help = "of the split and of the users' order (42)",
     .high = INT64_MAX},
    {.name = "split",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.split),
     .value = "RULE",
     .help =
         "what splits the rows: rows (the default) takes random ones for testing; leave_one_out "
         "each user's newest row, and the one before it for validation"},
    {.name = "test-fraction",
     .kind = OPTION_REAL,
     .place = offsetof(request, options.test_fraction),
     .value = "F",
     .help = "share of the rows kept for testing (0.2)",
     .high = 1},
    {.name = "statistics",
     .kind = OPTION_CHOICE,
     .place = offsetof(request, options.statistics),
     .value = "train|all",
     .help = "rows that tell the users with an id and the times' range, mean and variance: train "
             "(the default) or all"},
    {.name = "item-key",
     .kind = OPTION_CHOICE,
     .place = offsetof(request, options.item_key),
     .value = "title|id",
     .help = "what names an item: id, or title, where several ids with one title are one item (as "
             "the format or "
             "schema says, titles for MovieLens; else the id)"},
    {.name = "where",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.where),
     .value = "CONDITION",
     .help = "keep the rows that satisfy it, such as 'rating >= 4' (all; docs/formats.md)"},
    {.name = "skip-bad",
     .kind = OPTION_INT,
     .place = offsetof(request, options.skip_bad),
     .value = "N",
     .help = "leave out up to N bad lines (0)",
     .high = INT64_MAX},
    {.name = "max-tokens",
     .kind = OPTION_INT,
     .place = offsetof(request, options.max_tokens),
     .value = "N",
     .help = "keep the most frequent tokens of the titles: N ids, with those of padding and of "
             "unknown tokens (10000)",
     .low = 2,
     .high = INT32_MAX - 1},
    {.kind = OPTION_HEADING,
     .help = "Of the formats auto, csv, tsv, delimited, jsonl and lists (COLUMN is a name in the "
             "header or of a JSON member, or a number from 1):"},
    {.name = "separator",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.separator),
     .value = "TEXT",
     .help = "between fields: one character or more, or tab (a comma)"},
    {.name = "blanks",
     .kind = OPTION_FLAG,
     .place = offsetof(request, options.blanks),
     .help = "runs of blanks are one separator"},
    {.name = "quote",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.quote),
     .value = "C|none",
     .help = "what fields may be in (\"; none where a tab or several characters separate)"},
    {.name = "lines-in-quotes",
     .kind = OPTION_FLAG,
     .place = offsetof(request, options.lines_in_quotes),
     .help = "fields in quotes may go on over line ends; one rank then reads a file"},
    {.name = "no-trim",
     .kind = OPTION_FLAG,
     .place = offsetof(request, options.no_trim),
     .help = "blanks around a field are part of it"},
    {.name = "comment",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.comment),
     .value = "TEXT",
     .help = "leave out lines that begin so"},
    {.name = "encoding",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.encoding),
     .value = "NAME",
     .help = "of the text (utf-8): latin1, another name that iconv knows, or auto, UTF-8 where all "
             "of a file is it and else latin1"},
    {.name = "header",
     .kind = OPTION_CONSTANT,
     .place = offsetof(request, options.header),
     .help =
         "the first line of each file names the columns (implied by a COLUMN's name; else where "
         "it cannot be a row)",
     .low = TD_HEADER_YES},
    {.name = "no-header",
     .kind = OPTION_CONSTANT,
     .place = offsetof(request, options.header),
     .help = "the first line is a row",
     .low = TD_HEADER_NO},
    {.name = "user-column",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.user_column),
     .value = "COLUMN",
     .help = "the user (1)"},
    {.name = "item-column",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.item_column),
     .value = "COLUMN",
     .help = "the item's id (2)"},
    {.name = "rating-column",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.rating_column),
     .value = "COLUMN",
     .help = "the rating (none)"},
    {.name = "timestamp-column",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.timestamp_column),
     .value = "COLUMN",
     .help = "the time (none): ISO 8601, or a number since 1970"},
    {.name = "timestamp-unit",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.timestamp_unit),
     .value = "auto|s|ms|us|ns",
     .help = "of times that are numbers (auto: by their size, which is said)"},
    {.name = "timestamp-format",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.timestamp_format),
     .value = "FORMAT",
     .help = "of other times, as strptime has it: %d.%m.%Y"},
    {.name = "weight-column",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.weight_column),
     .value = "COLUMN",
     .help = "the sample weight, above 0 (none)"},
    {.name = "missing",
     .kind = OPTION_TEXTS,
     .place = offsetof(request, missing),
     .value = "TEXT",
     .help = "a rating or time of TEXT, or an empty one, is none; may be repeated. A row without "
             "rating "
             "is no row for the tasks that learn ratings"},
    {.name = "items",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.items),
     .value = "FILE",
     .help = "the item list (none: the items are those of INPUT)"},
    {.name = "items-id-column",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.items_id_column),
     .value = "COLUMN",
     .help = "the item list's id (1)"},
    {.name = "items-title-column",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.items_title_column),
     .value = "COLUMN",
     .help = "the item list's title (2)"},
    {0}};

static void start(void *context)
{
    ((request *)context)->options = td_prepare_defaults();
}

static const char *or_none(bool there)
{
    return there ? "yes" : "none";
}

static void print_report(const request *s, const td_prepare_report *r)
{
    printf("rows        %" PRId64 ": %" PRId64 " training, ", r->rows, r->train_rows);
    if (r->validation_rows > 0)
        printf("%" PRId64 " validation, ", r->validation_rows);
    printf("%" PRId64 " test\n", r->test_rows);
    for (int reason = 0; reason < TD_LEFT_OUTS; reason++)
        if (r->left_out[reason] > 0)
            printf("left out    %" PRId64 " rows by %s\n", r->left_out[reason],
                   td_left_out_name((td_left_out)reason));
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

static td_status prepare(td_comm *comm, void *context)
{
    request *s = context;
    td_prepare_report report;
    s->options.input = s->inputs.text[0];
    s->options.more_inputs = s->inputs.text + 1;
    s->options.missing = s->missing.text;
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
    .run = prepare};
