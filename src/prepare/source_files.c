/* Which files a source's tables are in. */
#include "prepare/source_files.h"

#include "base/look.h"
#include "base/memory.h"
#include "prepare/schema_section.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void td_source_add_file(td_table_form *form, const char *path)
{
    form->file = td_grow(form->file, form->files, sizeof *form->file);
    form->file[form->files++] = td_copy_text(path);
    if (!form->path)
        form->path = td_copy_text(path);
}

void td_source_free_files(td_table_form *form)
{
    for (size_t f = 0; f < form->files; f++)
        td_free(form->file[f]);
    td_free(form->file);
    td_free(form->path);
    form->path = NULL;
    form->file = NULL;
    form->files = 0;
}

td_status td_source_is_folder(const char *path, bool *is_folder)
{
    td_look what;
    TD_TRY(td_look_at(path, &what));
    *is_folder = what == TD_LOOK_FOLDER;
    return TD_OK;
}

/* Returns the first length bytes of folder, and name, as a path to be freed. */
static char *path_in(size_t length, const char *folder, const char *name)
{
    const size_t size = length + strlen(name) + sizeof "/";
    char *path = TD_NEW(char, size);
    snprintf(path, size, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "", name);
    return path;
}

static bool is_listed(const td_table_form *form, const char *path)
{
    for (size_t f = 0; f < form->files; f++)
        if (strcmp(form->file[f], path) == 0)
            return true;
    return false;
}

/* Whether a file of this name has vectors of some table's fields. */
static bool is_of_vectors(const td_source *source, const char *name)
{
    for (int of = 0; of < TD_OFS; of++)
        for (size_t f = 0; f < source->table[of].count; f++) {
            const char *file = source->table[of].fields[f].file;
            if (file && strcmp(file, name) == 0)
                return true;
        }
    return false;
}

/* Adds the files of a folder in the order of their names, but for those of other tables, and those
 * that begin with a dot or an underscore, as the marks that programs leave behind. */
static td_status add_folder(td_source *source, td_table_form *form, const char *folder)
{
    td_folder content;
    const size_t before = form->files;
    td_status status = td_folder_read(folder, &content);
    for (size_t n = 0; n < content.count && status == TD_OK; n++) {
        bool taken = false;
        if (strchr("._", *content.name[n]) || is_of_vectors(source, content.name[n]))
            continue;
        char *path = path_in(strlen(folder), folder, content.name[n]);
        for (int of = 0; of < TD_OFS; of++)
            taken = taken ||
                    (form != &source->table[of].form && is_listed(&source->table[of].form, path));
        if (!taken)
            td_source_add_file(form, path);
        td_free(path);
    }
    td_folder_free(&content);
    TD_TRY(status);
    return form->files > before
               ? TD_OK
               : td_fail(TD_ERR_FILE, "%s: expected files in the folder, found none", folder);
}

td_status td_source_add_path(td_source *source, td_table_form *form, const char *path)
{
    td_look what;
    const bool is_first = form->files == 0;
    TD_TRY(td_look_at(path, &what));
    if (what == TD_LOOK_FOLDER)
        TD_TRY(add_folder(source, form, path));
    else
        td_source_add_file(form, path);
    if (is_first)
        TD_TRY(td_look_at(form->path, &what));
    form->is_file = is_first ? what == TD_LOOK_FILE : form->is_file;
    return TD_OK;
}

/* Adds inputs to the interactions, up to the NULL that ends them. */
static td_status add_all(td_source *source, const char *const *inputs)
{
    for (; inputs && *inputs; inputs++)
        TD_TRY(td_source_add_path(source, &source->table[TD_OF_ROW].form, *inputs));
    return TD_OK;
}

td_status td_source_add_inputs(const td_prepare_options *options, td_source *source)
{
    td_table_form *form = &source->table[TD_OF_ROW].form;
    TD_TRY(td_source_add_path(source, form, options->input));
    return add_all(source, options->more_inputs);
}

/* A folder may hold files for training and for testing. Of the first so many files takes those out
 * that follow again, and returns how many are left. */
static td_status take_out_held(td_table_form *form, size_t training, size_t *left)
{
    const size_t count = form->files - training;
    bool *is_held = TD_NEW(bool, training);
    td_status status = TD_OK;
    for (size_t f = 0; f < training; f++)
        for (size_t h = 0; h < count && !is_held[f] && status == TD_OK; h++)
            status = td_look_for_same(form->file[f], form->file[training + h], &is_held[f]);
    *left = 0;
    for (size_t f = 0; f < training; f++)
        if (is_held[f])
            td_free(form->file[f]);
        else
            form->file[(*left)++] = form->file[f];
    memmove(form->file + *left, form->file + training, count * sizeof *form->file);
    form->files = *left + count;
    td_free(is_held);
    return status;
}

