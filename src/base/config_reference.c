/* The printed reference of all keys, by section, in lines of at most 100 columns. */
#include "base/config_table.h"
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

static size_t section_length(const char *name)
{
    return strcspn(name, ".");
}

static void print_key(FILE *stream, const td_config_key *key, const char *section)
{
    char expectation[TD_KEY_WORDS];
    td_key_expectation(key, expectation);
    fprintf(stream, "  %c %s%s: %s\n", key->shapes ? '*' : ' ', section, key->name,
            *key->standard ? key->standard : "\"\"");
    print_wrapped(stream, expectation);
    print_wrapped(stream, key->text);
}

static void print_section(FILE *stream, const td_config_section *section)
{
    char name[TD_KEY_WORDS];
    fprintf(stream, "\n%s\n", section->name);
    print_wrapped(stream, section->text);
    snprintf(name, sizeof name, "%s.NAME.", section->name);
    for (size_t k = 0; k < section->key_count; k++)
        print_key(stream, &section->keys[k], name);
}

void td_config_print_reference(FILE *stream)
{
    fputs("Configuration keys with their defaults. In a YAML file write `train.epochs: 3`, or\n"
          "`epochs: 3` in a section `train:`; on a command line --set train.epochs=3.\n"
          "A run goes on only with the values of the keys marked * that it began with.\n",
          stream);
    const char *section = "";
    for (size_t k = 0; k < td_config_key_count; k++) {
        const char *name = td_config_keys[k].name;
        size_t length = section_length(name);
        if (length != section_length(section) || strncmp(name, section, length) != 0)
            fprintf(stream, "\n%.*s\n", (int)length, name);
        section = name;
        print_key(stream, &td_config_keys[k], "");
    }
    for (size_t s = 0; s < td_config_section_count; s++)
        print_section(stream, &td_config_sections[s]);
}
