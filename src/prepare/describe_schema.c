/* The schema that --describe writes of a table. */
#include "prepare/describe_parts.h"
#include "prepare/schema_section.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put_character(FILE *to, char character)
{
    if (character == '\'')
        fputc('\'', to);
    fputc(character, to);
}

/* Writes a text as YAML has it in quotes. */
static void put_quoted(FILE *to, td_str text)
{
    fputc('\'', to);
    for (size_t i = 0; i < text.length; i++)
        put_character(to, text.text[i]);
    fputc('\'', to);
}

/* The same, in a loop of its own, as clang's analyzer asks where the text of a td_str is from. */
static void put_text(FILE *to, const char *text)
{
    fputc('\'', to);
    for (; *text; text++)
        put_character(to, *text);
    fputc('\'', to);
}

static void put_form(FILE *to, const td_profile *p)
{
    const td_table_form *form = &p->form;
    const char *separator = form->fields.separator;
    if (form->kind != TD_TABLE_DELIMITED) {
        fprintf(to, "  form: %s\n", td_table_form_name(form));
    } else {
        if (!separator)
            fprintf(to, "  blanks: yes\n");
        else if (strcmp(separator, "\t") == 0)
            fprintf(to, "  separator: tab\n");
        else {
            fprintf(to, "  separator: ");
            put_text(to, separator);
            fprintf(to, "\n");
        }
        fprintf(to, "  quote: ");
        put_text(to, form->fields.quote ? (char[]){form->fields.quote, '\0'} : "none");
        fprintf(to, "\n  header: %s\n", form->first_line == TD_FIRST_HEADER ? "yes" : "no");
        if (!form->fields.trim)
            fprintf(to, "  trim: no\n");
        if (form->lines_in_quotes)
            fprintf(to, "  lines_in_quotes: yes\n");
    }
    if (form->comment) {
        fprintf(to, "  comment: ");
        put_text(to, form->comment);
        fprintf(to, "\n");
    }
    if (form->encoding)
        fprintf(to, "  encoding: %s\n", form->encoding);
}

static bool is_told(const td_column_profile *c, td_str text)
{
    const char *const *told = c->told_missing;
    for (; told && *told; told++)
        if (strlen(*told) == text.length && memcmp(*told, text.text, text.length) == 0)
            return true;
    return false;
}

/* Writes which cells stand for none: those that options say, those that were found, or empty ones,
 * which a role would refuse. */
static void put_missing(FILE *to, const td_column_profile *c)
{
    const bool may_miss = c->role == TD_ROLE_LABEL || c->role == TD_ROLE_TIME;
    const char *const *told = c->told_missing;
    size_t written = 0;
    for (; told && *told; told++) {
        fprintf(to, "%s", written++ > 0 ? ", " : ", missing: [");
        put_text(to, *told);
    }
    for (size_t m = 0; m < c->marks; m++) {
        const td_str mark = td_vocabulary_name(c->cells, c->mark[m]);
        if (is_told(c, mark))
            continue;
        fprintf(to, "%s", written++ > 0 ? ", " : ", missing: [");
        put_quoted(to, mark);
    }
    if (written > 0)
        fprintf(to, "]");
    else if (may_miss && c->count[0] > 0)
        fprintf(to, ", missing: ['']");
}

static void put_field(FILE *to, const td_profile *p, const td_column_profile *c)
{
    fprintf(to, "    %s: {", c->field);
    if (strcmp(c->field, c->column) != 0) {
        fprintf(to, "column: ");
        put_text(to, c->column);
        fprintf(to, ", ");
    }
    fprintf(to, "kind: %s", td_kind_name(c->kind));
    if (c->role != TD_ROLE_NONE)
        fprintf(to, ", role: %s", td_role_name(c->role));
    if (c->separator) {
        fprintf(to, ", separator: ");
        put_text(to, c->separator);
    }
    if (c->format) {
        fprintf(to, ", format: ");
        put_text(to, c->format);
    }
    if (c->unit)
        fprintf(to, ", unit: %s", td_time_unit_name(c->unit));
    if (c->has_decimal_comma)
        fprintf(to, ", decimal: ','");
    if (c->thousands)
        fprintf(to, c->thousands == '\'' ? ", thousands: \"%c\"" : ", thousands: '%c'",
                c->thousands);
    put_missing(to, c);
    fprintf(to, "} # %" PRId32 " distinct, %.1f %% missing\n", td_profile_values(c),
            p->rows > 0 ? 100 * (double)c->missing / (double)p->rows : 0);
}

/* Writes a file's name where it is in the interactions' folder, else its whole path. */
static void put_path(FILE *to, const td_source *source, const td_profile *p)
{
    const char *first = source->table[TD_OF_ROW].form.path, *slash = strrchr(first, '/');
    const size_t folder = slash ? (size_t)(slash - first) + 1 : 0;
    const char *path = p->form.path;
    char *whole = NULL;
    if (strncmp(path, first, folder) == 0 && !strchr(path + folder, '/'))
        path += folder;
    else
        whole = realpath(path, NULL);
    put_text(to, whole ? whole : path);
    free(whole); // NOLINT: realpath's
}

static void put_key(FILE *to, const td_column_profile *key)
{
    fprintf(to, "  key: ");
    put_text(to, key->column);
    fprintf(to, "\n");
}

/* Writes the fields of a table that has these columns. */
static void put_fields(FILE *to, const td_profile *p, td_of of)
{
    fprintf(to, "  fields:\n");
    for (size_t c = 0; c < p->form.count; c++)
        if (p->columns[c].of == of && (p->of == TD_OF_ROW || c != p->key))
            put_field(to, p, &p->columns[c]);
}

/* Writes the tables of users and items that interactions tell of. */
static void put_sides(FILE *to, const td_profile *p)
{
    static const td_role roles[] = {[TD_OF_USER] = TD_ROLE_USER, [TD_OF_ITEM] = TD_ROLE_ITEM};
    for (td_of of = TD_OF_USER; of <= TD_OF_ITEM; of++) {
        if (p->of != TD_OF_ROW || !td_profile_tells(p, of))
            continue;
        fprintf(to, "%s: # without a file: by the first row of each in the interactions\n",
                td_schema_tables[of]);
        put_key(to, td_profile_with_role(p, roles[of]));
        put_fields(to, p, of);
    }
}

void td_describe_schema(FILE *to, const td_source *source, const td_profile *p)
{
    const td_column_profile *user = td_profile_with_role(p, TD_ROLE_USER);
    fprintf(to, "%s:\n", td_schema_tables[p->of]);
    if (p->of != TD_OF_ROW || source->schema) {
        fprintf(to, "  file: ");
        put_path(to, source, p);
        fprintf(to, "\n");
    }
    if (p->of != TD_OF_ROW)
        put_key(to, &p->columns[p->key]);
    put_form(to, p);
    if (user && user->count[0] > 0)
        fprintf(to, "  without_user: drop # or alone, a user for each such row\n");
    if (td_describe_repeats(p) > 0)
        fprintf(to, "  repeats: keep # or first, last, sum, max\n");
    put_fields(to, p, p->of);
    put_sides(to, p);
}
