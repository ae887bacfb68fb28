/* From rating files to a data file, on all ranks: read, number names, rows to their users' owners,
 * choose rows, split, order of users, write. Each rank reads its part of the tables. Names are
 * numbered together. The owner of a user gets all its rows, chooses, splits and groups them, and
 * writes them behind those of the rank before. */
#include "tandem/prepare.h"

#include "base/memory.h"
#include "comm/comm.h"
#include "data/tokens.h"
#include "prepare/data_file.h"
#include "prepare/pairs.h"
#include "prepare/prepare.h"
#include "prepare/preparing.h"
#include "prepare/schema_file.h"
#include "prepare/source.h"
#include "prepare/split_rule.h"
#include "prepare/vector_files.h"
#include "prepare/weights.h"
#include "store/file.h"
#include "store/same_file.h"
#include "store/text_file.h"

#include <inttypes.h>
#include <string.h>

td_prepare_options td_prepare_defaults(void)
{
    return (td_prepare_options){.item_key = TD_KEY_AS_TOLD,
                                .seed = UINT64_MAX,
                                .test_fraction = TD_FRACTION_AS_TOLD,
                                .validation_fraction = TD_FRACTION_AS_TOLD,
                                .warm_fraction = TD_FRACTION_AS_TOLD,
                                .without_user = TD_WITHOUT_USER_AS_TOLD,
                                .repeats = TD_REPEATS_AS_TOLD,
                                .max_tokens = 10000};
}

/* Whether a share, and what it has with another, is in [0, 1), or not said. */
static bool is_share(double fraction, double other)
{
    return fraction == TD_FRACTION_AS_TOLD || (fraction >= 0 && fraction + other < 1);
}

static td_status check_options(const td_prepare_options *options)
{
    const double test = options->test_fraction == TD_FRACTION_AS_TOLD ? 0 : options->test_fraction;
    if (!is_share(options->test_fraction, 0))
        return td_fail(TD_ERR_USAGE, "test fraction: expected a number in [0, 1), found %g",
                       options->test_fraction);
    if (!is_share(options->validation_fraction, test))
        return td_fail(TD_ERR_USAGE,
                       "validation fraction: expected 0 or more, and less than 1 with the test "
                       "fraction %g, found %g",
                       test, options->validation_fraction);
    if (!is_share(options->warm_fraction, options->warm_fraction))
        return td_fail(TD_ERR_USAGE, "warm fraction: expected a number in [0, 0.5), found %g",
                       options->warm_fraction);
    if (options->seed > INT64_MAX && options->seed < UINT64_MAX)
        return td_fail(TD_ERR_USAGE,
                       "seed: expected a number from 0 to %" PRId64 ", found %" PRIu64, INT64_MAX,
                       options->seed);
    if (options->skip_bad < 0)
        return td_fail(TD_ERR_USAGE, "bad lines to skip: expected 0 or more, found %" PRId64,
                       options->skip_bad);
    if (options->max_tokens < TD_TOKEN_FIRST || options->max_tokens > TD_VOCABULARY_MAX)
        return td_fail(TD_ERR_USAGE, "tokens: expected from %d to %d, found %" PRId64,
                       TD_TOKEN_FIRST, TD_VOCABULARY_MAX, options->max_tokens);
    if (options->schema && options->format)
        return td_fail(TD_ERR_USAGE, "expected a schema or a format, found both: %s and %s",
                       options->schema, options->format);
    if (!options->input)
        return td_fail(TD_ERR_USAGE, "input: expected a path, found none");
    return TD_OK;
}

static td_status check_source(td_preparing *p)
{
    const td_split_words *schema = &p->source->split;
    if (!p->rule->by_time || td_source_with_role(p->source, TD_ROLE_TIME))
        return TD_OK;
    if (schema->rule && strcmp(schema->rule, p->rule->name) == 0)
        return td_place_fail(schema->place,
                             "interactions.split: expected a field with the role time, as %s "
                             "needs one; found none",
                             schema->rule);
    return td_fail(TD_ERR_USAGE, "split %s: expected a field with the role time, found none",
                   p->rule->name);
}

