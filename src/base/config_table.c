/* The key table, spelled out from the X-macro, and look-ups in it. */
#include "base/config_table.h"

#include "tandem/config.h"

#include <stdio.h>
#include <string.h>

enum { FREE = false, SHAPES = true };

/* The struct whose fields the rows below are of. */
#define KEY_OF td_config
#define KEY(field, key, kind_of, value, is_shaping, help)                                          \
    .name = (key), .kind = (kind_of), .offset = offsetof(KEY_OF, field), .standard = (value),      \
    .shapes = (is_shaping), .text = (help)
#define KEY_BOOL(field, key, value, use, text) {KEY(field, key, TD_KEY_BOOL, #value, use, text)},
#define KEY_INT(field, key, value, from, to, use, text)                                            \
    {KEY(field, key, TD_KEY_INT, #value, use, text), .low_text = #from, .high_text = #to,          \
     .low = (from), .high = (to)},
#define KEY_REAL(field, key, value, from, to, use, text)                                           \
    {KEY(field, key, TD_KEY_REAL, #value, use, text), .low_text = #from, .high_text = #to,         \
     .low_real = (from), .high_real = (to)},
#define KEY_CHOICE(field, key, value, names, use, text)                                            \
    {KEY(field, key, TD_KEY_CHOICE, value, use, text), .choices = (names)},
#define KEY_INTS(field, key, value, from, to, use, text)                                           \
    {KEY(field, key, TD_KEY_INTS, value, use, text), .low_text = #from, .high_text = #to,          \
     .low = (from), .high = (to)},
#define KEY_NAMES(field, key, value, names, use, text)                                             \
    {KEY(field, key, TD_KEY_NAMES, value, use, text), .choices = (names)},
#define KEY_TEXT(field, key, value, use, text) {KEY(field, key, TD_KEY_TEXT, value, use, text)},

const td_config_key td_config_keys[] = {
    TD_CONFIG_KEYS(KEY_BOOL, KEY_INT, KEY_REAL, KEY_CHOICE, KEY_INTS, KEY_NAMES, KEY_TEXT)};
const size_t td_config_key_count = sizeof td_config_keys / sizeof *td_config_keys;

#undef KEY_OF
#define KEY_OF td_feature_config
static const td_config_key features_keys[] = {
    TD_FEATURE_KEYS(KEY_BOOL, KEY_INT, KEY_REAL, KEY_CHOICE, KEY_INTS, KEY_NAMES, KEY_TEXT)};

#undef KEY_OF
#define KEY_OF td_task_config
static const td_config_key tasks_keys[] = {
    TD_TASK_KEYS(KEY_BOOL, KEY_INT, KEY_REAL, KEY_CHOICE, KEY_INTS, KEY_NAMES, KEY_TEXT)};

/* A section's keys are the array that has its field's name. */
#define SECTION(field, type, key, keys_of, help)                                                   \
    {.name = (key),                                                                                \
     .offset = offsetof(td_config, field),                                                         \
     .entry_size = sizeof(type),                                                                   \
     .keys = field##_keys,                                                                         \
     .key_count = sizeof field##_keys / sizeof *field##_keys,                                      \
     .text = (help)},
const td_config_section td_config_sections[] = {TD_CONFIG_SECTIONS(SECTION)};
const size_t td_config_section_count = sizeof td_config_sections / sizeof *td_config_sections;

/* Choices that had another name, as older files and checkpoints have them. */
static const struct {
    const char *key, *before, *now;
} renamed[] = {
    {"model.normalize", "l2", "both"},
    {"retrieval.log_q", "false", "none"},
    {"retrieval.log_q", "true", "all"},
};

const char *td_choice_now(const td_config_key *key, const char *text)
{
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strcmp(renamed[i].key, key->name) == 0 && strcmp(renamed[i].before, text) == 0)
            return renamed[i].now;
    return text;
}

bool td_key_is_list(const td_config_key *key)
{
    return key->kind == TD_KEY_INTS || key->kind == TD_KEY_NAMES;
}

const td_config_key *td_key_find(const char *name)
{
    for (size_t k = 0; k < td_config_key_count; k++)
        if (strcmp(td_config_keys[k].name, name) == 0)
            return &td_config_keys[k];
    return NULL;
}

const td_config_key *td_key_in_section(const char *name)
{
    size_t length = strlen(name);
    for (size_t k = 0; k < td_config_key_count; k++)
        if (strncmp(td_config_keys[k].name, name, length) == 0 &&
            td_config_keys[k].name[length] == '.')
            return &td_config_keys[k];
    return NULL;
}

/* "a|b|c" as "a, b, c". */
static void list_choices(const char *choices, size_t size, char *text)
{
    size_t used = 0;
    for (const char *c = choices; *c && used + 2 < size; c++) {
        text[used++] = *c == '|' ? ',' : *c;
        if (*c == '|')
            text[used++] = ' ';
    }
    text[used] = '\0';
}

void td_key_expectation(const td_config_key *key, char text[TD_KEY_WORDS])
{
    char names[TD_KEY_WORDS - 128] = "";
    if (key->choices)
        list_choices(key->choices, sizeof names, names);
    switch (key->kind) {
    case TD_KEY_BOOL:
        snprintf(text, TD_KEY_WORDS, "true or false");
        break;
    case TD_KEY_INT:
        snprintf(text, TD_KEY_WORDS, "an integer from %s to %s", key->low_text, key->high_text);
        break;
    case TD_KEY_REAL:
        snprintf(text, TD_KEY_WORDS, "a number from %s to %s", key->low_text, key->high_text);
        break;
    case TD_KEY_CHOICE:
        snprintf(text, TD_KEY_WORDS, "one of %s", names);
        break;
    case TD_KEY_INTS:
        snprintf(text, TD_KEY_WORDS, "a list of at most %d integers from %s to %s, in brackets",
                 TD_LIST_MOST, key->low_text, key->high_text);
        break;
    case TD_KEY_NAMES:
        snprintf(text, TD_KEY_WORDS, "a list of different names out of %s, in brackets", names);
        break;
    case TD_KEY_TEXT:
        snprintf(text, TD_KEY_WORDS, "a text");
        break;
    }
}
