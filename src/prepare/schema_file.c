/* The tables of a schema. Its texts stay in the YAML tree, which the source keeps. */
#include "prepare/schema_file.h"

#include "prepare/schema_section.h"
#include "text/encoding.h"
#include "text/guess.h"

#include <math.h>
#include <string.h>

static td_status add_file(td_schema_section *s, const td_yaml *node)
{
    const char *path = td_schema_text(node);
    if (!path)
        return td_schema_fail_value(s, node, "a file's name, or a list of names");
    td_source_add_file(&s->table->form, path);
    return TD_OK;
}

static td_status read_file(td_schema_section *s, const td_yaml *node)
{
    if (node->kind != TD_YAML_LIST || node->count == 0)
        return add_file(s, node);
    for (size_t i = 0; i < node->count; i++)
        TD_TRY(add_file(s, &node->values[i]));
    return TD_OK;
}

static td_status read_form(td_schema_section *s, const td_yaml *node)
{
    static const char *const names[] = {"auto", "csv", "tsv", "delimited", "jsonl", "lists"};
    enum { NAMES = sizeof names / sizeof *names };
    const char *word = td_schema_word(node);
    for (size_t n = 0; n < NAMES; n++)
        if (strcmp(names[n], word) == 0) {
            td_source_set_form(&s->table->form, word);
            return TD_OK;
        }
    return td_schema_fail_choice(s, node, NAMES, names);
}

static td_status read_separator(td_schema_section *s, const td_yaml *node)
{
    const char *text = td_schema_text(node);
    if (!text || strpbrk(text, "\r\n\""))
        return td_schema_fail_value(s, node,
                                    "tab, or one character or more without quotes and line ends");
    s->table->form.fields.separator = td_source_separator(text);
    s->says_fields_cut = true;
    return TD_OK;
}

static td_status read_truth(const td_schema_section *s, const td_yaml *node, bool *value)
{
    const char *word = td_schema_word(node);
    *value = strcmp(word, "yes") == 0 || strcmp(word, "true") == 0;
    return *value || strcmp(word, "no") == 0 || strcmp(word, "false") == 0
               ? TD_OK
               : td_schema_fail_value(s, node, "yes or no");
}

static td_status read_quote(td_schema_section *s, const td_yaml *node)
{
    const char *text = td_schema_text(node);
    if (!text || !td_source_quote(text, &s->table->form.fields.quote))
        return td_schema_fail_value(s, node, "a character, such as '\"', or none");
    s->says_quote = s->says_fields_cut = true;
    return TD_OK;
}

static td_status read_blanks(td_schema_section *s, const td_yaml *node)
{
    s->says_fields_cut = true;
    return read_truth(s, node, &s->table->blanks);
}

static td_status read_trim(td_schema_section *s, const td_yaml *node)
{
    s->says_trim = s->says_fields_cut = true;
    return read_truth(s, node, &s->table->form.fields.trim);
}

static td_status read_lines_in_quotes(td_schema_section *s, const td_yaml *node)
{
    s->says_fields_cut = true;
    return read_truth(s, node, &s->table->form.lines_in_quotes);
}

static td_status read_comment(td_schema_section *s, const td_yaml *node)
{
    s->table->form.comment = td_schema_text(node);
    return s->table->form.comment
               ? TD_OK
               : td_schema_fail_value(s, node, "the characters that comments begin with");
}

static td_status read_header(td_schema_section *s, const td_yaml *node)
{
    bool header;
    s->table->form.first_line = TD_FIRST_AUTO;
    if (strcmp(td_schema_word(node), "auto") == 0)
        return TD_OK;
    TD_TRY(read_truth(s, node, &header));
    s->table->form.first_line = header ? TD_FIRST_HEADER : TD_FIRST_ROW;
    return TD_OK;
}

static td_status read_encoding(td_schema_section *s, const td_yaml *node)
{
    const char *name = td_schema_text(node);
    td_decoder *decoder = NULL;
    if (!name || (strcmp(name, "auto") != 0 && td_decoder_make(name, &decoder) != TD_OK))
        return td_schema_fail_value(
            s, node,
            "utf-8, latin1, auto, or another name that iconv knows, of an encoding whose line "
            "ends and digits are those of ASCII");
    td_decoder_free(decoder);
    s->table->form.encoding = name;
    return TD_OK;
}

