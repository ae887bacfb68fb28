/* What --describe prints of a table. */
#include "base/memory.h"
#include "base/visible.h"
#include "prepare/describe_parts.h"
#include "prepare/schema_section.h"
#include "text/display_width.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLES = 5, SHOWN = 24 };

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

/* Prints a text and blanks up to a width. */
static void put_padded(FILE *to, const char *text, int width)
{
    const int blanks = width - td_display_width(text);
    fprintf(to, "%s%*s", text, blanks > 0 ? blanks : 0, "");
}

static void report_form(const td_describe_texts *t, const td_profile *p)
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

static void report_columns(const td_describe_texts *t, const td_profile *p)
{
    fprintf(t->report, "  %-18s %-10s %-6s %9s %8s  %s\n", "column", "kind", "role", "distinct",
            "missing", "range; examples");
    for (size_t i = 0; i < p->form.count; i++) {
        const td_column_profile *c = &p->columns[i];
        const bool key = p->of != TD_OF_ROW && i == p->key;
        fprintf(t->report, "  ");
        put_padded(t->report, column_text(c).text, 18);
        fprintf(t->report, " %-10s %-6s %9" PRId32 " %6.1f %%  ", td_kind_name(c->kind),
                key       ? "key"
                : c->role ? td_role_name(c->role)
                          : "",
                td_profile_values(c), percent(p, c->missing));
        if (c->lowest > 0)
            fprintf(t->report, "%s to %s; ", cell_text(c, c->lowest).text,
                    cell_text(c, c->highest).text);
        for (int32_t e = 1; e <= td_vocabulary_count(c->cells) && e <= EXAMPLES; e++)
            fprintf(t->report, "%s%s", e > 1 ? ", " : "", cell_text(c, e).text);
        fprintf(t->report, "\n");
    }
}

/* Says which columns of interactions tell of users or items, whose fields they are then. */
static void report_sides(const td_describe_texts *t, const td_profile *p)
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

int64_t td_describe_repeats(const td_profile *p)
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

