/* From rating files to a data file, on all ranks. Each reads its part of the file, and knows then
 * which of its rows are test rows. Names are numbered together. Each user has a home rank, which
 * gets all its rows, groups them, and writes them behind those of the rank before. */
#include "tandem/prepare.h"

#include "base/memory.h"
#include "comm/comm.h"
#include "data/tokens.h"
#include "prepare/catalog.h"
#include "prepare/data_file.h"
#include "prepare/pairs.h"
#include "prepare/ratings.h"
#include "prepare/schema_file.h"
#include "prepare/shared_names.h"
#include "prepare/source.h"
#include "prepare/split.h"
#include "prepare/user_order.h"
#include "prepare/user_owners.h"
#include "store/file.h"
#include "store/same_file.h"
#include "store/text_file.h"

#include <inttypes.h>
#include <string.h>

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
    if (options->max_tokens < TD_TOKEN_FIRST || options->max_tokens > TD_VOCABULARY_MAX)
        return td_fail(TD_ERR_USAGE, "tokens: expected from %d to %d, found %" PRId64,
                       TD_TOKEN_FIRST, TD_VOCABULARY_MAX, options->max_tokens);
    if (!options->input)
        return td_fail(TD_ERR_USAGE, "input: expected a path, found none");
    return TD_OK;
}

/* Collective. Rank 0 reads the text of the schema file, if the options name one, for all. */
static td_status read_schema(td_comm *comm, const td_prepare_options *options, char **text)
{
    size_t size = 0;
    td_status status = TD_OK;
    if (!options->schema)
        return TD_OK;
    if (td_comm_rank(comm) == 0)
        status = td_read_text(options->schema, TD_SCHEMA_LARGEST, text);
    TD_TRY(td_comm_agree(comm, status));
    size = *text ? strlen(*text) + 1 : 0;
    td_comm_broadcast(comm, 0, &size, sizeof size);
    if (!*text)
        *text = TD_NEW(char, size);
    td_comm_broadcast(comm, 0, *text, size);
    return TD_OK;
}

/* Every rank reads the item list, and its part of the ratings. */
static td_status read_input(td_comm *comm, const td_source *source,
                            const td_prepare_options *options, td_catalog *catalog,
                            td_ratings *ratings, td_prepare_report *report)
{
    const td_catalog *list = source->table[TD_OF_ITEM].form.path ? catalog : NULL;
    td_bad_lines bad = {.limit = options->skip_bad};
    td_status status = TD_OK;
    if (list)
        status = td_catalog_read(comm, source, &bad, catalog);
    if (status == TD_OK)
        status = td_ratings_read(comm, source, list, &bad, ratings);
    td_bad_lines_tell(&bad);
    report->rows = ratings->total;
    report->skipped = bad.skipped;
    return status;
}

static td_status split_rows(td_comm *comm, const td_prepare_options *options, td_ratings *ratings,
                            td_prepare_report *report)
{
    report->test_rows = td_split_test_rows(report->rows, options->test_fraction);
    report->train_rows = report->rows - report->test_rows;
    if (report->train_rows == 0)
        return td_fail(TD_ERR_INPUT,
                       "%s: expected a row for training, found that a test fraction of %g "
                       "takes all %" PRId64 ": lower it",
                       options->input, options->test_fraction, report->rows);
    ratings->is_test = TD_NEW(bool, (size_t)ratings->count);
    td_split_choose(comm, options->seed, report->rows, report->test_rows, ratings->first,
                    ratings->count, ratings->is_test);
    return TD_OK;
}

static td_status check_count(const td_prepare_options *options, const char *what, int64_t count)
{
    if (count <= TD_VOCABULARY_MAX)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "%s: expected at most %d %s, found %" PRId64, options->input,
                   TD_VOCABULARY_MAX, what, count);
}

