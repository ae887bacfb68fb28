/* From rating files to a data file, on all ranks: read, rows to their users' owners, split, order
 * of users, write. Each rank reads its part of the tables. Names are numbered together. The owner
 * of a user gets all its rows, splits and groups them, and writes them behind those of the rank
 * before. */
#include "tandem/prepare.h"

#include "base/memory.h"
#include "comm/comm.h"
#include "data/frame_alltoallv.h"
#include "data/rows.h"
#include "data/tokens.h"
#include "prepare/catalog.h"
#include "prepare/data_file.h"
#include "prepare/pairs.h"
#include "prepare/prepare.h"
#include "prepare/rare.h"
#include "prepare/reader.h"
#include "prepare/schema_file.h"
#include "prepare/shared_names.h"
#include "prepare/source.h"
#include "prepare/split_rule.h"
#include "prepare/summary.h"
#include "prepare/user_order.h"
#include "store/file.h"
#include "store/same_file.h"
#include "store/text_file.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>

td_prepare_options td_prepare_defaults(void)
{
    return (td_prepare_options){
        .split = "rows", .seed = 42, .test_fraction = 0.2, .max_tokens = 10000};
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
    if (options->schema && options->format)
        return td_fail(TD_ERR_USAGE, "expected a schema or a format, found both: %s and %s",
                       options->schema, options->format);
    if (!options->input)
        return td_fail(TD_ERR_USAGE, "input: expected a path, found none");
    return TD_OK;
}

/* What is made on the way to a data file. */
typedef struct {
    td_comm *comm;
    const td_prepare_options *options;
    td_prepare_report *report;
    const td_split_rule *rule;
    const td_source *source;
    td_catalog catalog;
    td_records rows;   /* the interactions */
    td_records others; /* the rows of the table of users */
    td_user_owners owners;
    td_prepared prepared;
    int64_t *row;   /* (rows) number in the input */
    uint8_t *split; /* (rows) td_split */
    td_frame users; /* fields of this rank's users, by number */
    td_frame items; /* fields of items, by id */
} preparing;

static td_status check_count(const td_prepare_options *options, const char *what, int64_t count)
{
    if (count <= TD_VOCABULARY_MAX)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "%s: expected at most %d %s, found %" PRId64, options->input,
                   TD_VOCABULARY_MAX, what, count);
}

static td_status check_source(const preparing *p)
{
    for (int of = 0; of < TD_OFS; of++)
        for (size_t f = 0; f < p->source->table[of].count; f++) {
            const td_source_field *field = &p->source->table[of].fields[f];
            if (field->kind == TD_KIND_TEXT && of != TD_OF_ITEM)
                return td_place_fail(field->place,
                                     "%s: expected a text of items; those of %ss are not read yet",
                                     field->name, td_of_name((td_of)of));
        }
    const td_role needs = p->rule->needs;
    if (needs == TD_ROLE_NONE || td_source_with_role(p->source, needs))
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "split %s: expected a field with the role %s, found none",
                   p->rule->name, td_role_name(needs));
}

/* Every rank reads the item list, and its part of the other tables. */
static td_status read_input(preparing *p)
{
    const td_source_table *table = p->source->table;
    td_row_judge judge = {0}, nobody = {0};
    td_bad_lines bad = {.limit = p->options->skip_bad};
    td_status status = TD_OK;
    if (table[TD_OF_ITEM].form.path)
        status = td_catalog_read(p->comm, p->source, &bad, &p->catalog);
    if (status == TD_OK && table[TD_OF_USER].form.path)
        status = td_records_read(p->comm, p->source, TD_OF_USER, &nobody, &bad, &p->others);
    judge.known_items = p->catalog.ids;
    if (status == TD_OK)
        status = td_records_read(p->comm, p->source, TD_OF_ROW, &judge, &bad, &p->rows);
    if (status == TD_OK && p->rows.total == 0)
        status = td_fail(TD_ERR_INPUT, "%s: expected rows of ratings, found none",
                         table[TD_OF_ROW].form.path);
    td_bad_lines_tell(&bad);
    p->report->rows = p->rows.total;
    p->report->skipped = bad.skipped;
    return status;
}

/* Collective. Gives the ids of a field, numbers in mine, the numbers that the names of all ranks
 * have together, in byte order: all of them, which every rank gets to know. Frees mine. */
