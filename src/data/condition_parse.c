/* Reads conditions by recursive descent, which the limit on parentheses bounds. There is no step
 * for "not": it turns into the opposite of each test that it reaches (de Morgan), so that missing
 * values satisfy neither. */
#include "base/memory.h"
#include "data/condition.h"
#include "data/condition_parts.h"
#include "data/condition_tokens.h"
#include "text/decimal.h"
#include "text/time_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For messages. */
#define ANY_TEST "'=', '!=', '<', '<=', '>', '>=', 'in', 'not in' or 'is'"

typedef struct {
    td_tokens_reader text;
    const td_condition_names *names;
    td_condition *condition;
    size_t height; /* of the stack after the steps so far */
    int depth;     /* of parentheses */
} parser;

static const td_step_op opposite[] = {
    [TD_STEP_LESS] = TD_STEP_GREATER_EQUAL,
    [TD_STEP_LESS_EQUAL] = TD_STEP_GREATER,
    [TD_STEP_GREATER] = TD_STEP_LESS_EQUAL,
    [TD_STEP_GREATER_EQUAL] = TD_STEP_LESS,
    [TD_STEP_IN] = TD_STEP_NOT_IN,
    [TD_STEP_NOT_IN] = TD_STEP_IN,
    [TD_STEP_MISSING] = TD_STEP_PRESENT,
    [TD_STEP_PRESENT] = TD_STEP_MISSING,
    [TD_STEP_AND] = TD_STEP_OR,
    [TD_STEP_OR] = TD_STEP_AND,
};

static const struct {
    const char *sign;
    td_step_op op;
} comparisons[] = {
    {"=", TD_STEP_IN},          {"!=", TD_STEP_NOT_IN}, {"<", TD_STEP_LESS},
    {"<=", TD_STEP_LESS_EQUAL}, {">", TD_STEP_GREATER}, {">=", TD_STEP_GREATER_EQUAL},
};

enum { COMPARISONS = sizeof comparisons / sizeof *comparisons };

static td_condition_step *add_step(parser *p, td_condition_step step)
{
    td_condition *c = p->condition;
    c->steps = td_grow(c->steps, c->count, sizeof *c->steps);
    const bool joins = step.op == TD_STEP_AND || step.op == TD_STEP_OR;
    p->height = joins ? p->height - 1 : p->height + 1;
    c->depth = p->height > c->depth ? p->height : c->depth;
    c->steps[c->count] = step;
    return &c->steps[c->count++];
}

/* Fails at a name that no field has, or none of users or items. */
static td_status fail_unknown_field(const parser *p, const char *name, const td_schema_field *other)
{
    const td_schema *schema = p->names->schema;
    char expected[4 * TD_QUOTE_SIZE] = "a field, but there is none";
    const char **names = TD_NEW(const char *, schema->count + 1);
    for (size_t f = 0; f < schema->count; f++)
        names[f] = schema->fields[f].name;
    if (other)
        snprintf(expected, sizeof expected, "'%s', which is a field of %ss", other->name,
                 td_of_name(other->of));
    else if (schema->count > 0)
        snprintf(expected, sizeof expected, "a field (the nearest is '%s')",
                 names[td_nearest(name, schema->count, names)]);
    td_free(names);
    return td_token_fail_expected(&p->text, expected);
}

/* Returns the field that the next token names; NULL, with a message, if there is none. */
static const td_schema_field *find_field(const parser *p)
{
    static const char *const prefix[TD_OFS] = {"", "users.", "items."};
    if (!td_token_is_name(&p->text)) {
        td_token_fail_expected(&p->text, "a field");
        return NULL;
    }
    char *name = td_str_copy(p->text.token);
    td_of of = TD_OF_ROW;
    for (int o = TD_OF_USER; o < TD_OFS; o++)
        if (strncmp(name, prefix[o], strlen(prefix[o])) == 0)
            of = (td_of)o;
    const td_schema_field *found = td_schema_find(p->names->schema, name + strlen(prefix[of]));
    const bool fits = found && (of == TD_OF_ROW || found->of == of);
    if (!fits)
        fail_unknown_field(p, name, found);
    td_free(name);
    return fits ? found : NULL;
}

