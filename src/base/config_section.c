/* Names of keys, entries of sections. */
#include "base/config_section.h"

#include "base/config_advice.h"
#include "base/config_value.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/yaml.h"

#include <stdarg.h>
#include <string.h>

enum { FOUND_SIZE = 2 * TD_KEY_WORDS };

static td_section *section_of(const td_config_section *section, td_config *config)
{
    return (td_section *)((char *)config + section->offset);
}

size_t td_section_count(const td_config_section *section, const td_config *config)
{
    return ((const td_section *)((const char *)config + section->offset))->count;
}

const void *td_section_entry(const td_config_section *section, const td_config *config, size_t i,
                             const char **name)
{
    const td_section *s = (const td_section *)((const char *)config + section->offset);
    const char *entry = (const char *)s->entries + i * section->entry_size;
    memcpy(name, entry, sizeof *name); /* the first member */
    return entry;
}

const void *td_section_find(const td_config_section *section, const td_config *config,
                            const char *name)
{
    for (size_t i = 0; i < td_section_count(section, config); i++) {
        const char *found;
        const void *entry = td_section_entry(section, config, i, &found);
        if (strcmp(found, name) == 0)
            return entry;
    }
    return NULL;
}

const td_feature_config *td_config_feature(const td_config *config, const char *name)
{
    return td_section_find(&td_config_sections[TD_SECTION_FEATURES], config, name);
}

const td_task_config *td_config_task(const td_config *config, size_t i)
{
    return (const td_task_config *)config->tasks.entries + i;
}

const td_task_config *td_config_task_named(const td_config *config, const char *name)
{
    return td_section_find(&td_config_sections[TD_SECTION_TASKS], config, name);
}

bool td_config_has_task(const td_config *config, const char *name)
{
    return strcmp(name, "retrieval") == 0 ||
           (config->rating_enabled && strcmp(name, "rating") == 0);
}

/* Lists of features are query.features, candidate.features, and features of a task. */
static bool lists_features(const td_config_key *key)
{
    const char *dot = strchr(key->name, '.');
    return key->kind == TD_KEY_NAMES && strcmp(dot ? dot + 1 : key->name, "features") == 0;
}

bool td_key_knows(const td_config_key *key, const td_config *config, const char *name)
{
    return td_choice_find(key->choices, name) >= 0 ||
           (lists_features(key) && td_config_feature(config, name));
}

td_config_draft td_draft_begin(const td_config *config)
{
    td_config_draft draft = {.config = *config,
                             .sections = TD_NEW(td_draft_section, td_config_section_count)};
    for (size_t s = 0; s < td_config_section_count; s++) {
        const td_section *from = section_of(&td_config_sections[s], &draft.config);
        const size_t bytes = from->count * td_config_sections[s].entry_size;
        draft.sections[s] = (td_draft_section){from->count, td_allocate(bytes, 1)};
        if (bytes > 0)
            memcpy(draft.sections[s].entries, from->entries, bytes);
    }
    return draft;
}

void td_draft_end(td_config_draft *draft)
{
    for (size_t s = 0; s < td_config_section_count; s++)
        td_free(draft->sections[s].entries);
    td_free(draft->sections);
}

void td_draft_finish(td_config_draft *draft, td_config *config)
{
    for (size_t s = 0; s < td_config_section_count; s++) {
        const td_draft_section *from = &draft->sections[s];
        const size_t bytes = from->count * td_config_sections[s].entry_size;
        *section_of(&td_config_sections[s], &draft->config) =
            (td_section){from->count, from->count > 0 ? td_intern(from->entries, bytes) : NULL};
    }
    *config = draft->config;
    td_draft_end(draft);
}

/* Sets the fields of a new entry to their defaults. */
static void set_defaults(const td_config_section *section, char *entry, const char *name)
{
    const char *interned = td_intern_text(name);
    memset(entry, 0, section->entry_size);
    memcpy(entry, &interned, sizeof interned);
    for (size_t k = 0; k < section->key_count; k++)
        td_value_set_standard(&section->keys[k], entry);
}

/* Returns the entry of this name, made in its place if it is not there. */
static void *find_or_make(const td_config_section *section, td_draft_section *draft,
                          const char *name)
{
    const size_t size = section->entry_size;
    size_t place = 0;
    for (; place < draft->count; place++) {
        const char *there;
        memcpy(&there, draft->entries + place * size, sizeof there);
        const int order = strcmp(there, name);
        if (order == 0)
            return draft->entries + place * size;
        if (order > 0)
            break;
    }
    draft->entries = td_reallocate(draft->entries, draft->count, draft->count + 1, size);
    char *entry = draft->entries + place * size;
    memmove(entry + size, entry, (draft->count - place) * size);
    draft->count++;
    set_defaults(section, entry, name);
    return entry;
}

/* Fails for a name, after a prefix that is right, which none of those that there are is. */
static td_status fail_unknown(td_place place, const char *prefix, const char *name, size_t count,
                              const char *const *names)
{
    char quoted[TD_QUOTE_SIZE];
    td_quote(name, strlen(name), quoted);
    return td_place_fail(place,
                         "there is no key '%s%s'; the nearest is '%s%s' "
                         "(`tandem help config` lists all)",
                         prefix, quoted, prefix, names[td_nearest(name, count, names)]);
}