td_status td_source_add_held_out(const td_prepare_options *options, td_source *source)
{
    td_source_table *rows = &source->table[TD_OF_ROW];
    const size_t before = rows->form.files;
    TD_TRY(add_all(source, options->validation_inputs));
    const size_t validation = rows->form.files - before;
    TD_TRY(add_all(source, options->test_inputs));
    if (rows->form.files == before)
        return TD_OK;
    size_t training;
    TD_TRY(take_out_held(&rows->form, before, &training));
    rows->held_out[0] = training;
    rows->held_out[1] = training + validation;
    if (training > 0)
        return TD_OK;
    return td_fail(TD_ERR_USAGE,
                   "%s: expected a file for training, found none besides those for "
                   "validation and testing",
                   options->input);
}

/* Says which files the folder that the input should be has to hold. */
static td_status fail_no_folder(const td_prepare_options *options, const td_source *source)
{
    char files[512] = "";
    size_t used = 0, left = 0;
    for (int of = 0; of < TD_OFS; of++)
        left += source->table[of].form.path != NULL;
    for (int of = 0; of < TD_OFS; of++) {
        const char *file = source->table[of].form.path;
        if (!file || used >= sizeof files)
            continue;
        left--;
        used += (size_t)snprintf(files + used, sizeof files - used, "%.128s%s", file,
                                 left == 0   ? ""
                                 : left == 1 ? " and "
                                             : ", ");
    }
    return td_fail(TD_ERR_FILE, "%s: expected the folder that holds %s of %s, found %s",
                   options->input, files, options->schema ? options->schema : source->format,
                   options->more_inputs && *options->more_inputs ? "several inputs" : "a file");
}

td_status td_source_find_files(const td_prepare_options *options, td_source *source)
{
    td_look what;
    const bool named = source->table[TD_OF_ROW].form.files > 0;
    const bool several = options->more_inputs && *options->more_inputs;
    TD_TRY(td_look_at(options->input, &what));
    const bool folder = what == TD_LOOK_FOLDER;
    if (what == TD_LOOK_NOTHING && strcmp(options->input, "-") != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", options->input, strerror(ENOENT));
    if (named && (!folder || several))
        return fail_no_folder(options, source);
    const char *slash = strrchr(options->input, '/');
    const size_t beside = slash == options->input ? 1
                          : slash                 ? (size_t)(slash - options->input)
                                                  : 0;
    const size_t length = folder ? strlen(options->input) : beside;
    for (int of = TD_OFS - 1; of >= 0; of--) { /* side tables first, which take their files */
        td_table_form *form = &source->table[of].form, names = *form;
        form->file = NULL;
        form->files = 0;
        form->path = NULL;
        td_status status = TD_OK;
        for (size_t f = 0; f < names.files && status == TD_OK; f++) {
            char *path = *names.file[f] == '/' ? td_copy_text(names.file[f])
                                               : path_in(length, options->input, names.file[f]);
            status = td_source_add_path(source, form, path);
            td_free(path);
        }
        td_source_free_files(&names);
        TD_TRY(status);
    }
    return named ? TD_OK : td_source_add_inputs(options, source);
}

void td_source_share_form(td_source *source, td_of of)
{
    td_source_table *table = &source->table[of];
    td_table_form shared = source->table[TD_OF_ROW].form;
    shared.file = NULL;
    shared.path = NULL;
    shared.files = 0;
    shared.is_guess[0] = shared.is_guess[1] = false;
    shared.count = table->form.count;
    shared.columns = table->form.columns;
    table->form = shared;
    table->blanks = source->table[TD_OF_ROW].blanks;
}

td_status td_source_share_rows(td_source *source)
{
    const td_table_form *rows = &source->table[TD_OF_ROW].form;
    for (td_of of = TD_OF_USER; of <= TD_OF_ITEM; of++) {
        if (!source->table[of].is_of_rows)
            continue;
        if (!rows->is_file)
            return td_fail(TD_ERR_CONFIG,
                           "%s: expected a file, as %s without a file of their own are read from "
                           "it, too; found a stream",
                           rows->path, td_schema_tables[of]);
        td_source_share_form(source, of);
        for (size_t f = 0; f < rows->files; f++)
            td_source_add_file(&source->table[of].form, rows->file[f]);
    }
    return TD_OK;
}

td_status td_source_holds(const char *folder, const char *name, bool *holds)
{
    char *path = path_in(strlen(folder), folder, name);
    td_look what;
    const td_status status = td_look_at(path, &what);
    td_free(path);
    *holds = status == TD_OK && what != TD_LOOK_NOTHING;
    return status;
}