static td_status read_category(const parser *p, const td_schema_field *field, double *value)
{
    int32_t id = 0;
    const td_status status = p->names->find(p->names->of, field, p->text.token, &id);
    if (status != TD_OK) {
        char what[8 * TD_QUOTE_SIZE];
        snprintf(what, sizeof what, "%s", td_message());
        td_token_fail(&p->text, what);
    }
    *value = id;
    return status;
}

/* Takes a value of the field's kind. */
static td_status take_value(parser *p, const td_schema_field *field, double *value)
{
    const td_str text = p->text.token;
    float number;
    int64_t time;
    if (!td_token_is_name(&p->text))
        return td_token_fail_expected(&p->text, "a value");
    switch (field->kind) {
    case TD_KIND_NUMBER:
        if (!td_decimal_float(text.text, text.length, &number))
            return td_token_fail_expected(&p->text, "a finite number");
        *value = (double)number;
        break;
    case TD_KIND_TIME:
        if (!td_time_read(text.text, text.length, &time))
            return td_token_fail_expected(&p->text, TD_TIME_EXPECTED);
        *value = (double)time;
        break;
    default:
        TD_TRY(read_category(p, field, value));
    }
    return td_token_next(&p->text);
}

static int compare_values(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Takes "[" value { "," value } "]". */
static td_status take_list(parser *p, const td_schema_field *field, td_condition_step *step)
{
    if (!td_token_is(&p->text, "["))
        return td_token_fail_expected(&p->text, "'['");
    do {
        TD_TRY(td_token_next(&p->text)); /* the bracket or a comma */
        step->values = td_grow(step->values, step->count, sizeof *step->values);
        TD_TRY(take_value(p, field, &step->values[step->count]));
        step->count++;
    } while (td_token_is(&p->text, ","));
    if (!td_token_is(&p->text, "]"))
        return td_token_fail_expected(&p->text, "',' or ']'");
    qsort(step->values, step->count, sizeof *step->values, compare_values);
    return td_token_next(&p->text);
}

/* Takes a comparison, which must be one that values of the field have, and its value. */
static td_status take_comparison(parser *p, const td_schema_field *field, td_condition_step *step)
{
    const bool ordered = field->kind == TD_KIND_NUMBER || field->kind == TD_KIND_TIME;
    size_t c = 0;
    while (c < COMPARISONS && !td_token_is(&p->text, comparisons[c].sign))
        c++;
    if (c == COMPARISONS)
        return td_token_fail_expected(&p->text, ANY_TEST);
    step->op = comparisons[c].op;
    if (!ordered && step->op != TD_STEP_IN && step->op != TD_STEP_NOT_IN)
        return td_token_fail_expected(&p->text,
                                      "'=', '!=', 'in' or 'not in', as names have no order");
    TD_TRY(td_token_next(&p->text));
    step->values = TD_NEW(double, 1);
    step->count = 1;
    return take_value(p, field, step->values);
}

static td_status take_missing(parser *p, td_condition_step *step)
{
    bool present;
    TD_TRY(td_token_take(&p->text, "not", &present));
    step->op = present ? TD_STEP_PRESENT : TD_STEP_MISSING;
    if (!td_token_is(&p->text, "missing"))
        return td_token_fail_expected(&p->text,
                                      present ? "'missing'" : "'missing' or 'not missing'");
    return td_token_next(&p->text);
}

/* Takes field and test. */
static td_status take_test(parser *p, bool negated)
{
    bool is = false, not_in = false, in = false;
    const td_schema_field *field = find_field(p);
    if (!field)
        return TD_ERR_CONFIG;
    TD_TRY(td_token_next(&p->text));
    td_condition_step *step =
        add_step(p, (td_condition_step){.op = TD_STEP_IN, .of = field->of, .kind = field->kind});
    step->field = td_copy_text(field->name);
    TD_TRY(td_token_take(&p->text, "is", &is));
    if (is) {
        TD_TRY(take_missing(p, step));
    } else if (field->kind == TD_KIND_TEXT || field->kind == TD_KIND_VECTOR ||
               field->kind == TD_KIND_NUMBERS) {
        return td_token_fail_expected(
            &p->text, "'is missing' or 'is not missing', as texts and vectors have no "
                      "other test");
    } else {
        TD_TRY(td_token_take(&p->text, "not", &not_in));
        TD_TRY(td_token_take(&p->text, "in", &in));
        if (not_in && !in)
            return td_token_fail_expected(&p->text, "'in'");
        step->op = not_in ? TD_STEP_NOT_IN : TD_STEP_IN;
        TD_TRY(in ? take_list(p, field, step) : take_comparison(p, field, step));
    }
    step->op = negated ? opposite[step->op] : step->op;
    return TD_OK;
}

static td_status take_condition(parser *p, bool negated);

/* Takes "not" one | "(" condition ")" | field test. */
static td_status take_one(parser *p, bool negated)
{
    bool taken;
    for (;;) {
        TD_TRY(td_token_take(&p->text, "not", &taken));
        if (!taken)
            break;
        negated = !negated;
    }
    if (!td_token_is(&p->text, "("))
        return take_test(p, negated);
    if (p->depth == TD_CONDITION_DEPTH)
        return td_token_fail_expected(&p->text,
                                      "a field, since parentheses are as deep as they may be");
    p->depth++;
    TD_TRY(td_token_next(&p->text));
    TD_TRY(take_condition(p, negated));
    p->depth--;
    if (!td_token_is(&p->text, ")"))
        return td_token_fail_expected(&p->text, "'and', 'or' or ')'");
    return td_token_next(&p->text);
}

/* Takes one { "and" one }. */
static td_status take_all(parser *p, bool negated)
{
    bool more;
    TD_TRY(take_one(p, negated));
    for (;;) {
        TD_TRY(td_token_take(&p->text, "and", &more));
        if (!more)
            return TD_OK;
        TD_TRY(take_one(p, negated));
        add_step(p, (td_condition_step){.op = negated ? TD_STEP_OR : TD_STEP_AND});
    }
}

/* Takes all { "or" all }. */
static td_status take_condition(parser *p, bool negated)
{
    bool more;
    TD_TRY(take_all(p, negated));
    for (;;) {
        TD_TRY(td_token_take(&p->text, "or", &more));
        if (!more)
            return TD_OK;
        TD_TRY(take_all(p, negated));
        add_step(p, (td_condition_step){.op = negated ? TD_STEP_AND : TD_STEP_OR});
    }
}

static td_status take_text(parser *p)
{
    TD_TRY(td_token_next(&p->text));
    TD_TRY(take_condition(p, false));
    return p->text.kind == TD_TOKEN_END
               ? TD_OK
               : td_token_fail_expected(&p->text, "'and', 'or' or the end");
}

td_status td_condition_parse(const char *text, td_place place, const td_condition_names *names,
                             td_condition **condition)
{
    const size_t size = strlen(text);
    *condition = NULL;
    if (size > TD_CONDITION_LARGEST)
        return td_place_fail(place, "expected a condition of at most %d bytes, found %zu",
                             TD_CONDITION_LARGEST, size);
    parser p = {{.text = text, .place = place}, names, TD_NEW(td_condition, 1), 0, 0};
    const td_status status = take_text(&p);
    td_free(p.text.unquoted);
    if (status == TD_OK)
        *condition = p.condition;
    else
        td_condition_free(p.condition);
    return status;
}