/* Fails for a name that is no key, but what a key is called elsewhere. */
static td_status fail_called(td_place place, const char *name, const char *key)
{
    char quoted[TD_QUOTE_SIZE];
    td_quote(name, strlen(name), quoted);
    return td_place_fail(place, "there is no key '%s'; here it is '%s' (`tandem help %s`)", quoted,
                         key, key);
}

static td_status fail_unknown_name(td_place place, const char *name)
{
    size_t count = 0;
    const td_key_advice *called = td_advice_called(name);
    if (called && td_key_find(called->key))
        return fail_called(place, name, called->key);
    const char **names = TD_NEW(const char *, td_config_key_count + td_config_section_count);
    for (size_t k = 0; k < td_config_key_count; k++)
        names[count++] = td_config_keys[k].name;
    for (size_t s = 0; s < td_config_section_count; s++)
        names[count++] = td_config_sections[s].name;
    const td_status status = fail_unknown(place, "", name, count, names);
    td_free(names);
    return status;
}

/* Fails for a key that entries of a section lack. */
static td_status fail_unknown_of(td_place place, const td_config_section *section,
                                 const char *entry, const char *key)
{
    const char **names = TD_NEW(const char *, section->key_count);
    for (size_t k = 0; k < section->key_count; k++)
        names[k] = section->keys[k].name;
    char *prefix = td_print_text("%s.%s.", section->name, entry);
    const td_status status = fail_unknown(place, prefix, key, section->key_count, names);
    td_free(prefix);
    td_free(names);
    return status;
}

/* Finds an entry, or a key of one, by what follows the section's name and a point. */
static td_status find_in_section(td_config_draft *draft, td_place place, size_t s, const char *rest,
                                 td_setting *setting)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const td_config_section *section = &td_config_sections[s];
    const size_t length = strspn(rest, letters);
    if (length == 0 || length > TD_ENTRY_LONGEST || (rest[length] && rest[length] != '.'))
        return td_place_fail(place,
                             "%s: expected a name of at most %d letters, digits, '_' and '-'; "
                             "found '%s'",
                             section->name, TD_ENTRY_LONGEST, rest);
    char entry[TD_ENTRY_LONGEST + 1];
    snprintf(entry, sizeof entry, "%.*s", (int)length, rest);
    *setting = (td_setting){.such_as = section->keys[0].name};
    if (draft->sections[s].count >= TD_LIST_MOST)
        return td_place_fail(place, "%s: expected at most %d entries; found more", section->name,
                             TD_LIST_MOST);
    if (!rest[length]) {
        find_or_make(section, &draft->sections[s], entry);
        return TD_OK;
    }
    for (size_t k = 0; k < section->key_count; k++)
        if (strcmp(section->keys[k].name, rest + length + 1) == 0) {
            setting->key = &section->keys[k];
            setting->of = find_or_make(section, &draft->sections[s], entry);
            return TD_OK;
        }
    return fail_unknown_of(place, section, entry, rest + length + 1);
}

td_status td_draft_find(td_config_draft *draft, td_place place, const char *name,
                        td_setting *setting)
{
    const td_config_key *key = td_key_find(name), *below = td_key_in_section(name);
    *setting = (td_setting){.key = key, .of = &draft->config, .such_as = below ? below->name : ""};
    if (key || below)
        return TD_OK;
    for (size_t s = 0; s < td_config_section_count; s++) {
        const td_config_section *section = &td_config_sections[s];
        const size_t length = strlen(section->name);
        if (strncmp(name, section->name, length) != 0)
            continue;
        if (name[length] == '.')
            return find_in_section(draft, place, s, name + length + 1, setting);
        setting->is_open = name[length] == '\0';
        setting->such_as = section->keys[0].name;
        if (setting->is_open)
            return TD_OK;
    }
    return fail_unknown_name(place, name);
}

/* The names of a section's entries that are not among them, after those of a NAMES key. */
static void append_names(const td_config_key *key, const td_config *config,
                         char expected[FOUND_SIZE])
{
    const td_config_section *section = &td_config_sections[TD_SECTION_FEATURES];
    char *end = strstr(expected, ", in brackets");
    if (!end)
        return;
    for (size_t i = 0; i < td_section_count(section, config); i++) {
        const char *name;
        td_section_entry(section, config, i, &name);
        if (td_choice_find(key->choices, name) >= 0)
            continue;
        end += snprintf(end, (size_t)(expected + FOUND_SIZE - end), ", %s", name);
        if (end >= expected + FOUND_SIZE)
            return;
    }
    snprintf(end, (size_t)(expected + FOUND_SIZE - end), ", in brackets");
}

td_status td_key_fail(td_place place, const td_config_key *key, const char *name,
                      const td_config *config, const char *format, ...)
{
    char found[FOUND_SIZE], expected[FOUND_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(found, sizeof found, format, arguments);
    va_end(arguments);
    td_key_expectation(key, expected);
    if (config && lists_features(key))
        append_names(key, config, expected);
    return td_place_fail(place, "%s: expected %s; found %s", name, expected, found);
}

td_config_name td_section_key_name(const td_config_section *section, const char *entry,
                                   const char *key)
{
    td_config_name name;
    snprintf(name.text, sizeof name.text, "%s.%s.%s", section->name, entry, key);
    return name;
}