static void warn_of_column(const td_describe_texts *t, const td_profile *p,
                           const td_column_profile *c)
{
    const int32_t values = td_profile_values(c);
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

/* Says what the first line is taken for, where little tells it. */
static void warn_of_first_line(const td_describe_texts *t, const td_profile *p)
{
    const bool header = p->form.first_line == TD_FIRST_HEADER;
    if (!p->form.is_doubtful || p->rows == 0)
        return;
    fprintf(t->report, "  warning: the first line is taken for a %s, '", header ? "header" : "row");
    for (size_t c = 0; c < p->form.count && c < EXAMPLES; c++) {
        const td_column_profile *column = &p->columns[c];
        fprintf(t->report, "%s%s", c > 0 ? ", " : "",
                header                ? column_text(column).text
                : column->cell[0] > 0 ? cell_text(column, column->cell[0]).text
                                      : "");
    }
    fprintf(t->report, "%s': %s\n", p->form.count > EXAMPLES ? ", .." : "",
            header ? "--no-header, or header: no in a schema, says that it is a row"
                   : "--header, or header: yes in a schema, says that it names the columns");
}

/* Says which cell keeps a column from being numbers or times. */
static void warn_of_unread(const td_describe_texts *t, const td_column_profile *c)
{
    const td_excerpt name = column_text(c), cell = cell_text(c, c->unread);
    const bool is_time = c->kind == TD_KIND_TIME;
    if (c->role_by == TD_ROLE_BY_OPTION)
        fprintf(t->report, "  warning: %s: '%s' is no %s that is known: %s\n", name.text, cell.text,
                is_time ? "time" : "number",
                is_time ? "--timestamp-format, or format in a schema, says how it is written"
                        : "--missing, or missing in a schema, says what stands for none");
    else
        fprintf(t->report,
                "  warning: %s: most are numbers, but '%s' is none: kind: number with missing: "
                "['%s'] in a schema reads the others\n",
                name.text, cell.text, cell.text);
}

static bool has_short_years(const td_column_profile *c)
{
    return c->kind == TD_KIND_TIME && c->format && strstr(c->format, "%y");
}

/* Says where times are read in a form that may be another one, or in none. */
static void warn_of_times(const td_describe_texts *t, const td_column_profile *c)
{
    const td_excerpt name = column_text(c), cell = cell_text(c, 1);
    if (has_short_years(c))
        fprintf(t->report,
                "  warning: %s: '%s' is read as %s, whose years have two digits: format in a "
                "schema, or --timestamp-format with --timestamp-column, says otherwise\n",
                name.text, cell.text, c->format);
    else if (c->fits[1])
        fprintf(t->report,
                "  warning: %s: '%s' may be a time as %s or as %s: format in a schema, or "
                "--timestamp-format with --timestamp-column, says which\n",
                name.text, cell.text, c->fits[0], c->fits[1]);
    else
        fprintf(t->report,
                "  warning: %s: seems to be a time, but no form that is known reads all as '%s': "
                "format in a schema, or --timestamp-format with --timestamp-column, says it\n",
                name.text, cell.text);
}

/* Says how numbers are read whose sign may part thousands or decimals. */
static void warn_of_groups(const td_describe_texts *t, const td_column_profile *c)
{
    const char sign = c->has_decimal_comma ? ',' : '.';
    const td_excerpt name = column_text(c);
    if (c->may_be_groups && c->thousands)
        fprintf(t->report,
                "  warning: %s: read with '%c' between thousands; decimal: '%c' in a schema, "
                "without thousands, reads decimals behind it\n",
                name.text, c->thousands, c->thousands);
    else if (c->may_be_groups)
        fprintf(t->report,
                "  warning: %s: read with three decimals behind '%c' each; thousands: '%c'%s in a "
                "schema reads them as thousands\n",
                name.text, sign, sign, c->has_decimal_comma ? "" : " and decimal: ','");
}

/* Says what is doubtful of how a column's cells are read: one thing, the surest. */
static void warn_of_kind(const td_describe_texts *t, const td_column_profile *c)
{
    if (c->unread > 0 && (c->role_by == TD_ROLE_BY_OPTION || c->role == TD_ROLE_NONE))
        warn_of_unread(t, c);
    else if (has_short_years(c) || c->is_like_times)
        warn_of_times(t, c);
    else
        warn_of_groups(t, c);
}

/* The option that says which column has a role, NULL if there is none. */
static const char *option_of(td_role role)
{
    return role == TD_ROLE_USER    ? "--user-column"
           : role == TD_ROLE_ITEM  ? "--item-column"
           : role == TD_ROLE_LABEL ? "--rating-column"
           : role == TD_ROLE_TIME  ? "--timestamp-column"
                                   : NULL;
}

/* Says which roles are guesses, and which are unlikely. */
static void warn_of_role(const td_describe_texts *t, const td_profile *p,
                         const td_column_profile *c)
{
    const char *option = option_of(c->role), *role = td_role_name(c->role);
    const bool key = c->role == TD_ROLE_USER || c->role == TD_ROLE_ITEM;
    if (!option || c->role_by == TD_ROLE_BY_OPTION)
        return;
    if (c->role_by == TD_ROLE_BY_GUESS)
        fprintf(t->report,
                "  warning: %s: guessed to be %s, as no column is called so; %s says otherwise\n",
                role, column_text(c).text, option);
    else if (c->role_by == TD_ROLE_BY_WEAK_WORD)
        fprintf(t->report, "  warning: %s: guessed to be %s, by its name; %s says otherwise\n",
                role, column_text(c).text, option);
    if (key && (td_profile_has_few(p, c) || td_profile_is_unique(p, c)))
        fprintf(t->report,
                "  warning: %s: %s has %" PRId32 " values in %" PRId64
                " rows, which is unlikely of "
                "the %s; %s says otherwise\n",
                role, column_text(c).text, td_profile_values(c), p->rows, role, option);
}

/* Returns a column with several names in a cell, NULL if there is none. */
static const td_column_profile *find_list(const td_profile *p)
{
    for (size_t c = 0; c < p->form.count; c++)
        if (p->columns[c].kind == TD_KIND_CATEGORIES && p->columns[c].role == TD_ROLE_NONE)
            return &p->columns[c];
    return NULL;
}

/* Says which keys no column has. */
static void warn_of_keys(const td_describe_texts *t, const td_profile *p)
{
    static const td_role keys[] = {TD_ROLE_USER, TD_ROLE_ITEM};
    const td_column_profile *list = find_list(p);
    for (int k = 0; k < 2 && p->of == TD_OF_ROW; k++) {
        const char *role = td_role_name(keys[k]);
        if (td_profile_with_role(p, keys[k]))
            continue;
        fprintf(t->report,
                "  warning: no column seems to be the %s: --%s-column says which one is, or role: "
                "%s in "
                "a schema",
                role, role, role);
        if (keys[k] == TD_ROLE_ITEM && list)
            fprintf(t->report, "; %s has several names in a cell, and a row may have one item",
                    column_text(list).text);
        fprintf(t->report, "\n");
        fprintf(t->schema,
                "# No column seems to be the %s: give one the role %s, and the kind category.\n",
                role, role);
    }
}

static void report_warnings(const td_describe_texts *t, const td_profile *p)
{
    const td_column_profile *title = td_profile_with_role(p, TD_ROLE_TITLE);
    const td_column_profile *item = td_profile_with_role(p, TD_ROLE_ITEM);
    const int64_t items = !title ? 0 : item ? td_profile_values(item) : p->rows - title->count[0];
    const int64_t repeats = td_describe_repeats(p);
    warn_of_first_line(t, p);
    if (p->bad > 0)
        fprintf(t->report, "  warning: %" PRId64 " bad lines, the first: %s\n", p->bad, p->message);
    warn_of_keys(t, p);
    for (size_t c = 0; c < p->form.count; c++) {
        warn_of_role(t, p, &p->columns[c]);
        warn_of_kind(t, &p->columns[c]);
        warn_of_column(t, p, &p->columns[c]);
    }
    if (repeats > 0)
        fprintf(t->report,
                "  warning: %" PRId64 " rows (%.1f %%) repeat an earlier row's %s and %s: "
                "--repeats, or repeats in a schema, says what becomes of them\n",
                repeats, percent(p, repeats),
                column_text(td_profile_with_role(p, TD_ROLE_USER)).text,
                column_text(td_profile_with_role(p, TD_ROLE_ITEM)).text);
    if (title && items > td_profile_values(title))
        fprintf(t->report,
                "  warning: %s: %" PRId64 " items share a title with an earlier one: they are told "
                "apart by their ids\n",
                title->column, items - td_profile_values(title));
}

void td_describe_report(const td_describe_texts *t, const td_profile *p)
{
    report_form(t, p);
    report_columns(t, p);
    report_sides(t, p);
    report_warnings(t, p);
}