static td_status read_width(td_schema_section *s, const td_yaml *node)
{
    int64_t width = 0;
    s->table->form.ragged = strcmp(td_schema_word(node), "any") == 0;
    if (!s->table->form.ragged)
        TD_TRY(td_schema_read_count(s, node, "how many fields a line has, or any", &width));
    s->table->form.width = (size_t)width;
    return TD_OK;
}

static td_status read_key(td_schema_section *s, const td_yaml *node)
{
    const char *column = td_schema_text(node);
    if (!column)
        return td_schema_fail_value(s, node, "the column that names the user or item of a line");
    s->table->key = td_source_add_column(s->table, column);
    s->says_key = true;
    return TD_OK;
}

static td_status read_named_by(td_schema_section *s, const td_yaml *node)
{
    static const char *const names[] = {[TD_KEY_TITLE] = "title", [TD_KEY_ID] = "key"};
    if (s->of != TD_OF_ITEM)
        return td_schema_fail(s, "expected named_by of items only");
    const bool title = strcmp(td_schema_word(node), names[TD_KEY_TITLE]) == 0;
    s->source->item_key = title ? TD_KEY_TITLE : TD_KEY_ID;
    return title || strcmp(td_schema_word(node), names[TD_KEY_ID]) == 0
               ? TD_OK
               : td_schema_fail_choice(s, node, sizeof names / sizeof *names, names);
}

static td_status read_unlisted(td_schema_section *s, const td_yaml *node)
{
    static const char *const names[] = {"bad", "item"};
    if (s->of != TD_OF_ITEM)
        return td_schema_fail(s, "expected unlisted of items only");
    s->source->unlisted_are_items = strcmp(td_schema_word(node), names[1]) == 0;
    return s->source->unlisted_are_items || strcmp(td_schema_word(node), names[0]) == 0
               ? TD_OK
               : td_schema_fail_choice(s, node, sizeof names / sizeof *names, names);
}

static const td_schema_key table_keys[] = {
    {"file", read_file},
    {"form", read_form},
    {"separator", read_separator},
    {"quote", read_quote},
    {"blanks", read_blanks},
    {"trim", read_trim},
    {"lines_in_quotes", read_lines_in_quotes},
    {"comment", read_comment},
    {"header", read_header},
    {"encoding", read_encoding},
    {"width", read_width},
    {"key", read_key},
    {"named_by", read_named_by},
    {"unlisted", read_unlisted},
    {"fields", td_schema_read_fields},
    {"without_user", td_schema_read_without_user},
    {"session", td_schema_read_session},
    {"split", td_schema_read_split},
    {"where", td_schema_read_where},
    {"repeats", td_schema_read_repeats},
    {"repeats_by", td_schema_read_repeats_by},
    {"max_user_rows", td_schema_read_max_user_rows},
    {"min_user_items", td_schema_read_min_user_items},
    {"min_item_users", td_schema_read_min_item_users},
    {NULL, NULL},
};

/* Returns a column that is called by its name, NULL if all are by their numbers. */
static const char *find_named(const td_table_form *form)
{
    size_t number;
    for (size_t c = 0; c < form->count; c++)
        if (!td_column_number(form->columns[c], &number))
            return form->columns[c];
    return NULL;
}

/* Whether anything was said of how the lines of a table are read. */
static bool says_form(const td_schema_section *s)
{
    const td_table_form *form = &s->table->form;
    return s->says_fields_cut || form->kind != TD_TABLE_AUTO || form->encoding || form->comment ||
           form->first_line != TD_FIRST_AUTO || form->ragged || form->width > 0;
}

