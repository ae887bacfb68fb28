/* A text is read twice. First as libyaml's events, which refuses whatever we do without and bounds
 * the depth; then as a document, a tree by then, which is copied into ours. */
#include "base/yaml.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { DEEPEST = 8 };

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
        td_abort("out of memory for reading YAML: libyaml did not start");
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

typedef struct {
    td_place place;
    yaml_document_t document;
} source;

static void copy_scalar(const yaml_node_t *node, td_yaml *copy)
{
    copy->plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    copy->kind = copy->plain && node->data.scalar.length == 0 ? TD_YAML_NOTHING : TD_YAML_SCALAR;
    copy->text = td_copy_text((const char *)node->data.scalar.value);
}

static td_status check_name(const td_yaml *name)
{
    if (name->kind != TD_YAML_SCALAR)
        return td_place_fail(name->place, "expected the name of a key; found %s",
                             name->kind == TD_YAML_NOTHING ? "nothing" : "a list or section");
    if (strcmp(name->text, "<<") == 0)
        return td_place_fail(name->place, "expected values written out; found the merge key '<<'");
    return TD_OK;
}

static td_status copy_node(source *from, int index, td_yaml *copy);

static td_status copy_list(source *from, const yaml_node_t *node, td_yaml *copy)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    copy->kind = TD_YAML_LIST;
    copy->count = (size_t)(node->data.sequence.items.top - item);
    copy->values = TD_NEW(td_yaml, copy->count);
    for (size_t i = 0; i < copy->count; i++)
        TD_TRY(copy_node(from, item[i], &copy->values[i]));
    return TD_OK;
}

static td_status copy_map(source *from, const yaml_node_t *node, td_yaml *copy)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    copy->kind = TD_YAML_MAP;
    copy->count = (size_t)(node->data.mapping.pairs.top - pair);
    copy->names = TD_NEW(td_yaml, copy->count);
    copy->values = TD_NEW(td_yaml, copy->count);
    for (size_t i = 0; i < copy->count; i++) {
        TD_TRY(copy_node(from, pair[i].key, &copy->names[i]));
        TD_TRY(check_name(&copy->names[i]));
        TD_TRY(copy_node(from, pair[i].value, &copy->values[i]));
    }
    return TD_OK;
}

static td_status copy_node(source *from, int index, td_yaml *copy)
{
    const yaml_node_t *node = yaml_document_get_node(&from->document, index);
    *copy = (td_yaml){.kind = TD_YAML_NOTHING, .place = from->place};
    if (!node) /* of an empty text */
        return TD_OK;
    copy->place = at(from->place, node->start_mark);
    if (node->type == YAML_SEQUENCE_NODE)
        return copy_list(from, node, copy);
    if (node->type == YAML_MAPPING_NODE)
        return copy_map(from, node, copy);
    copy_scalar(node, copy);
    return TD_OK;
}

static void free_within(td_yaml *node)
{
    for (size_t i = 0; i < node->count; i++) {
        if (node->names)
            free_within(&node->names[i]);
        free_within(&node->values[i]);
    }
    td_free(node->names);
    td_free(node->values);
    td_free(node->text);
}

void td_yaml_free(td_yaml *root)
{
    if (root)
        free_within(root);
    td_free(root);
}

/* Loads what check_events has passed; the caller deletes the document. */
static void load_document(source *from, const char *text, size_t size)
{
    yaml_parser_t parser;
    start_parser(&parser, text, size);
    if (!yaml_parser_load(&parser, &from->document))
        td_abort("out of memory while reading %s", from->place.where);
    yaml_parser_delete(&parser);
}

/* A byte-order mark would count as a column, and `---` after one would not start a document. */
static size_t size_of_mark(const char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t length = sizeof mark - 1;
    return size >= length && memcmp(text, mark, length) == 0 ? length : 0;
}

td_status td_yaml_parse(const char *text, size_t size, td_place place, td_yaml **root)
{
    const int first_node = 1; /* libyaml's number of a document's root */
    if (size > TD_YAML_LARGEST)
        return td_place_fail((td_place){.where = place.where},
                             "expected at most %d bytes; found more", TD_YAML_LARGEST);
    size_t mark = size_of_mark(text, size);
    TD_TRY(check_events(place, text + mark, size - mark));
    source from = {.place = place};
    load_document(&from, text + mark, size - mark);
    td_yaml *tree = TD_NEW(td_yaml, 1);
    td_status status = copy_node(&from, first_node, tree);
    yaml_document_delete(&from.document);
    if (status == TD_OK)
        *root = tree;
    else
        td_yaml_free(tree);
    return status;
}

/* Reads at most one byte more than a text may have, so that td_yaml_parse sees too many. */
static td_status read_file(const char *path, char **text, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return td_fail(TD_ERR_FILE, "%.1024s: expected a YAML file; it cannot be opened: %s", path,
                       strerror(errno));
    *text = td_allocate(TD_YAML_LARGEST + 1, 1);
    *size = fread(*text, 1, TD_YAML_LARGEST + 1, file);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (!error)
        return TD_OK;
    td_free(*text);
    return td_fail(TD_ERR_FILE, "%.1024s: expected a YAML file; it cannot be read: %s", path,
                   strerror(error));
}

td_status td_yaml_load(const char *path, td_yaml **root)
{
    char *text = NULL;
    size_t size = 0;
    TD_TRY(read_file(path, &text, &size));
    td_status status = td_yaml_parse(text, size, (td_place){path, 1, 1}, root);
    td_free(text);
    return status;
}

const td_yaml *td_yaml_find(const td_yaml *map, const char *name)
{
    for (size_t i = 0; i < map->count && map->kind == TD_YAML_MAP; i++)
        if (strcmp(map->names[i].text, name) == 0)
            return &map->values[i];
    return NULL;
}

const td_yaml *td_yaml_repeated(const td_yaml *map, size_t i)
{
    for (size_t earlier = 0; earlier < i; earlier++)
        if (strcmp(map->names[earlier].text, map->names[i].text) == 0)
            return &map->names[earlier];
    return NULL;
}

void td_yaml_describe(const td_yaml *node, char text[TD_QUOTE_SIZE + 32])
{
    static const char *const words[] = {"nothing", "", "a list", "a section"};
    char quoted[TD_QUOTE_SIZE];
    if (node->kind != TD_YAML_SCALAR) {
        strcpy(text, words[node->kind]);
        return;
    }
    td_quote(node->text, strlen(node->text), quoted);
    snprintf(text, TD_QUOTE_SIZE + 32, node->plain ? "'%s'" : "the quoted text '%s'", quoted);
}
