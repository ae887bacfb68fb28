/* A text is read twice. First as libyaml's events, which refuses whatever a configuration does
 * without (anchors, aliases, tags, several documents) and bounds the depth; then as a document,
 * a tree by then, whose nodes keep their line and column. */
#include "base/config_yaml.h"

#include "base/config_place.h"
#include "base/config_value.h"
#include "base/log.h"
#include "base/memory.h"

#include <string.h>
#include <yaml.h>

enum { DEEPEST = 8, NAME_SIZE = 128 };

typedef struct {
    td_place place; /* line 0: the text is one value and places in it tell nothing */
    td_config *config;
    yaml_document_t document;
    size_t *first_line; /* where each key was set, 0: not yet */
} reader;

static td_place at(td_place text, yaml_mark_t mark)
{
    if (text.line > 0) {
        text.line = mark.line + 1;
        text.column = mark.column + 1;
    }
    return text;
}

/* libyaml tells of bytes that are no UTF-8 only how far into the text they stand. */
static td_place at_offset(td_place text, const char *bytes, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset; i++) {
        mark.line += bytes[i] == '\n';
        mark.column = bytes[i] == '\n' ? 0 : mark.column + 1;
    }
    return at(text, mark);
}

static td_status fail_yaml(td_place text, const char *bytes, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        td_abort("out of memory while reading %s", text.where);
    if (parser->error == YAML_READER_ERROR)
        return td_place_fail(at_offset(text, bytes, parser->problem_offset),
                             "expected YAML in UTF-8: %s", parser->problem);
    return td_place_fail(at(text, parser->problem_mark), "expected YAML: %s", parser->problem);
}

static void start_parser(yaml_parser_t *parser, const char *text, size_t size)
{
    if (!yaml_parser_initialize(parser))
        td_abort("out of memory: libyaml did not start");
    yaml_parser_set_input_string(parser, (const unsigned char *)text, size);
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
}

/* Anchor and tag of the events that can have one. */
static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return event->data.alias.anchor;
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

static const yaml_char_t *tag_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.tag;
    default:
        return NULL;
    }
}

static bool has_null_byte(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT &&
           memchr(event->data.scalar.value, 0, event->data.scalar.length);
}

/* How an event changes the depth of nesting. */
static int step_of(const yaml_event_t *event)
{
    bool starts =
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    bool ends = event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
    return starts - ends;
}

static td_status check_event(td_place text, const yaml_event_t *event, int *depth, int *documents)
{
    td_place here = at(text, event->start_mark);
    *depth += step_of(event);
    *documents += event->type == YAML_DOCUMENT_START_EVENT;
    if (anchor_of(event))
        return td_place_fail(here, "expected values written out; found the anchor or alias '%.64s'",
                             (const char *)anchor_of(event));
    if (tag_of(event))
        return td_place_fail(here, "expected values without a tag; found '%.64s'",
                             (const char *)tag_of(event));
    if (has_null_byte(event))
        return td_place_fail(here, "expected text; found a null byte in it");
    if (*depth > DEEPEST)
        return td_place_fail(here, "expected keys in sections; found %d levels of nesting", *depth);
    if (*documents > 1)
        return td_place_fail(here, "expected one YAML document; found a second");
    return TD_OK;
}

static td_status check_events(td_place text, const char *bytes, size_t size)
{
    yaml_parser_t parser;
    start_parser(&parser, bytes, size);
    td_status status = TD_OK;
    int depth = 0, documents = 0;
    for (bool ended = false; status == TD_OK && !ended;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = fail_yaml(text, bytes, &parser);
            break;
        }
        status = check_event(text, &event, &depth, &documents);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
}

static yaml_node_t *node_at(reader *r, int index)
{
    return yaml_document_get_node(&r->document, index);
}

static const char *text_of(const yaml_node_t *scalar)
{
    return (const char *)scalar->data.scalar.value;
}

