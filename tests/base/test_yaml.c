/* The tree of a YAML text: kinds, places, names, and what is refused. What messages say in full is
 * compared in test_config.c, which stands on this. */
#include "base/yaml.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static td_yaml *tree_of(const char *text)
{
    td_yaml *root = NULL;
    cr_assert_eq(td_yaml_parse(text, strlen(text), (td_place){"x.yaml", 1, 1}, &root), TD_OK, "%s",
                 td_message());
    return root;
}

static void expect_place(const td_yaml *node, size_t line, size_t column)
{
    cr_expect(node->place.line == line && node->place.column == column, "found %zu:%zu",
              node->place.line, node->place.column);
}

Test(yaml, is_a_tree_with_places)
{
    td_yaml *root = tree_of("form: csv\n"
                            "fields:\n"
                            "  - name: age\n"
                            "    flags: [a, \"b\"]\n"
                            "  - {name: genres}\n"
                            "empty:\n");
    cr_assert(root->kind == TD_YAML_MAP && root->count == 3);
    cr_assert_str_eq(td_yaml_find(root, "form")->text, "csv");
    expect_place(td_yaml_find(root, "form"), 1, 7);
    const td_yaml *fields = td_yaml_find(root, "fields");
    cr_assert(fields->kind == TD_YAML_LIST && fields->count == 2);
    expect_place(&fields->values[1], 5, 5);
    const td_yaml *flags = td_yaml_find(&fields->values[0], "flags");
    cr_assert(flags->kind == TD_YAML_LIST && flags->count == 2);
    cr_assert(flags->values[0].plain && !flags->values[1].plain);
    cr_assert_str_eq(flags->values[1].text, "b");
    cr_assert_str_eq(td_yaml_find(&fields->values[1], "name")->text, "genres");
    cr_assert_eq(td_yaml_find(root, "empty")->kind, TD_YAML_NOTHING);
    cr_assert_null(td_yaml_find(root, "Form"));
    cr_assert_null(td_yaml_find(fields, "form"));
    td_yaml_free(root);
}

Test(yaml, finds_repeated_names)
{
    td_yaml *root = tree_of("a: 1\nb: 2\na: 3\n");
    cr_assert_null(td_yaml_repeated(root, 1));
    cr_assert_eq(td_yaml_repeated(root, 2), &root->names[0]);
    td_yaml_free(root);
}

Test(yaml, is_nothing_for_an_empty_text)
{
    td_yaml *root = tree_of("# nothing\n");
    cr_assert_eq(root->kind, TD_YAML_NOTHING);
    td_yaml_free(root);
}

Test(yaml, says_what_a_node_is)
{
    static const char *const found[] = {"nothing", "'x y'", "the quoted text 'x'", "a list",
                                        "a section"};
    td_yaml *root = tree_of("- \n- x y\n- 'x'\n- []\n- {}\n");
    cr_assert_eq(root->count, 5);
    for (size_t i = 0; i < root->count; i++) {
        char text[TD_QUOTE_SIZE + 32];
        td_yaml_describe(&root->values[i], text);
        cr_expect_str_eq(text, found[i]);
    }
    td_yaml_free(root);
}

/* A failure in the middle frees what was read before it. */
Test(yaml, refuses_with_the_place)
{
    static const char *const cases[][2] = {
        {"a: [1, 2]\n<<: 3", "x.yaml:2:1: expected values written out; found the merge key '<<'"},
        {"a:\n  - {? [b] : 1}", "x.yaml:2:8: expected the name of a key; found a list or section"},
        {"a: *b", "x.yaml:1:4: expected values written out; found the anchor or alias 'b'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        td_yaml *root = NULL;
        cr_expect_eq(
            td_yaml_parse(cases[i][0], strlen(cases[i][0]), (td_place){"x.yaml", 1, 1}, &root),
            TD_ERR_CONFIG);
        cr_expect_str_eq(td_message(), cases[i][1]);
        cr_expect_null(root);
    }
}

Test(yaml, finds_the_nearest_name)
{
    static const char *const names[] = {"train.epochs", "features", "field"};
    cr_expect_eq(td_nearest("feilds", 3, names), 2);
    cr_expect_eq(td_nearest("epoch", 3, names), 0);
    cr_expect_eq(td_nearest("featrues", 3, names), 1);
}