/* Every rank reads the item list, and its part of the other tables. */
static td_status read_input(td_preparing *p)
{
    TD_MEMORY_FOR("rows and lists of the input", NULL);
    const td_source_table *table = p->source->table;
    td_row_judge judge = {0}, nobody = {0};
    td_bad_lines bad = {.limit = p->options->skip_bad};
    td_bad_lines aside[TD_OFS]; /* of tables whose rows are the interactions, which are met twice */
    td_status status = TD_OK;
    for (int of = 0; of < TD_OFS; of++)
        aside[of] = bad;
    if (table[TD_OF_ITEM].form.path)
        status =
            td_catalog_read(p->comm, p->source,
                            table[TD_OF_ITEM].is_of_rows ? &aside[TD_OF_ITEM] : &bad, &p->catalog);
    if (status == TD_OK && p->catalog.ids &&
        (p->options->item_key == TD_KEY_TITLE || p->options->schema))
        td_catalog_warn(&p->catalog);
    nobody.users_may_miss =
        table[TD_OF_USER].is_of_rows && p->source->rules.without_user != TD_WITHOUT_USER_BAD;
    if (status == TD_OK && table[TD_OF_USER].form.path)
        status =
            td_records_read(p->comm, p->source, TD_OF_USER, &nobody,
                            table[TD_OF_USER].is_of_rows ? &aside[TD_OF_USER] : &bad, &p->others);
    judge.known_items = p->source->unlisted_are_items ? NULL : p->catalog.ids;
    judge.users_may_miss = p->source->rules.without_user != TD_WITHOUT_USER_BAD;
    if (status == TD_OK)
        status = td_records_read(p->comm, p->source, TD_OF_ROW, &judge, &bad, &p->rows);
    if (status == TD_OK && p->rows.total == 0)
        status = td_fail(TD_ERR_INPUT, "%s: expected rows of ratings, found none",
                         table[TD_OF_ROW].form.path);
    for (int of = 0; of < TD_OFS; of++)
        if (aside[of].skipped > bad.skipped) /* lines that are good rows, but tell nothing */
            td_bad_lines_tell(&aside[of]);
    td_bad_lines_tell(&bad);
    p->total = p->rows.total;
    p->report->skipped = bad.skipped;
    return status;
}

/* Collective. Splits the rows, whose weights are then by their age. */
static td_status split_rows(td_preparing *p)
{
    TD_MEMORY_FOR("the split of the rows", NULL);
    const int64_t *rows = p->split_rows;
    TD_TRY(td_split_rows(p));
    p->report->rows = p->total;
    p->report->train_rows = rows[TD_TRAIN];
    p->report->validation_rows = rows[TD_VALIDATION];
    p->report->test_rows = rows[TD_TEST];
    p->report->given_rows = rows[TD_GIVEN];
    td_age_weights(p);
    if (rows[TD_TRAIN] > 0)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected a row for training, found that the split %s holds all %" PRId64
                   " out: lower what it holds out",
                   p->options->input, p->rule->name, p->total);
}

/* Collective. The users' ids are known when they have an order. */
static void count_users(td_preparing *p, const td_user_order *order)
{
    td_schema_field *user = td_schema_with_role(&p->prepared.schema, TD_ROLE_USER);
    int64_t counts[2] = {order->with_id, order->untrained};
    td_comm_sum(p->comm, 2, counts);
    p->report->users = counts[0];
    p->report->test_only_users = counts[1];
    user->vocabulary = counts[0] + 1;
    td_frame_remove(&p->rows.frame, user->name); /* its place says then which user a row is of */
}

