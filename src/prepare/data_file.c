/* Writes a data file's attributes and tables. */
#include "prepare/data_file.h"

#include "data/schema_file.h"
#include "prepare/data_tables.h"
#include "store/checksum.h"
#include "store/file.h"
#include "tandem/version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What was told of the split, besides its rule. */
static td_status write_split(td_file *file, const td_prepare_options *options,
                             const td_prepare_report *report)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"split", report->split},
                 {"test_from", options->test_from},
                 {"validation_from", options->validation_from},
                 {"test_where", options->test_where}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text)
            TD_TRY(td_file_set_text(file, "", texts[i].name, texts[i].text));
    TD_TRY(td_file_set_real(file, "", "test_fraction", options->test_fraction));
    TD_TRY(td_file_set_real(file, "", "validation_fraction", options->validation_fraction));
    TD_TRY(td_file_set_int(file, "", "test_last", options->test_last));
    if (options->warm_fraction > 0)
        TD_TRY(td_file_set_real(file, "", "warm_fraction", options->warm_fraction));
    return td_file_set_int(file, "", "validation_last", options->validation_last);
}

static td_status write_sizes(td_file *file, const td_data_parts *parts,
                             const td_prepare_report *report)
{
    const struct {
        const char *name;
        int64_t value;
    } sizes[] = {
        {"file_users", parts->owners->file_users},
        {"catalog", report->catalog},
        {"seed", (int64_t)parts->options->seed},
        {"max_tokens", parts->options->max_tokens},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        TD_TRY(td_file_set_int(file, "", sizes[i].name, sizes[i].value));
    for (int split = 0; split < TD_SPLITS; split++) {
        char name[32];
        snprintf(name, sizeof name, "%s_rows", td_split_name((td_split)split));
        TD_TRY(td_file_set_int(file, "", name, parts->split_rows[split]));
    }
    TD_TRY(write_split(file, parts->options, report));
    bool by_title = report->has_titles && parts->source->item_key == TD_KEY_TITLE;
    TD_TRY(td_file_set_text(file, "", "item_key", by_title ? "title" : "id"));
    bool all = parts->options->statistics == TD_STATISTICS_ALL;
    return td_file_set_text(file, "", "statistics", all ? "all" : "train");
}

/* Local. Finds the size of input files. */
static td_status find_size(const td_table_form *form, int64_t *bytes)
{
    for (size_t f = 0; f < form->files; f++) {
        struct stat is;
        if (stat(form->file[f], &is) != 0)
            return td_fail(TD_ERR_FILE, "%s: %s", form->file[f], strerror(errno));
        *bytes += is.st_size;
    }
    return TD_OK;
}

/* What the input files of a table were: their number, the first one's name without folder, their
 * size and their checksum; of a stream the name alone. */
static td_status write_origin(td_file *file, const char *group, const td_table_form *form)
{
    td_comm *comm = td_file_comm(file);
    int64_t bytes = 0;
    uint64_t checksum = 0;
    const char *slash = strrchr(form->path, '/');
    const bool first = td_comm_rank(comm) == 0;
    const bool is_file = td_comm_any(comm, first && form->is_file);
    TD_TRY(td_file_set_text(file, group, "name", slash ? slash + 1 : form->path));
    TD_TRY(td_file_set_int(file, group, "files", (int64_t)form->files));
    if (!is_file)
        return TD_OK;
    TD_TRY(td_comm_agree(comm, first ? find_size(form, &bytes) : TD_OK));
    TD_TRY(td_checksum_paths(comm, form->files, (const char *const *)form->file, &checksum));
    TD_TRY(td_file_set_int(file, group, "bytes", bytes));
    return td_file_set_checksum(file, group, "checksum", checksum);
}

static td_status write_provenance(td_file *file, const td_data_parts *parts,
                                  const td_prepare_report *report)
{
    TD_TRY(td_file_set_text(file, "provenance", "format",
                            parts->source->format ? parts->source->format : "schema"));
    TD_TRY(td_file_set_text(file, "provenance", "tandem", td_version()));
    TD_TRY(td_file_set_int(file, "provenance", "rows", report->rows));
    TD_TRY(td_file_set_int(file, "provenance", "skipped", report->skipped));
    TD_TRY(td_file_set_int(file, "provenance", "duplicates", report->duplicates));
    for (int reason = 0; reason < TD_LEFT_OUTS; reason++) {
        char name[32];
        snprintf(name, sizeof name, "left_out_%s", td_left_out_name((td_left_out)reason));
        if (report->left_out[reason] > 0)
            TD_TRY(td_file_set_int(file, "provenance", name, report->left_out[reason]));
    }
    static const char *const groups[TD_OFS] = {"provenance/ratings", "provenance/users",
                                               "provenance/items"};
    for (int of = 0; of < TD_OFS; of++)
        if (parts->source->table[of].form.path && !parts->source->table[of].is_of_rows)
            TD_TRY(write_origin(file, groups[of], &parts->source->table[of].form));
    td_comm *comm = td_file_comm(file);
    return td_comm_agree(comm, td_comm_rank(comm) == 0
                                   ? td_input_states_check(parts->source, parts->inputs)
                                   : TD_OK);
}

/* All datasets and attributes first, then the values, then what is known only then: the file is
 * reopened twice. */
static td_status write_all(td_file *file, const td_data_parts *parts, const td_table_list *tables,
                           td_prepare_report *report)
{
    const char *const everything[] = {"", NULL};
    TD_TRY(td_table_list_each(file, tables, td_file_table_make));
    TD_TRY(write_sizes(file, parts, report));
    TD_TRY(td_schema_write(file, &parts->prepared->schema));
    TD_TRY(write_provenance(file, parts, report));
    TD_TRY(td_table_list_each(file, tables, td_file_table_write));
    TD_TRY(td_checksum_groups(file, everything, &report->checksum));
    return td_file_set_checksum(file, "", "checksum", report->checksum);
}

td_status td_data_file_write(td_comm *comm, const char *path, const td_data_parts *parts,
                             td_prepare_report *report)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_DATA_FORMAT, TD_DATA_VERSION, &file));
    td_table_list tables = td_data_tables_make(comm, parts);
    td_status status = write_all(file, parts, &tables, report);
    td_table_list_free(&tables);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}