/* Without an item list the items are those of the ratings, which every rank gets to know. */
static td_status number_items(td_comm *comm, const td_prepare_options *options, td_ratings *ratings,
                              td_catalog *catalog)
{
    td_shared_names names = td_shared_names_make(comm, ratings->items);
    td_status status = check_count(options, "items", names.total);
    if (status == TD_OK) {
        td_ratings_number_items(comm, &names, ratings);
        td_catalog_of_ids(td_shared_names_gather(comm, &names), catalog);
    }
    td_shared_names_free(&names);
    return status;
}

/* Users get the numbers that they have in byte order, those a home, and that all of their rows. */
static td_status send_home(td_comm *comm, const td_prepare_options *options, td_ratings *ratings,
                           td_user_owners *owners)
{
    td_shared_names names = td_shared_names_make(comm, ratings->users);
    td_status status = check_count(options, "users", names.total);
    if (status == TD_OK) {
        bool *trained = td_ratings_find_trained(ratings, names.mine);
        *owners = td_user_owners_find(comm, &names, trained, options->seed, options->statistics);
        td_free(trained);
    }
    td_shared_names_free(&names);
    if (status != TD_OK)
        return status;
    td_ratings_to_owners(comm, owners->of, ratings);
    td_free(owners->of);
    owners->of = NULL;
    return TD_OK;
}

/* Which user a row is of, its place says then. */
static td_user_order group(const td_prepare_options *options, const td_user_owners *owners,
                           td_ratings *ratings)
{
    td_user_order order = td_user_order_make(ratings, owners, options->seed, options->statistics);
    td_free(ratings->user);
    ratings->user = NULL;
    return order;
}

static td_status write_output(td_comm *comm, const char *out_path, const td_data_parts *parts,
                              td_prepare_report *report)
{
    report->items = td_vocabulary_count(parts->catalog->items);
    report->catalog = parts->catalog->rows;
    report->users = parts->owners->users;
    report->test_only_users = parts->owners->test_only_users;
    report->duplicates = td_pairs_count_duplicates(parts->ratings, parts->order, report->items);
    td_comm_sum(comm, 1, &report->duplicates);
    report->has_ratings = parts->ratings->rating != NULL;
    report->has_timestamps = parts->ratings->time != NULL;
    report->has_weights = parts->ratings->weight != NULL;
    report->has_titles = parts->catalog->titles != NULL;
    return td_data_file_write(comm, out_path, parts, report);
}

td_status td_prepare(td_comm *comm, const td_prepare_options *options, const char *out_path,
                     td_prepare_report *report)
{
    char *schema = NULL;
    td_source source = {.schema = NULL};
    td_catalog catalog = {.rows = 0};
    td_ratings ratings = {.count = 0};
    td_user_owners owners = {.users = 0};
    td_user_order order = {.users = 0};
    td_data_parts parts = {options, &source, &catalog, &owners, &ratings, &order};
    *report = (td_prepare_report){.rows = 0};
    TD_TRY(check_options(options));
    TD_TRY(td_file_check_place(comm, out_path, TD_DATA_FORMAT));
    td_status status = read_schema(comm, options, &schema);
    if (status == TD_OK)
        status = td_same_file_agree(comm, td_source_describe(options, schema, &source));
    if (status == TD_OK)
        status = read_input(comm, &source, options, &catalog, &ratings, report);
    if (status == TD_OK)
        status = split_rows(comm, options, &ratings, report);
    if (status == TD_OK && !source.table[TD_OF_ITEM].form.path)
        status = number_items(comm, options, &ratings, &catalog);
    if (status == TD_OK)
        status = send_home(comm, options, &ratings, &owners);
    if (status == TD_OK) {
        order = group(options, &owners, &ratings);
        status = write_output(comm, out_path, &parts, report);
    }
    td_user_order_free(&order);
    td_user_owners_free(&owners);
    td_ratings_free(&ratings);
    td_catalog_free(&catalog);
    td_source_free(&source);
    td_free(schema);
    return status;
}