static td_status number_together(const preparing *p, const char *what, td_vocabulary *mine,
                                 int64_t count, int32_t *ids, td_vocabulary **all)
{
    td_shared_names names = td_shared_names_make(p->comm, mine);
    td_status status = check_count(p->options, what, names.total);
    if (status == TD_OK) {
        int32_t *number = td_shared_names_numbers(p->comm, &names);
        for (int64_t i = 0; i < count; i++)
            ids[i] = number[ids[i]];
        *all = td_shared_names_gather(p->comm, &names);
        td_free(number);
    }
    td_shared_names_free(&names);
    td_vocabulary_free(mine);
    return status;
}

/* Items are numbers in the item list, or, without one, names that make it. */
static td_status number_items(preparing *p, const td_source_field *field)
{
    td_frame *frame = &p->rows.frame;
    int32_t *item = td_frame_values(frame, field->name);
    if (p->catalog.ids) {
        for (int64_t i = 0; i < frame->count; i++)
            item[i] = p->catalog.item[item[i] - 1];
    } else {
        td_vocabulary *all, *mine = td_records_take_names(&p->rows, field->name);
        TD_TRY(number_together(p, "items", mine, frame->count, item, &all));
        td_catalog_of_ids(all, &p->catalog);
    }
    td_prepared_add(&p->prepared, TD_OF_ROW, field, td_vocabulary_list(p->catalog.items));
    return TD_OK;
}

static td_status number_categories(preparing *p, td_of of, td_records *records,
                                   const td_source_field *field)
{
    td_field *values = td_frame_find(&records->frame, field->name);
    td_vocabulary *all, *mine = td_records_take_names(records, field->name);
    TD_TRY(number_together(p, field->name, mine, td_field_elements(values, records->frame.count),
                           values->values, &all));
    if (field->min_count > 1) {
        int64_t *counts = TD_NEW(int64_t, (size_t)td_vocabulary_count(all) + 1);
        td_rare_count(values, records->frame.count, counts);
        td_comm_sum(p->comm, (size_t)td_vocabulary_count(all) + 1, counts);
        all = td_rare_drop(all, field->min_count, counts, values, records->frame.count);
        td_free(counts);
    }
    td_prepared_add(&p->prepared, of, field, td_vocabulary_list(all));
    td_vocabulary_free(all);
    return TD_OK;
}

/* Collective. Adds the fields of a table to the schema, and gives their names numbers, but for
 * those of the users, whose vocabulary stays. */
static td_status add_fields(preparing *p, td_of of, td_records *records)
{
    for (size_t f = 0; records->table && f < records->table->count; f++) {
        const td_source_field *field = &records->table->fields[f];
        if (field->role == TD_ROLE_ITEM)
            TD_TRY(number_items(p, field));
        else if (td_kind_has_vocabulary(field->kind) && field->role != TD_ROLE_USER)
            TD_TRY(number_categories(p, of, records, field));
        else
            td_prepared_add(&p->prepared, of, field, (td_strings){0});
    }
    return TD_OK;
}

static td_status number_fields(preparing *p)
{
    TD_TRY(add_fields(p, TD_OF_ROW, &p->rows));
    TD_TRY(add_fields(p, TD_OF_USER, &p->others));
    p->items = td_catalog_fields(&p->catalog, p->options->max_tokens, &p->prepared);
    return TD_OK;
}

/* Returns the name of the field that says whose a record is; and its values. */
static const char *user_field(const preparing *p, const td_records *records)
{
    return records->keys > 0 ? TD_FIELD_KEY : td_source_with_role(p->source, TD_ROLE_USER)->name;
}

static int32_t *user_of(const preparing *p, const td_records *records)
{
    return td_frame_values(&records->frame, user_field(p, records));
}

/* Users that only their own table names are users as well. */
static void join_users(preparing *p, td_vocabulary *users)
{
    td_records *others = &p->others;
    td_vocabulary *theirs = td_records_take_names(others, TD_FIELD_KEY);
    int32_t *user = user_of(p, others), count = td_vocabulary_count(theirs);
    int32_t *number = TD_NEW(int32_t, (size_t)count + 1);
    for (int32_t i = 1; i <= count; i++)
        number[i] = td_vocabulary_add(users, td_vocabulary_name(theirs, i));
    for (int64_t i = 0; i < others->frame.count; i++)
        user[i] = number[user[i]];
    td_free(number);
    td_vocabulary_free(theirs);
}

/* Collective. Rows go to the owners of their users, and get the users' numbers there. */
static void send_records(const preparing *p, td_records *records)
{
    const td_user_owner *of = p->owners.of;
    td_frame *frame = &records->frame;
    int32_t *user = user_of(p, records), *to = TD_NEW(int32_t, (size_t)frame->count);
    for (int64_t i = 0; i < frame->count; i++) {
        to[i] = of[user[i]].rank;
        user[i] = of[user[i]].user;
    }
    td_frame_alltoallv(p->comm, to, frame);
    td_free(to);
}

