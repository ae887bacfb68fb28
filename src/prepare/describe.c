/* `prepare --describe`: what is in the input, what it may mean, and a schema that says so. One rank
 * reads the first rows. */
#include "base/log.h"
#include "base/memory.h"
#include "base/visible.h"
#include "prepare/profile.h"
#include "prepare/schema_file.h"
#include "prepare/schema_section.h"
#include "store/text_file.h"
#include "tandem/prepare.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLES = 5, SHOWN = 24 };

/* The texts that are made. */
typedef struct {
    FILE *report, *schema;
} texts;

static td_excerpt shown(td_str cell)
{
    char *copy = td_str_copy(cell);
    for (size_t i = 0; i < cell.length; i++)
        copy[i] = copy[i] == TD_CELL_LIST ? '|' : copy[i];
    td_excerpt text = td_excerpt_of(copy, cell.length);
    td_free(copy);
    if (strlen(text.text) > SHOWN)
        snprintf(text.text + SHOWN - 3, 4, "...");
    return text;
}

static td_excerpt cell_text(const td_column_profile *c, int32_t number)
{
    return shown(td_vocabulary_name(c->cells, number));
}

static double percent(const td_profile *p, int64_t rows)
{
    return p->rows > 0 ? 100 * (double)rows / (double)p->rows : 0;
}

static td_excerpt column_text(const td_column_profile *c)
{
    return td_excerpt_of(c->column, strlen(c->column));
}

static void report_form(const texts *t, const td_profile *p)
{
    const td_table_form *form = &p->form;
    const bool delimited = form->kind == TD_TABLE_DELIMITED;
    fprintf(t->report, "%s: ", td_schema_tables[p->of]);
    td_print_visible(t->report, strcmp(form->path, "-") == 0 ? "standard input" : form->path);
    if (form->files > 1)
        fprintf(t->report, " and %zu more", form->files - 1);
    fprintf(t->report, "\n  form %s", td_table_form_name(form));
    if (delimited && form->fields.separator && strcmp(td_table_form_name(form), "delimited") == 0)
        fprintf(t->report, ", '%s' between fields", form->fields.separator);
    fprintf(t->report, ", encoding %s%s\n", form->encoding ? form->encoding : "utf-8",
            !delimited                            ? ""
            : form->first_line == TD_FIRST_HEADER ? ", a header"
                                                  : ", no header");
    fprintf(t->report, "  %" PRId64 " rows%s\n", p->rows,
            p->is_whole ? "" : ", the first ones; there are more, of which nothing is said here");
}

static void report_columns(const texts *t, const td_profile *p)
{
    fprintf(t->report, "  %-18s %-10s %-6s %9s %8s  %s\n", "column", "kind", "role", "distinct",
            "missing", "range; examples");
    for (size_t i = 0; i < p->form.count; i++) {
        const td_column_profile *c = &p->columns[i];
        const bool key = p->of != TD_OF_ROW && i == p->key;
        fprintf(t->report, "  %-18s %-10s %-6s %9" PRId32 " %6.1f %%  ", column_text(c).text,
                td_kind_name(c->kind),
                key       ? "key"
                : c->role ? td_role_name(c->role)
                          : "",
                td_vocabulary_count(c->cells) - (int32_t)c->marks, percent(p, c->missing));
        if (c->lowest > 0)
            fprintf(t->report, "%s to %s; ", cell_text(c, c->lowest).text,
                    cell_text(c, c->highest).text);
        for (int32_t e = 1; e <= td_vocabulary_count(c->cells) && e <= EXAMPLES; e++)
            fprintf(t->report, "%s%s", e > 1 ? ", " : "", cell_text(c, e).text);
        fprintf(t->report, "\n");
    }
}

/* Says which columns of interactions tell of users or items, whose fields they are then. */
static void report_sides(const texts *t, const td_profile *p)
{
    for (td_of of = TD_OF_USER; of <= TD_OF_ITEM; of++) {
        const char *before = "";
        if (p->of != TD_OF_ROW || !td_profile_tells(p, of))
            continue;
        fprintf(t->report, "  fields of %s: ", td_schema_tables[of]);
        for (size_t c = 0; c < p->form.count; c++)
            if (p->columns[c].of == of) {
                fprintf(t->report, "%s%s", before, column_text(&p->columns[c]).text);
                before = ", ";
            }
        fprintf(t->report, ": all rows of one have the same\n");
    }
}

