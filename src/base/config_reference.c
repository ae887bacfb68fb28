/* The printed reference of all keys, by section, in lines of at most 100 columns; and of those that
 * a word means. */
#include "base/config_advice.h"
#include "base/config_table.h"
#include "base/memory.h"
#include "base/place.h"
#include "tandem/config.h"

#include <string.h>

enum { COLUMNS = 100, INDENT = 6 };

/* Prints text in lines that begin with an indent and break at blanks. */
static void print_wrapped(FILE *stream, const char *text)
{
    const size_t room = COLUMNS - INDENT;
    while (*text) {
        size_t length = strlen(text);
        if (length > room) {
            length = room;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0) /* one word wider than the page */
                length = strcspn(text, " ");
        }
        fprintf(stream, "%*s%.*s\n", INDENT, "", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

/* A key with its full name: "train.epochs", "features.NAME.width". */
typedef struct {
    const td_config_key *key;
    const td_key_advice *advice;
    const char *section; /* with free names, that it is of; NULL: none */
    char name[TD_KEY_WORDS];
} entry;

static size_t entry_count(void)
{
    size_t count = td_config_key_count;
    for (size_t s = 0; s < td_config_section_count; s++)
        count += td_config_sections[s].key_count;
    return count;
}

/* Key i of all, those of sections with free names last. */
static entry entry_at(size_t i)
{
    entry e = {0};
    if (i < td_config_key_count) {
        e.key = &td_config_keys[i];
        snprintf(e.name, sizeof e.name, "%s", e.key->name);
        e.advice = td_advice_find(e.name);
        return e;
    }
    const td_config_section *section = td_config_sections;
    for (i -= td_config_key_count; i >= section->key_count; section++)
        i -= section->key_count;
    e.key = &section->keys[i];
    e.section = section->name;
    snprintf(e.name, sizeof e.name, "%s.%s", section->name, e.key->name);
    e.advice = td_advice_find(e.name);
    snprintf(e.name, sizeof e.name, "%s.NAME.%s", section->name, e.key->name);
    return e;
}

static void print_entry(FILE *stream, const entry *e)
{
    char expectation[TD_KEY_WORDS];
    td_key_expectation(e->key, expectation);
    fprintf(stream, "  %c %s: %s\n", e->key->shapes ? '*' : ' ', e->name,
            *e->key->standard ? e->key->standard : "\"\"");
    print_wrapped(stream, expectation);
    print_wrapped(stream, e->key->text);
    if (e->advice) {
        char *use = td_print_text("when: %s", e->advice->use);
        print_wrapped(stream, use);
        td_free(use);
    }
}

static void print_example(FILE *stream, const entry *e)
{
    const char *value = e->advice ? e->advice->example : e->key->standard;
    const char *quote = strchr(value, '\'') ? "\"" : strpbrk(value, "[ \"") ? "'" : "";
    if (e->section)
        fprintf(stream, "%*sin YAML: %s: {NAME: {%s: %s}}\n", INDENT, "", e->section, e->key->name,
                value);
    else
        fprintf(stream, "%*sin YAML: %s: %s\n", INDENT, "", e->name, value);
    fprintf(stream, "%*s--set %s%s=%s%s\n", INDENT, "", quote, e->name, value, quote);
}

static size_t section_length(const char *name)
{
    return strcspn(name, ".");
}

static bool begins_section(const entry *e, const entry *before)
{
    const size_t length = section_length(e->name);
    return length != section_length(before->name) || strncmp(e->name, before->name, length) != 0;
}

void td_config_print_reference(FILE *stream)
{
    fputs("Configuration keys with their defaults. In a YAML file write `train.epochs: 3`, or\n"
          "`epochs: 3` in a section `train:`; on a command line --set train.epochs=3.\n"
          "A run goes on only with the values of the keys marked * that it began with.\n",
          stream);
    entry before = {.name = ""};
    for (size_t i = 0; i < entry_count(); i++) {
        const entry e = entry_at(i);
        if (begins_section(&e, &before))
            fprintf(stream, "\n%.*s\n", (int)section_length(e.name), e.name);
        for (size_t s = 0; s < td_config_section_count; s++)
            if (begins_section(&e, &before) && e.section == td_config_sections[s].name)
                print_wrapped(stream, td_config_sections[s].text);
        print_entry(stream, &e);
        before = e;
    }
}

/* How a topic may mean a key, the surest first. */
static bool is_name(const entry *e, const char *topic)
{
    const size_t section = e->section ? strlen(e->section) : 0;
    const char *last = strrchr(topic, '.');
    return strcmp(e->name, topic) == 0 || (e->advice && strcmp(e->advice->key, topic) == 0) ||
           (e->section && last && strncmp(topic, e->section, section) == 0 &&
            topic[section] == '.' && strcmp(last + 1, e->key->name) == 0);
}

static bool is_section(const entry *e, const char *topic)
{
    return td_advice_same_word(e->name, section_length(e->name), topic);
}

static bool is_last_name(const entry *e, const char *topic)
{
    const char *last = strrchr(e->name, '.') + 1;
    return td_advice_same_word(last, strlen(last), topic);
}

static bool is_other_word(const entry *e, const char *topic)
{
    return e->advice && td_advice_has_word(e->advice, topic);
}

static bool is_part(const entry *e, const char *topic)
{
    return strlen(topic) > 2 && strstr(e->name, topic);
}

bool td_config_print_help(FILE *stream, const char *topic)
{
    static bool (*const means[])(const entry *, const char *) = {is_name, is_section, is_last_name,
                                                                 is_other_word, is_part};
    size_t found = 0;
    for (size_t m = 0; m < sizeof means / sizeof *means && found == 0; m++)
        for (size_t i = 0; i < entry_count(); i++) {
            const entry e = entry_at(i);
            if (!means[m](&e, topic))
                continue;
            print_entry(stream, &e);
            print_example(stream, &e);
            found++;
        }
    return found > 0;
}

/* Returns how many words keys are called by, here or elsewhere; sets words, unless NULL, to copies.
 */
static size_t list_words(char **words)
{
    size_t count = 0;
    for (size_t i = 0; i < entry_count(); i++) {
        const entry e = entry_at(i);
        const char *also = e.advice ? e.advice->words : "";
        if (words)
            words[count] = td_copy_text(strrchr(e.name, '.') + 1);
        for (count++; *also; also += strspn(also, " ")) {
            const size_t length = strcspn(also, " ");
            if (words)
                words[count] = td_print_text("%.*s", (int)length, also);
            count++;
            also += length;
        }
    }
    return count;
}

char *td_config_nearest_topic(const char *topic)
{
    const size_t count = list_words(NULL);
    char **words = TD_NEW(char *, count);
    list_words(words);
    char *nearest = td_copy_text(words[td_nearest(topic, count, (const char *const *)words)]);
    for (size_t i = 0; i < count; i++)
        td_free(words[i]);
    td_free(words);
    return nearest;
}