/* Collective. Users get the numbers that they have in byte order, those owners, and these all of
 * their rows, in the order of the input. */
static td_status send_to_owners(preparing *p)
{
    td_vocabulary *users = td_records_take_names(&p->rows, user_field(p, &p->rows));
    if (p->others.table)
        join_users(p, users);
    td_shared_names names = td_shared_names_make(p->comm, users);
    td_vocabulary_free(users);
    const td_status status = check_count(p->options, "users", names.total);
    if (status == TD_OK)
        p->owners = td_user_owners_find(p->comm, &names, p->options->seed);
    td_shared_names_free(&names);
    TD_TRY(status);
    td_frame *frame = &p->rows.frame;
    int64_t *row = td_frame_add(frame, TD_FIELD_ROW, TD_INT64, 1)->values;
    for (int64_t i = 0; i < frame->count; i++)
        row[i] = p->rows.first + i;
    send_records(p, &p->rows);
    if (p->others.table)
        send_records(p, &p->others);
    td_free(p->owners.of);
    p->owners.of = NULL;
    td_field *numbers = td_frame_find(frame, TD_FIELD_ROW);
    p->row = numbers->values;
    numbers->values = NULL;
    td_frame_remove(frame, TD_FIELD_ROW);
    return TD_OK;
}

/* Collective. The fields of this rank's users by number, each from its row in the table of users;
 * missing where it has none. */
static td_status collect_users(preparing *p)
{
    td_frame_extend(&p->users, p->owners.count);
    if (!p->others.table)
        return TD_OK;
    td_frame *frame = &p->others.frame;
    const int32_t *user = user_of(p, &p->others);
    int64_t *place = TD_NEW(int64_t, (size_t)p->owners.count);
    td_status status = TD_OK;
    for (int64_t u = 0; u < p->owners.count; u++)
        place[u] = frame->count;
    for (int64_t i = 0; i < frame->count && status == TD_OK; i++) {
        int64_t *at = &place[user[i] - 1];
        const td_str name = td_string_at(&p->owners.names, user[i] - 1);
        if (*at != frame->count)
            status =
                td_fail(TD_ERR_INPUT, "%s: expected each user once, found '%s' again",
                        p->others.table->form.path, td_excerpt_of(name.text, name.length).text);
        *at = i;
    }
    status = td_comm_agree(p->comm, status);
    if (status == TD_OK) {
        td_frame_remove(frame, TD_FIELD_KEY);
        td_frame_extend(frame, 1);
        td_frame_free(&p->users);
        p->users = td_frame_gather(frame, p->owners.count, place);
    }
    td_free(place);
    return status;
}

/* Collective. */
static td_status split_rows(preparing *p, int64_t rows[TD_SPLITS])
{
    const td_frame *frame = &p->rows.frame;
    const td_split_question question = {.seed = p->options->seed,
                                        .test_fraction = p->options->test_fraction,
                                        .total = p->rows.total,
                                        .users = p->owners.count,
                                        .user = user_of(p, &p->rows),
                                        .row = p->row,
                                        .rows = frame,
                                        .schema = &p->prepared.schema};
    p->split = TD_NEW(uint8_t, (size_t)frame->count);
    p->rule->choose(p->comm, &question, p->split);
    for (int64_t i = 0; i < frame->count; i++)
        rows[p->split[i]]++;
    td_comm_sum(p->comm, TD_SPLITS, rows);
    p->report->train_rows = rows[TD_TRAIN];
    p->report->validation_rows = rows[TD_VALIDATION];
    p->report->test_rows = rows[TD_TEST];
    p->report->given_rows = rows[TD_GIVEN];
    if (rows[TD_TRAIN] > 0)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected a row for training, found that a test fraction of %g "
                   "takes all %" PRId64 ": lower it",
                   p->options->input, p->options->test_fraction, p->rows.total);
}

static int64_t count_missing(const td_field *field, int64_t rows)
{
    int64_t missing = 0;
    if (!field->offsets)
        return td_missing_count(field->type, rows * field->width, field->values);
    for (int64_t i = 0; i < rows; i++)
        missing += field->offsets[i + 1] == field->offsets[i];
    return missing;
}

/* Collective. Tells of each field what is missing and how its numbers are spread. Of users and
 * items all count; every rank has all items, with one missing row before them. */