static int compare_pairs(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Returns how many rows repeat the user and item of another. */
static int64_t count_repeats(const td_profile *p)
{
    const td_column_profile *user = td_profile_with_role(p, TD_ROLE_USER);
    const td_column_profile *item = td_profile_with_role(p, TD_ROLE_ITEM);
    int64_t *pairs = TD_NEW(int64_t, (size_t)p->rows), repeats = 0;
    if (user && item) {
        for (int64_t i = 0; i < p->rows; i++)
            pairs[i] = ((int64_t)user->cell[i] << 32) + item->cell[i];
        qsort(pairs, (size_t)p->rows, sizeof *pairs, compare_pairs);
        for (int64_t i = 1; i < p->rows; i++)
            repeats += pairs[i] == pairs[i - 1];
    }
    td_free(pairs);
    return repeats;
}

static void warn_of_column(const texts *t, const td_profile *p, const td_column_profile *c)
{
    const int32_t values = td_vocabulary_count(c->cells) - (int32_t)c->marks;
    const bool key = c->role == TD_ROLE_USER || c->role == TD_ROLE_ITEM;
    if (values + (c->missing > 0) == 1 && p->rows > 1)
        fprintf(t->report, "  warning: %s: %s\n", column_text(c).text,
                c->kind == TD_KIND_TIME ? "all times are equal" : "all rows have the same");
    if (c->odd > 0)
        fprintf(t->report,
                "  warning: %s: %.1f %% of the rows have '%s', far from all others: if it stands "
                "for none, say missing: ['%s']\n",
                column_text(c).text, percent(p, c->odd_rows), cell_text(c, c->odd).text,
                cell_text(c, c->odd).text);
    if (key && c->missing > 0)
        fprintf(t->report, "  warning: %s: %.1f %% of the rows have no %s: %s\n",
                column_text(c).text, percent(p, c->missing), td_role_name(c->role),
                c->role == TD_ROLE_USER ? "--without-user, or without_user in a schema, says what "
                                          "becomes of them"
                                        : "they are bad lines, for --skip-bad");
}

static void report_warnings(const texts *t, const td_profile *p)
{
    const td_column_profile *title = td_profile_with_role(p, TD_ROLE_TITLE);
    const int64_t repeats = count_repeats(p);
    if (p->bad > 0)
        fprintf(t->report, "  warning: %" PRId64 " bad lines, the first: %s\n", p->bad, p->message);
    for (size_t c = 0; c < p->form.count; c++)
        warn_of_column(t, p, &p->columns[c]);
    if (repeats > 0)
        fprintf(t->report,
                "  warning: %" PRId64 " rows (%.1f %%) repeat an earlier row's %s and %s: "
                "--repeats, or repeats in a schema, says what becomes of them\n",
                repeats, percent(p, repeats),
                column_text(td_profile_with_role(p, TD_ROLE_USER)).text,
                column_text(td_profile_with_role(p, TD_ROLE_ITEM)).text);
    if (title && td_vocabulary_count(title->cells) < p->rows - title->count[0])
        fprintf(t->report,
                "  warning: %s: %" PRId64 " items share a title with an earlier one: they are "
                "told apart by their ids\n",
                title->column, p->rows - title->count[0] - td_vocabulary_count(title->cells));
}

/* Writes a text as YAML has it in quotes. */
static void put_quoted(FILE *to, td_str text)
{
    fputc('\'', to);
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] == '\'')
            fputc('\'', to);
        fputc(text.text[i], to);
    }
    fputc('\'', to);
}

static void put_text(FILE *to, const char *text)
{
    put_quoted(to, (td_str){text, strlen(text)});
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

static void put_field(FILE *to, const td_profile *p, const td_column_profile *c)
{
    const bool may_miss = c->role == TD_ROLE_LABEL || c->role == TD_ROLE_TIME;
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
    if (c->has_decimal_comma)
        fprintf(to, ", decimal: ','");
    if (c->marks > 0 || (may_miss && c->count[0] > 0)) {
        fprintf(to, ", missing: [");
        for (size_t m = 0; m < c->marks; m++) {
            fprintf(to, "%s", m > 0 ? ", " : "");
            put_quoted(to, td_vocabulary_name(c->cells, c->mark[m]));
        }
        fprintf(to, "%s]", c->marks > 0 ? "" : "''");
    }
    fprintf(to, "} # %" PRId32 " distinct, %.1f %% missing\n",
            td_vocabulary_count(c->cells) - (int32_t)c->marks, percent(p, c->missing));
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

static void put_table(FILE *to, const td_source *source, const td_profile *p)
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
    if (count_repeats(p) > 0)
        fprintf(to, "  repeats: keep # or first, last, sum, max\n");
    put_fields(to, p, p->of);
    put_sides(to, p);
}

/* Local. Describes all tables of the source, with what they read of one another. */
static td_status describe_tables(td_comm *alone, const td_source *source, const texts *t)
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
        td_profile_guess(source, i > 0 ? &profiles[TD_OF_ROW] : NULL, p);
        report_form(t, p);
        report_columns(t, p);
        report_sides(t, p);
        report_warnings(t, p);
        put_table(t->schema, source, p);
    }
    for (size_t i = 0; i < TD_OFS; i++)
        td_profile_free(&profiles[i]);
    return status;
}

/* Local. Fills the two texts. */
static td_status describe(td_comm *alone, const td_prepare_options *options, char **report,
                          char **schema)
{
    size_t size;
    td_source source = {.schema = NULL};
    texts t = {td_text_writer(report, &size), td_text_writer(schema, &size)};
    char *text = NULL;
    td_status status = TD_OK;
    if (options->schema)
        status = td_read_text(options->schema, TD_SCHEMA_LARGEST, &text);
    if (status == TD_OK)
        status = td_source_describe(options, text, &source);
    if (status == TD_OK)
        status = describe_tables(alone, &source, &t);
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
    td_status status = TD_OK;
    *report = NULL;
    if (strcmp(options->input, "-") == 0 && td_comm_size(comm) > 1)
        status = td_fail(TD_ERR_USAGE,
                         "standard input: expected one rank, found %d: describe "
                         "without a launcher",
                         td_comm_size(comm));
    else if (td_comm_rank(comm) == 0)
        status = describe(alone, options, report, &schema);
    if (status == TD_OK && schema && schema_path)
        status = td_replace_text(schema_path, schema);
    td_comm_free(alone);
    td_free(schema);
    return td_comm_agree(comm, status);
}
