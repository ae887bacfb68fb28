/* The public side: every change is made on a copy, which replaces the caller's if all is well. */
#include "tandem/config.h"

#include "base/config_section.h"
#include "base/config_value.h"
#include "base/config_yaml.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"

#include <string.h>

void td_config_defaults(td_config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t k = 0; k < td_config_key_count; k++)
        td_value_set_standard(&td_config_keys[k], config);
}

/* Sets the keys that a tree names, all or none, and frees it. */
static td_status take_tree(td_yaml *root, td_config *config)
{
    td_status status = td_config_read_tree(root, config);
    td_yaml_free(root);
    return status;
}

td_status td_config_load(const char *path, td_config *config)
{
    td_yaml *root;
    TD_TRY(td_yaml_load(path, &root));
    return take_tree(root, config);
}

td_status td_config_parse(const char *text, const char *where, td_config *config)
{
    td_yaml *root;
    TD_TRY(td_yaml_parse(text, strlen(text), (td_place){where, 1, 1}, &root));
    return take_tree(root, config);
}

td_status td_config_set(td_config *config, const char *assignment)
{
    char quoted[TD_QUOTE_SIZE], where[TD_QUOTE_SIZE + 16], name[TD_QUOTE_SIZE];
    td_quote(assignment, strlen(assignment), quoted);
    snprintf(where, sizeof where, "--set %s", quoted);
    const td_place place = {.where = where};
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return td_place_fail(place, "expected key=value, such as train.epochs=3");
    td_quote(assignment, (size_t)(equals - assignment), name);
    td_yaml *value;
    TD_TRY(td_yaml_parse(equals + 1, strlen(equals + 1), place, &value));
    td_status status = td_config_set_value(name, value, config);
    td_yaml_free(value);
    return status;
}

static void write_key(FILE *stream, const td_config_key *key, const char *name, const void *of)
{
    fprintf(stream, "%s: ", name);
    td_value_write(key, of, stream);
    fputc('\n', stream);
}

static void write_section(FILE *stream, const td_config_section *section, const td_config *config,
                          bool only_shaping)
{
    for (size_t i = 0; i < td_section_count(section, config); i++)
        for (size_t k = 0; k < section->key_count; k++) {
            const char *entry_name;
            const void *entry = td_section_entry(section, config, i, &entry_name);
            const td_config_key *key = &section->keys[k];
            if (!only_shaping || key->shapes)
                write_key(stream, key, td_section_key_name(section, entry_name, key->name).text,
                          entry);
        }
}

char *td_config_to_yaml(const td_config *config, bool only_shaping)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    for (size_t k = 0; k < td_config_key_count; k++)
        if (!only_shaping || td_config_keys[k].shapes)
            write_key(stream, &td_config_keys[k], td_config_keys[k].name, config);
    for (size_t s = 0; s < td_config_section_count; s++)
        write_section(stream, &td_config_sections[s], config, only_shaping);
    td_text_writer_close(stream);
    return text;
}

char *td_config_value(const td_config *config, const char *name)
{
    const td_config_key *key = td_key_find(name);
    char *text;
    size_t size;
    TD_ASSERT(key);
    if (key->kind == TD_KEY_REAL) {
        char number[TD_NUMBER_SIZE];
        td_number_write_real(td_value_get(key, config, 0).real, number);
        return td_copy_text(number);
    }
    FILE *stream = td_text_writer(&text, &size);
    td_value_write(key, config, stream);
    td_text_writer_close(stream);
    return text;
}

/* The value of a key; of an entry that is not there (of NULL), that. */
static void write_value(FILE *stream, const td_config_key *key, const void *of)
{
    if (of)
        td_value_write(key, of, stream);
    else
        fputs("nothing", stream);
}

/* Adds a line for a key that shapes the answer and differs. */
static void write_difference(FILE *stream, const td_config_key *key, const char *name,
                             const void *ours, const void *theirs)
{
    if (!key->shapes || (ours && theirs && td_value_equal(key, ours, theirs)))
        return;
    fprintf(stream, "\n  %s: it is ", name);
    write_value(stream, key, ours);
    fputs(" here and ", stream);
    write_value(stream, key, theirs);
    fputs(" there", stream);
}

/* Adds the lines of our entries, then of those that only they have. */
static void write_differences(FILE *stream, const td_config_section *section, const td_config *ours,
                              const td_config *theirs)
{
    const td_config *const both[] = {ours, theirs};
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < td_section_count(section, both[side]); i++) {
            const char *name;
            td_section_entry(section, both[side], i, &name);
            const void *our_entry = td_section_find(section, ours, name);
            const void *their_entry = td_section_find(section, theirs, name);
            for (size_t k = 0; k < section->key_count && (side == 0 || !our_entry); k++)
                write_difference(stream, &section->keys[k],
                                 td_section_key_name(section, name, section->keys[k].name).text,
                                 our_entry, their_entry);
        }
}

char *td_config_differences(const td_config *ours, const td_config *theirs)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    for (size_t k = 0; k < td_config_key_count; k++)
        write_difference(stream, &td_config_keys[k], td_config_keys[k].name, ours, theirs);
    for (size_t s = 0; s < td_config_section_count; s++)
        write_differences(stream, &td_config_sections[s], ours, theirs);
    td_text_writer_close(stream);
    return text;
}

td_status td_config_match(const td_config *ours, const td_config *theirs)
{
    char *text = td_config_differences(ours, theirs);
    const td_status status =
        *text ? td_fail(TD_ERR_MISMATCH, "these keys must not change within a run:%s", text)
              : TD_OK;
    td_free(text);
    return status;
}