static void describe_fields(preparing *p)
{
    const bool all = p->options->statistics == TD_STATISTICS_ALL;
    td_frame *const frames[TD_OFS] = {&p->rows.frame, &p->users, &p->items};
    for (size_t f = 0; f < p->prepared.schema.count; f++) {
        td_schema_field *about = &p->prepared.schema.fields[f];
        const td_frame *frame = frames[about->of];
        const td_field *field = td_frame_find(frame, about->name);
        const bool mine = about->of != TD_OF_ITEM || td_comm_rank(p->comm) == 0;
        const int64_t rows = mine ? frame->count : 0;
        about->missing = count_missing(field, rows) - (rows > 0 && about->of == TD_OF_ITEM);
        td_comm_sum(p->comm, 1, &about->missing);
        if (about->kind == TD_KIND_NUMBER || about->kind == TD_KIND_TIME)
            about->summary =
                td_summarize(p->comm, field, rows, p->split, all || about->of != TD_OF_ROW);
    }
}

/* Collective. The users' ids are known when they have an order. */
static void count_users(preparing *p, const td_user_order *order)
{
    td_schema_field *user = td_schema_with_role(&p->prepared.schema, TD_ROLE_USER);
    int64_t counts[2] = {order->with_id, order->untrained};
    td_comm_sum(p->comm, 2, counts);
    p->report->users = counts[0];
    p->report->test_only_users = counts[1];
    user->vocabulary = counts[0] + 1;
    td_frame_remove(&p->rows.frame, user->name); /* its place says then which user a row is of */
}

static void complete_report(preparing *p, const td_user_order *order)
{
    const td_schema *schema = &p->prepared.schema;
    const td_schema_field *title = td_schema_with_role(schema, TD_ROLE_TITLE);
    const char *item = td_schema_with_role(schema, TD_ROLE_ITEM)->name;
    td_prepare_report *report = p->report;
    report->items = td_vocabulary_count(p->catalog.items);
    report->catalog = p->catalog.rows;
    report->tokens = title ? title->vocabulary : 0;
    report->duplicates =
        td_pairs_count_duplicates(order, td_frame_values(&p->rows.frame, item), report->items);
    td_comm_sum(p->comm, 1, &report->duplicates);
    report->has_ratings = td_schema_with_role(schema, TD_ROLE_LABEL) != NULL;
    report->has_timestamps = td_schema_with_role(schema, TD_ROLE_TIME) != NULL;
    report->has_weights = td_schema_with_role(schema, TD_ROLE_WEIGHT) != NULL;
    report->has_titles = title != NULL;
}

static td_status write_output(preparing *p, const char *out_path, const int64_t rows[TD_SPLITS])
{
    td_user_order order = td_user_order_make(&p->owners, p->rows.frame.count, user_of(p, &p->rows),
                                             p->split, p->options->seed, p->options->statistics);
    describe_fields(p);
    count_users(p, &order);
    complete_report(p, &order);
    td_data_parts parts = {.options = p->options,
                           .source = p->source,
                           .catalog = &p->catalog,
                           .owners = &p->owners,
                           .order = &order,
                           .rows = &p->rows.frame,
                           .row_number = p->row,
                           .users = &p->users,
                           .items = &p->items,
                           .prepared = &p->prepared};
    memcpy(parts.split_rows, rows, sizeof parts.split_rows);
    const td_status status = td_data_file_write(p->comm, out_path, &parts, p->report);
    td_user_order_free(&order);
    return status;
}

static void free_all(preparing *p)
{
    td_frame_free(&p->users);
    td_frame_free(&p->items);
    td_free(p->row);
    td_free(p->split);
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
    preparing p = {.comm = comm, .options = options, .report = report, .source = source};
    int64_t rows[TD_SPLITS] = {0};
    *report = (td_prepare_report){.rows = 0};
    TD_TRY(check_options(options));
    TD_TRY(td_split_rule_find(options->split, &p.rule));
    TD_TRY(check_source(&p));
    td_status status = read_input(&p);
    if (status == TD_OK)
        status = number_fields(&p);
    if (status == TD_OK)
        status = send_to_owners(&p);
    if (status == TD_OK)
        status = collect_users(&p);
    if (status == TD_OK)
        status = split_rows(&p, rows);
    if (status == TD_OK)
        status = write_output(&p, out_path, rows);
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
    char *schema = NULL;
    td_source source = {.schema = NULL};
    *report = (td_prepare_report){.rows = 0};
    TD_TRY(check_options(options));
    TD_TRY(td_file_check_place(comm, out_path, TD_DATA_FORMAT));
    td_status status = read_schema(comm, options, &schema);
    if (status == TD_OK)
        status = td_same_file_agree(comm, td_source_describe(options, schema, &source));
    if (status == TD_OK)
        status = td_prepare_source(comm, options, &source, out_path, report);
    td_source_free(&source);
    td_free(schema);
    return status;
}