/* What the keys of a table must be together. */
static td_status check_table(const td_schema_section *s)
{
    const td_table_form *form = &s->table->form;
    const char *named = find_named(form), *table = td_schema_tables[s->of];
    char quoted[TD_QUOTE_SIZE];
    if (s->of == TD_OF_ROW && s->says_key)
        return td_schema_fail(s, "expected a key of users and items only: the fields with the "
                                 "roles user and item are those of interactions");
    if (s->table->is_of_rows && says_form(s))
        return td_schema_fail(s,
                              "expected a file, such as `file: %s.csv`, or no word on how its "
                              "lines are read, as they are the interactions' then; found one "
                              "without a file",
                              table);
    for (size_t f = 0; s->of == TD_OF_USER && s->table->is_of_rows && f < s->table->count; f++)
        if (s->table->fields[f].kind ==
            TD_KIND_TEXT) /* tokens are counted by the rows that have them */
            return td_schema_fail(s, "expected a file where a field is a text, as '%s'; found none",
                                  s->table->fields[f].name);
    if (s->of != TD_OF_ROW && !s->says_key)
        return td_schema_fail(s, "expected a key, the column that names the %s; found none",
                              td_of_name(s->of));
    TD_TRY(td_schema_check_lists(s));
    if (s->table->blanks && form->fields.separator)
        return td_schema_fail(s, "expected blanks or a separator, found both");
    if ((form->kind == TD_TABLE_JSONL || form->kind == TD_TABLE_LISTS) && s->says_fields_cut)
        return td_schema_fail(
            s, "expected no word on separators, quotes and blanks of the forms jsonl "
               "and lists; found one");
    if (form->first_line != TD_FIRST_ROW || !named || form->kind == TD_TABLE_JSONL)
        return TD_OK;
    td_quote(named, strlen(named), quoted);
    return td_schema_fail(s, "expected columns by number where there is no header; found '%s'",
                          quoted);
}

/* Reads the table that the key at hand names. */
static td_status read_table(td_schema_section *root, const td_yaml *node)
{
    td_of of = TD_OF_ROW;
    while (strcmp(td_schema_tables[of], root->key->text) != 0)
        of++;
    td_schema_section s = {.source = root->source,
                           .of = of,
                           .table = &root->source->table[of],
                           .start = root->key->place};
    s.table->form.is_by_schema = true;
    if (node->kind != TD_YAML_MAP)
        return td_schema_fail(&s, "expected keys, such as `separator: tab`; found none");
    TD_TRY(td_schema_read_section(&s, node, table_keys));
    s.table->is_of_rows = of != TD_OF_ROW && s.table->form.files == 0;
    TD_TRY(check_table(&s));
    td_source_complete_form(s.table, s.says_fields_cut, s.says_quote, s.says_trim);
    return TD_OK;
}

static const td_schema_key root_keys[] = {
    {"interactions", read_table}, {"users", read_table}, {"items", read_table}, {NULL, NULL}};

/* What the tables must be together. */
static td_status check_source(const td_schema_section *root)
{
    for (td_role role = TD_ROLE_USER; role <= TD_ROLE_ITEM; role++) {
        const char *name = td_role_name(role);
        if (!td_source_with_role(root->source, role))
            return td_schema_fail(root,
                                  "expected a field of interactions with the role '%s', such as "
                                  "`%s: {kind: category, role: %s}`; found none",
                                  name, name, name);
    }
    if (root->source->item_key == TD_KEY_TITLE && !td_source_with_role(root->source, TD_ROLE_TITLE))
        return td_schema_fail(root, "expected a field of items with the role 'title', as titles "
                                    "name items; found none");
    return td_schema_check_rows(root);
}

td_status td_schema_file_parse(const char *text, size_t size, const char *where, td_source *source)
{
    td_schema_section root = {.source = source, .start = {where, 1, 1}};
    if (size > TD_SCHEMA_LARGEST)
        return td_place_fail((td_place){.where = where}, "expected at most %d bytes; found more",
                             TD_SCHEMA_LARGEST);
    source->item_key = TD_KEY_ID;
    source->unlisted_are_items = true;
    source->weight.others = NAN;
    source->split = td_split_words_none();
    TD_TRY(td_yaml_parse(text, size, root.start, &source->schema));
    if (source->schema->kind != TD_YAML_MAP)
        return td_schema_fail(&root, "expected interactions, and users and items where there are "
                                     "tables of them; found none");
    TD_TRY(td_schema_read_section(&root, source->schema, root_keys));
    return check_source(&root);
}
