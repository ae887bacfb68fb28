/* `prepare --describe`: what is in the input, what it may mean, and a schema that says so. One rank
 * reads the first rows. */
#include "base/log.h"
#include "base/memory.h"
#include "prepare/describe_parts.h"
#include "prepare/schema_file.h"
#include "store/text_file.h"
#include "tandem/prepare.h"

#include <string.h>

/* Local. Describes all tables of the source, with what they read of one another. */
static td_status describe_tables(td_comm *alone, const td_prepare_options *options,
                                 const td_source *source, const td_describe_texts *t)
{
    static const td_of order[] = {TD_OF_ROW, TD_OF_USER, TD_OF_ITEM};
    td_profile profiles[TD_OFS] = {{0}};
    td_status status = TD_OK;
    fprintf(t->schema, "# Guessed by tandem prepare --describe. Edit it, then:\n"
                       "#   tandem prepare --schema THIS_FILE INPUT --out data.h5\n");
    for (size_t i = 0; i < TD_OFS && status == TD_OK; i++) {
        td_profile *p = &profiles[order[i]];
        if (!source->table[order[i]].form.path || source->table[order[i]].is_of_rows)
            continue;
        status = td_profile_read(alone, source, order[i], p);
        if (status != TD_OK)
            break;
        status = td_profile_guess(source, options, i > 0 ? &profiles[TD_OF_ROW] : NULL, p);
        if (status != TD_OK)
            break;
        td_describe_report(t, p);
        td_describe_schema(t->schema, source, p);
    }
    for (size_t i = 0; i < TD_OFS; i++)
        td_profile_free(&profiles[i]);
    return status;
}

/* Refuses what --describe would not heed. */
static td_status check_options(const td_prepare_options *o)
{
    const td_prepare_options none = td_prepare_defaults();
    const struct {
        bool is_said;
        const char *option;
    } unheeded[] = {
        {o->skip_bad != none.skip_bad, "--skip-bad, as bad lines are counted and left out"},
        {o->seed != none.seed, "--seed"},
        {o->split || o->test_where || o->test_from || o->validation_from, "a split"},
        {o->test_fraction != none.test_fraction || o->warm_fraction != none.warm_fraction ||
             o->validation_fraction != none.validation_fraction || o->test_last != none.test_last ||
             o->validation_last != none.validation_last,
         "a split"},
        {(o->test_inputs && *o->test_inputs) || (o->validation_inputs && *o->validation_inputs),
         "--test-input and --validation-input"},
        {o->statistics != none.statistics, "--statistics"},
        {o->item_key != none.item_key, "--item-key"},
        {o->without_user != none.without_user, "--without-user"},
        {o->session != none.session, "--session"},
        {o->where != none.where, "--where"},
        {o->repeats != none.repeats || o->repeats_by, "--repeats"},
        {o->max_user_rows != none.max_user_rows || o->min_user_items != none.min_user_items ||
             o->min_item_users != none.min_item_users,
         "limits of rows, users and items"},
        {o->max_tokens != none.max_tokens, "--max-tokens"},
        {o->missing && *o->missing && !o->rating_column && !o->timestamp_column,
         "--missing without --rating-column or --timestamp-column"},
    };
    for (size_t i = 0; i < sizeof unheeded / sizeof *unheeded; i++)
        if (unheeded[i].is_said)
            return td_fail(TD_ERR_USAGE,
                           "expected options of files and columns alone with --describe, which "
                           "tells of all rows as they are; found %s",
                           unheeded[i].option);
    return TD_OK;
}

/* Local. Fills the two texts. */
static td_status describe(td_comm *alone, const td_prepare_options *options, char **report,
                          char **schema)
{
    size_t size;
    td_source source = {.schema = NULL};
    td_describe_texts t = {td_text_writer(report, &size), td_text_writer(schema, &size)};
    char *text = NULL;
    td_status status = TD_OK;
    if (options->schema)
        status = td_read_text(options->schema, TD_SCHEMA_LARGEST, &text);
    if (status == TD_OK)
        status = td_source_describe(options, text, &source);
    if (status == TD_OK)
        status = describe_tables(alone, options, &source, &t);
    td_source_free(&source);
    td_free(text);
    td_text_writer_close(t.report);
    td_text_writer_close(t.schema);
    return status;
}

td_status td_prepare_describe(td_comm *comm, const td_prepare_options *options,
                              const char *schema_path, char **report)
{
    td_comm *alone = td_comm_alone(comm);
    char *schema = NULL;
    td_status status = check_options(options);
    *report = NULL;
    if (status == TD_OK && strcmp(options->input, "-") == 0 && td_comm_size(comm) > 1)
        status = td_fail(TD_ERR_USAGE,
                         "standard input: expected one rank, found %d: describe "
                         "without a launcher",
                         td_comm_size(comm));
    if (status == TD_OK && td_comm_rank(comm) == 0)
        status = describe(alone, options, report, &schema);
    if (status == TD_OK && schema && schema_path)
        status = td_replace_text(schema_path, schema);
    td_comm_free(alone);
    td_free(schema);
    return td_comm_agree(comm, status);
}