static bool is_plain(const yaml_node_t *scalar)
{
    return scalar->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_nothing(const yaml_node_t *node)
{
    return !node || (node->type == YAML_SCALAR_NODE && is_plain(node) && !*text_of(node));
}

static td_status fail_found(reader *r, const td_config_key *key, const yaml_node_t *node)
{
    td_place here = at(r->place, node->start_mark);
    if (is_nothing(node))
        return td_place_fail_value(here, key, "nothing");
    if (node->type != YAML_SCALAR_NODE)
        return td_place_fail_value(here, key, "%s",
                                   node->type == YAML_MAPPING_NODE ? "a section" : "a list");
    char quoted[TD_QUOTE_SIZE];
    td_quote(text_of(node), node->data.scalar.length, quoted);
    return td_place_fail_value(here, key, is_plain(node) ? "'%s'" : "the quoted text '%s'", quoted);
}

static td_status read_element(reader *r, const td_config_key *key, const yaml_node_t *node,
                              size_t index)
{
    td_value value;
    if (node->type != YAML_SCALAR_NODE ||
        !td_value_read(key, text_of(node), is_plain(node), &value))
        return fail_found(r, key, node);
    td_value_put(key, r->config, index, value);
    return TD_OK;
}

static td_status read_list(reader *r, const td_config_key *key, const yaml_node_t *node)
{
    const yaml_node_item_t *items = node->data.sequence.items.start;
    size_t count = (size_t)(node->data.sequence.items.top - items);
    td_place here = at(r->place, node->start_mark);
    if (count > TD_LIST_MAX)
        return td_place_fail_value(here, key, "%zu elements", count);
    td_value_resize(key, r->config, count);
    for (size_t i = 0; i < count; i++)
        TD_TRY(read_element(r, key, node_at(r, items[i]), i));
    size_t repeated = td_value_repeated(key, r->config);
    if (repeated < count)
        return td_place_fail_value(here, key, "'%s' twice", text_of(node_at(r, items[repeated])));
    return TD_OK;
}

static td_status read_value(reader *r, const td_config_key *key, const yaml_node_t *node)
{
    if (!td_key_is_list(key))
        return read_element(r, key, node, 0);
    return node->type == YAML_SEQUENCE_NODE ? read_list(r, key, node) : fail_found(r, key, node);
}

static td_status read_key(reader *r, const td_config_key *key, const yaml_node_t *name_node,
                          const yaml_node_t *node)
{
    td_place here = at(r->place, name_node->start_mark);
    size_t *first_line = &r->first_line[key - td_config_keys];
    if (*first_line > 0)
        return td_place_fail(here, "%s: expected each key once; found a second, after line %zu's",
                             key->name, *first_line);
    *first_line = name_node->start_mark.line + 1;
    return read_value(r, key, node);
}

static td_status read_mapping(reader *r, const char *section, const yaml_node_t *mapping);

static td_status read_section(reader *r, const char *name, const yaml_node_t *node)
{
    if (is_nothing(node)) /* all its keys are comments */
        return TD_OK;
    if (node->type == YAML_MAPPING_NODE)
        return read_mapping(r, name, node);
    return td_place_fail(at(r->place, node->start_mark),
                         "%s: expected keys below this section, such as %s; found %s", name,
                         td_key_in_section(name)->name,
                         node->type == YAML_SCALAR_NODE ? "a value" : "a list");
}

/* Joins section and key to the full name; cut short where it is longer than any key's. */
static td_status read_name(reader *r, const char *section, const yaml_node_t *node,
                           char name[NAME_SIZE])
{
    td_place here = at(r->place, node->start_mark);
    if (node->type != YAML_SCALAR_NODE || is_nothing(node))
        return td_place_fail(here, "expected the name of a key; found %s",
                             is_nothing(node) ? "nothing" : "a list or section");
    if (strcmp(text_of(node), "<<") == 0)
        return td_place_fail(here, "expected values written out; found the merge key '<<'");
    char quoted[TD_QUOTE_SIZE];
    td_quote(text_of(node), node->data.scalar.length, quoted);
    snprintf(name, NAME_SIZE, "%s%s%s", section, *section ? "." : "", quoted);
    return TD_OK;
}

/* A section twice would be legal for us, but other YAML tools would drop the first. */
static const yaml_node_t *same_name_before(reader *r, const yaml_node_t *mapping,
                                           const yaml_node_pair_t *pair)
{
    const yaml_node_pair_t *earlier = mapping->data.mapping.pairs.start;
    for (; earlier < pair; earlier++) {
        const yaml_node_t *node = node_at(r, earlier->key);
        if (strcmp(text_of(node), text_of(node_at(r, pair->key))) == 0)
            return node;
    }
    return NULL;
}

static td_status read_pair(reader *r, const char *section, const yaml_node_t *mapping,
                           const yaml_node_pair_t *pair)
{
    char name[NAME_SIZE];
    const yaml_node_t *name_node = node_at(r, pair->key), *node = node_at(r, pair->value);
    TD_TRY(read_name(r, section, name_node, name));
    const td_config_key *key = td_key_find(name);
    if (key)
        return read_key(r, key, name_node, node);
    td_place here = at(r->place, name_node->start_mark);
    if (!td_key_in_section(name))
        return td_place_fail_key(here, name);
    const yaml_node_t *earlier = same_name_before(r, mapping, pair);
    if (earlier)
        return td_place_fail(here,
                             "%s: expected each section once; found a second, after line %zu's",
                             name, earlier->start_mark.line + 1);
    return read_section(r, name, node);
}

static td_status read_mapping(reader *r, const char *section, const yaml_node_t *mapping)
{
    const yaml_node_pair_t *end = mapping->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < end; pair++)
        TD_TRY(read_pair(r, section, mapping, pair));
    return TD_OK;
}

