/* Line by line: a log may be longer than memory is for, but its numbers are not. */
#include "run/run_record.h"

#include "base/memory.h"
#include "tandem/memory.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_value(td_run_record *record, const char *event, const char *key, double step,
                      double value)
{
    const size_t length = strlen(event);
    size_t c = 0;
    while (c < record->curves && (strncmp(record->curve[c].name, event, length) != 0 ||
                                  record->curve[c].name[length] != '/' ||
                                  strcmp(record->curve[c].name + length + 1, key) != 0))
        c++;
    if (c == record->curves) {
        record->curve = td_grow(record->curve, record->curves, sizeof *record->curve);
        record->curve[record->curves++] =
            (td_record_curve){.name = td_print_text("%s/%s", event, key)};
    }
    td_record_curve *curve = &record->curve[c];
    curve->step = td_grow(curve->step, curve->count, sizeof *curve->step);
    curve->value = td_grow(curve->value, curve->count, sizeof *curve->value);
    curve->step[curve->count] = step;
    curve->value[curve->count++] = value;
}

static char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return td_copy_text(text ? text : "");
}

static int64_t count_of(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

static void add_start(td_run_record *record, const json_t *object)
{
    record->start = td_grow(record->start, record->starts, sizeof *record->start);
    record->start[record->starts++] =
        (td_record_start){.step = count_of(object, "step"),
                          .ranks = count_of(object, "ranks"),
                          .threads = count_of(object, "threads"),
                          .parameter_bytes = count_of(object, "parameter_bytes"),
                          .time = text_of(object, "time"),
                          .hosts = text_of(object, "hosts"),
                          .job = text_of(object, "job"),
                          .version = text_of(object, "version"),
                          .command = text_of(object, "command"),
                          .isa = text_of(object, "isa"),
                          .user_table = text_of(object, "user_table"),
                          .item_table = text_of(object, "item_table")};
}

static void add_warning(td_run_record *record, const json_t *object)
{
    record->warning = td_grow(record->warning, record->warnings, sizeof *record->warning);
    record->warning[record->warnings++] = (td_record_warning){.epoch = count_of(object, "epoch"),
                                                              .rule = text_of(object, "warning"),
                                                              .text = text_of(object, "text")};
}

static void add_failure(td_run_record *record, const json_t *object)
{
    if (record->starts == 0)
        return;
    td_record_start *start = &record->start[record->starts - 1];
    td_free(start->failure);
    start->failure = text_of(object, "text");
}

/* The numbers of an event but its step; steps and epochs tell how long this start has trained. */
static void add_numbers(td_run_record *record, const char *event, json_t *object)
{
    const double step = json_number_value(json_object_get(object, "step"));
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!json_is_number(value) || strcmp(key, "step") == 0)
            continue;
        add_value(record, event, key, step, json_number_value(value));
        if (record->starts > 0 && strcmp(key, "seconds") == 0 &&
            (strcmp(event, "step") == 0 || strcmp(event, "epoch") == 0))
            record->start[record->starts - 1].seconds = json_number_value(value);
        if (record->starts > 0 && strcmp(key, "bytes") == 0 && strcmp(event, "traffic") == 0)
            record->start[record->starts - 1].bytes = json_number_value(value);
    }
}

static void add_line(td_run_record *record, const char *line, size_t length)
{
    json_t *object = json_loadb(line, length, 0, NULL);
    const char *event = json_string_value(json_object_get(object, "event"));
    if (!event || !json_is_number(json_object_get(object, "step")))
        record->bad_lines++;
    else if (strcmp(event, "start") == 0)
        add_start(record, object);
    else if (strcmp(event, "warning") == 0)
        add_warning(record, object);
    else if (strcmp(event, "failure") == 0)
        add_failure(record, object);
    else if (strcmp(event, "feature") != 0)
        add_numbers(record, event, object);
    json_decref(object);
}

td_status td_run_record_read(const char *path, td_run_record *record)
{
    char *line = NULL;
    size_t room = 0;
    *record = (td_run_record){.curves = 0};
    FILE *file = fopen(path, "r");
    if (!file && errno == ENOENT)
        return TD_OK;
    if (!file)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    for (ssize_t n = getline(&line, &room, file); n > 0; n = getline(&line, &room, file))
        add_line(record, line, (size_t)n);
    const bool failed = ferror(file);
    fclose(file);
    free(line);
    if (!failed)
        return TD_OK;
    td_run_record_free(record);
    return td_fail(TD_ERR_FILE, "%s cannot be read: %s", path, strerror(errno));
}

void td_run_record_free(td_run_record *record)
{
    for (size_t c = 0; c < record->curves; c++) {
        td_free(record->curve[c].name);
        td_free(record->curve[c].step);
        td_free(record->curve[c].value);
    }
    for (size_t s = 0; s < record->starts; s++) {
        const td_record_start *start = &record->start[s];
        char *const texts[] = {start->time,       start->hosts,      start->job,
                               start->version,    start->command,    start->isa,
                               start->user_table, start->item_table, start->failure};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            td_free(texts[t]);
    }
    for (size_t w = 0; w < record->warnings; w++) {
        td_free(record->warning[w].rule);
        td_free(record->warning[w].text);
    }
    td_free(record->curve);
    td_free(record->start);
    td_free(record->warning);
    *record = (td_run_record){.curves = 0};
}

td_record_curve td_run_record_curve(const td_run_record *record, const char *name)
{
    for (size_t c = 0; c < record->curves; c++)
        if (strcmp(record->curve[c].name, name) == 0)
            return record->curve[c];
    return (td_record_curve){.count = 0};
}
