/* From rating files to a data file, top down: what to read, reading, grouping, writing. */
#include "tandem/prepare.h"

#include "comm/comm.h"
#include "data/catalogue.h"
#include "data/data_file.h"
#include "data/grouping.h"
#include "data/pairs.h"
#include "data/ratings.h"
#include "data/source.h"
#include "data/split.h"
#include "data/text.h"

#include <inttypes.h>

td_prepare_options td_prepare_defaults(void)
{
    return (td_prepare_options){.seed = 42, .test_fraction = 0.2, .max_tokens = 10000};
}

static td_status check_options(const td_prepare_options *options)
{
    if (!(options->test_fraction >= 0 && options->test_fraction < 1))
        return td_fail(TD_ERR_USAGE, "test fraction: expected a number in [0, 1), found %g",
                       options->test_fraction);
    if (options->seed > INT64_MAX)
        return td_fail(TD_ERR_USAGE,
                       "seed: expected a number from 0 to %" PRId64 ", found %" PRIu64, INT64_MAX,
                       options->seed);
    if (options->skip_bad < 0)
        return td_fail(TD_ERR_USAGE, "bad lines to skip: expected 0 or more, found %" PRId64,
                       options->skip_bad);
    if (options->max_tokens < TD_TEXT_FIRST || options->max_tokens > TD_VOCABULARY_MAX)
        return td_fail(TD_ERR_USAGE, "tokens: expected from %d to %d, found %" PRId64,
                       TD_TEXT_FIRST, TD_VOCABULARY_MAX, options->max_tokens);
    if (!options->input)
        return td_fail(TD_ERR_USAGE, "input: expected a path, found none");
    return TD_OK;
}

static td_status read_input(const td_source *source, const td_prepare_options *options,
                            td_catalogue *catalogue, td_ratings *ratings, td_prepare_report *report)
{
    bool has_list = source->items.path != NULL;
    td_bad_lines bad = {.limit = options->skip_bad};
    if (has_list)
        TD_TRY(td_catalogue_read(&source->items, options->item_key, &bad, catalogue));
    TD_TRY(td_ratings_read(&source->ratings, has_list, &bad, catalogue, ratings));
    *report = (td_prepare_report){
        .rows = ratings->count,
        .skipped = bad.skipped,
        .items = td_vocabulary_count(catalogue->items),
        .catalogue = catalogue->rows,
        .has_ratings = ratings->rating != NULL,
        .has_timestamps = ratings->time != NULL,
        .has_weights = ratings->weight != NULL,
        .has_titles = catalogue->titles != NULL,
    };
    return TD_OK;
}

static td_status count_split(const td_prepare_options *options, td_prepare_report *report)
{
    report->test_rows = td_split_test_rows(report->rows, options->test_fraction);
    report->train_rows = report->rows - report->test_rows;
    if (report->train_rows > 0)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected a row for training, found that a test fraction of %g "
                   "takes all %" PRId64 ": lower it",
                   options->input, options->test_fraction, report->rows);
}

static td_status write_output(td_comm *comm, const char *out_path, const td_data_parts *input,
                              td_prepare_report *report)
{
    const td_prepare_options *options = input->options;
    TD_TRY(count_split(options, report));
    td_grouping grouping =
        td_grouping_make(input->ratings, options->seed, report->test_rows, options->statistics);
    td_data_parts parts = *input;
    parts.grouping = &grouping;
    report->users = grouping.users;
    report->test_only_users = grouping.test_only_users;
    report->duplicates = td_pairs_count_duplicates(input->ratings, &grouping, report->items);
    td_status status = td_data_file_write(comm, out_path, &parts, report);
    td_grouping_free(&grouping);
    return status;
}

static td_status prepare_alone(td_comm *comm, const td_prepare_options *options,
                               const char *out_path, td_prepare_report *report)
{
    td_source source;
    td_catalogue catalogue = {.rows = 0};
    td_ratings ratings = {.count = 0};
    TD_TRY(check_options(options));
    td_status status = td_source_describe(options, &source);
    if (status == TD_OK)
        status = read_input(&source, options, &catalogue, &ratings, report);
    td_data_parts parts = {options, &source, &catalogue, &ratings, NULL};
    if (status == TD_OK)
        status = write_output(comm, out_path, &parts, report);
    td_ratings_free(&ratings);
    td_catalogue_free(&catalogue);
    td_source_free(&source);
    return status;
}

td_status td_prepare(td_comm *comm, const td_prepare_options *options, const char *out_path,
                     td_prepare_report *report)
{
    td_comm *alone = td_comm_alone(comm);
    td_status status = TD_OK;
    if (td_comm_rank(comm) == 0)
        status = prepare_alone(alone, options, out_path, report);
    td_comm_free(alone);
    TD_TRY(td_comm_agree(comm, status));
    td_comm_broadcast(comm, 0, report, sizeof *report);
    return TD_OK;
}