/* Loads what check_events has passed; the caller deletes r->document. */
static void load_document(reader *r, const char *text, size_t size)
{
    yaml_parser_t parser;
    start_parser(&parser, text, size);
    if (!yaml_parser_load(&parser, &r->document))
        td_abort("out of memory while reading %s", r->place.where);
    yaml_parser_delete(&parser);
}

static td_status read_root(reader *r)
{
    const yaml_node_t *root = yaml_document_get_root_node(&r->document);
    if (is_nothing(root))
        return TD_OK;
    if (root->type != YAML_MAPPING_NODE)
        return td_place_fail(at(r->place, root->start_mark),
                             "expected keys with values, such as `train.epochs: 3`; found %s",
                             root->type == YAML_SCALAR_NODE ? "a value" : "a list");
    return read_mapping(r, "", root);
}

/* A byte-order mark would count as a column, and `---` after one would not start a document. */
static size_t size_of_mark(const char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t length = sizeof mark - 1;
    return size >= length && memcmp(text, mark, length) == 0 ? length : 0;
}

td_status td_yaml_read(const char *text, size_t size, const char *where, td_config *config)
{
    size_t mark = size_of_mark(text, size);
    text += mark;
    size -= mark;
    reader r = {.place = {where, 1, 1}, .config = config};
    TD_TRY(check_events(r.place, text, size));
    load_document(&r, text, size);
    r.first_line = TD_NEW(size_t, td_config_key_count);
    td_status status = read_root(&r);
    td_free(r.first_line);
    yaml_document_delete(&r.document);
    return status;
}

td_status td_yaml_read_value(const td_config_key *key, const char *text, const char *where,
                             td_config *config)
{
    reader r = {.place = {where, 0, 0}, .config = config};
    TD_TRY(check_events(r.place, text, strlen(text)));
    load_document(&r, text, strlen(text));
    const yaml_node_t *root = yaml_document_get_root_node(&r.document);
    td_status status =
        root ? read_value(&r, key, root) : td_place_fail_value(r.place, key, "nothing");
    yaml_document_delete(&r.document);
    return status;
}