static void complete_report(td_preparing *p, const td_user_order *order)
{
    const td_schema *schema = &p->prepared.schema;
    const td_schema_field *title = td_schema_with_role(schema, TD_ROLE_TITLE);
    const char *item = td_schema_with_role(schema, TD_ROLE_ITEM)->name;
    td_prepare_report *report = p->report;
    report->items = td_vocabulary_count(p->catalog.items);
    report->catalog = p->catalog.rows;
    report->listed = p->catalog.listed;
    report->tokens = title ? title->vocabulary : 0;
    report->duplicates =
        td_pairs_count_duplicates(order, td_frame_values(&p->rows.frame, item), report->items);
    td_comm_sum(p->comm, 1, &report->duplicates);
    report->has_ratings = td_schema_with_role(schema, TD_ROLE_LABEL) != NULL;
    report->has_timestamps = td_schema_with_role(schema, TD_ROLE_TIME) != NULL;
    report->has_weights = td_schema_with_role(schema, TD_ROLE_WEIGHT) != NULL;
    report->has_titles = title != NULL;
}

static td_status write_output(td_preparing *p)
{
    td_user_order order =
        td_user_order_make(&p->owners, p->rows.frame.count, td_user_of(p, &p->rows), p->split,
                           p->options->seed, p->options->statistics);
    td_describe_fields(p);
    count_users(p, &order);
    complete_report(p, &order);
    td_data_parts parts = {.options = p->options,
                           .source = p->source,
                           .inputs = &p->inputs,
                           .catalog = &p->catalog,
                           .owners = &p->owners,
                           .order = &order,
                           .rows = &p->rows.frame,
                           .row_number = p->row,
                           .users = &p->users,
                           .items = &p->items,
                           .prepared = &p->prepared};
    memcpy(parts.split_rows, p->split_rows, sizeof parts.split_rows);
    const td_status status = td_data_file_write(p->comm, p->out_path, &parts, p->report);
    td_user_order_free(&order);
    return status;
}

/* C: what rank 0 sees counts, as for what is written of them. */
static td_status look_at_inputs(td_preparing *p)
{
    return td_comm_agree(
        p->comm, td_comm_rank(p->comm) == 0 ? td_input_states_find(p->source, &p->inputs) : TD_OK);
}

static void free_all(td_preparing *p)
{
    td_free(p->inputs.state);
    td_frame_free(&p->users);
    td_frame_free(&p->items);
    td_free(p->row);
    td_free(p->split);
    td_free(p->is_told);
    td_prepared_free(&p->prepared);
    td_user_owners_free(&p->owners);
    td_records_free(&p->rows);
    td_records_free(&p->others);
    td_catalog_free(&p->catalog);
}

td_status td_prepare_source(td_comm *comm, const td_prepare_options *options,
                            const td_source *source, const char *out_path,
                            td_prepare_report *report)
{
    static td_status (*const steps[])(td_preparing *) = {
        check_source,     look_at_inputs, read_input, td_number_fields, td_send_to_owners,
        td_collect_users, td_choose_rows, split_rows, write_output};
    const td_prepare_options whole = td_split_complete(options, &source->split);
    td_preparing p = {
        .comm = comm, .options = &whole, .report = report, .source = source, .out_path = out_path};
    *report = (td_prepare_report){.rows = 0};
    TD_TRY(check_options(&whole));
    td_status status = td_split_rule_find(options, &source->split, &whole, &p.rule);
    for (size_t s = 0; status == TD_OK && s < sizeof steps / sizeof *steps; s++)
        status = steps[s](&p);
    free_all(&p);
    return status;
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

td_status td_prepare(td_comm *comm, const td_prepare_options *options, const char *out_path,
                     td_prepare_report *report)
{
    TD_MEMORY_FOR("the data file", NULL);
    char *schema = NULL;
    td_source source = {.schema = NULL};
    *report = (td_prepare_report){.rows = 0};
    TD_TRY(check_options(options));
    TD_TRY(td_file_check_place(comm, out_path, TD_DATA_FORMAT));
    td_status status = read_schema(comm, options, &schema);
    if (status == TD_OK)
        status = td_same_file_agree(comm, td_source_describe(options, schema, &source));
    for (int of = TD_OF_USER; of <= TD_OF_ITEM && status == TD_OK; of++)
        status = td_vector_files_find(comm, &source.table[of]);
    if (status == TD_OK)
        status = td_prepare_source(comm, options, &source, out_path, report);
    td_source_free(&source);
    td_free(schema);
    return status;
}
