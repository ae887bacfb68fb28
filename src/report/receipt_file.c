/* Numbers have 17 digits, so that reading them gives the same bits. */
#include "report/receipt_file.h"

#include "base/look.h"
#include "base/memory.h"
#include "store/checksum.h"
#include "store/text_file.h"
#include "tandem/memory.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1 << 24, VERSION = 1 };
static const char format[] = "tandem-receipt";

void td_receipt_free(td_receipt *receipt)
{
    for (size_t i = 0; i < receipt->count; i++)
        td_free(receipt->name[i]);
    td_free(receipt->name);
    td_free(receipt->value);
    td_free(receipt->version);
    td_free(receipt->config);
    td_free(receipt->split);
    td_free(receipt->settings);
    *receipt = (td_receipt){.count = 0};
}

void td_receipt_add(td_receipt *receipt, const char *name, double value)
{
    receipt->name = td_grow(receipt->name, receipt->count, sizeof(char *));
    receipt->value = td_grow(receipt->value, receipt->count, sizeof *receipt->value);
    receipt->name[receipt->count] = td_copy_text(name);
    receipt->value[receipt->count++] = value;
}

/* Whether a line of a configuration is of what is evaluated, or of how baselines learn. */
static bool is_of_evaluation(const char *line)
{
    return strncmp(line, "eval.", 5) == 0 || strncmp(line, "baseline.", 9) == 0;
}

void td_receipt_set_config(td_receipt *receipt, const td_config *config)
{
    size_t size;
    char *shaping = td_config_to_yaml(config, true), *all = td_config_to_yaml(config, false);
    FILE *stream = td_text_writer(&receipt->config, &size);
    fputs(shaping, stream);
    for (const char *line = all; *line;) {
        const size_t length = strcspn(line, "\n");
        if (is_of_evaluation(line))
            fprintf(stream, "%.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
    td_text_writer_close(stream);
    td_free(shaping);
    td_free(all);
}

/* An object of the lines "key: value". */
static json_t *config_object(const char *lines)
{
    json_t *object = json_object();
    for (const char *line = lines; *line;) {
        const size_t length = strcspn(line, "\n");
        const char *colon = memchr(line, ':', length);
        if (colon && colon + 2 <= line + length) {
            char *key = td_print_text("%.*s", (int)(colon - line), line);
            json_object_set_new(object, key,
                                json_stringn(colon + 2, (size_t)(line + length - colon - 2)));
            td_free(key);
        }
        line += length + (line[length] == '\n');
    }
    return object;
}

static json_t *evaluation_object(const td_receipt *receipt)
{
    if (!receipt->split)
        return json_null();
    json_t *values = json_object();
    for (size_t i = 0; i < receipt->count; i++)
        json_object_set_new(values, receipt->name[i],
                            isfinite(receipt->value[i]) ? json_real(receipt->value[i])
                                                        : json_null());
    return json_pack("{s:s, s:s, s:I, s:o}", "split", receipt->split, "settings", receipt->settings,
                     "rows", (json_int_t)receipt->rows, "values", values);
}

/* Whether a file may be replaced: it is not there, or a receipt. */
static td_status check_place(const char *path)
{
    char found[64] = "";
    size_t length;
    TD_TRY(td_look_at_start(path, sizeof found, found, &length));
    if (length == 0 || strstr(found, format))
        return TD_OK;
    return td_fail(TD_ERR_FILE,
                   "%s is there and is no receipt, so it is not replaced; give another name, or "
                   "remove it first",
                   path);
}

td_status td_receipt_save(const td_receipt *receipt, const char *path)
{
    json_t *object = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "format", format, "version", VERSION,
        "tandem", receipt->version, "data", td_checksum_to_text(receipt->data_checksum).digits,
        "state", td_checksum_to_text(receipt->state_checksum).digits, "step",
        (json_int_t)receipt->step, "epochs", (json_int_t)receipt->epochs, "config",
        config_object(receipt->config), "evaluation", evaluation_object(receipt));
    char *text = object ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    char *lines = td_print_text("%s\n", text ? text : "");
    td_status status = TD_OK;
    if (!text)
        status = td_fail(TD_ERR_CONFIG, "the configuration has texts that are not UTF-8, so there "
                                        "can be no receipt");
    else if (path)
        status = check_place(path);
    if (status == TD_OK && path)
        status = td_replace_text(path, lines);
    else if (status == TD_OK)
        fputs(lines, stdout);
    td_free(lines);
    free(text);
    json_decref(object);
    return status;
}

/* The evaluation, if there is one; false where it is not as it must be. */
static bool read_evaluation(json_t *object, td_receipt *receipt)
{
    const char *split, *settings, *name;
    json_int_t rows;
    json_t *values, *value;
    if (json_is_null(object))
        return true;
    if (json_unpack(object, "{s:s, s:s, s:I, s:o}", "split", &split, "settings", &settings, "rows",
                    &rows, "values", &values) != 0 ||
        !json_is_object(values))
        return false;
    receipt->split = td_copy_text(split);
    receipt->settings = td_copy_text(settings);
    receipt->rows = rows;
    json_object_foreach(values, name, value)
    {
        if (!json_is_number(value) && !json_is_null(value))
            return false;
        td_receipt_add(receipt, name, json_is_null(value) ? NAN : json_number_value(value));
    }
    return true;
}

/* The configuration's lines; false where a value is no text of one line. */
static bool read_config(json_t *object, td_receipt *receipt)
{
    size_t size;
    bool is_right = true;
    const char *key;
    json_t *value;
    FILE *stream = td_text_writer(&receipt->config, &size);
    json_object_foreach(object, key, value)
    {
        const char *text = json_string_value(value);
        is_right = is_right && text && !strchr(text, '\n') && !strchr(key, '\n');
        fprintf(stream, "%s: %s\n", key, is_right ? text : "");
    }
    td_text_writer_close(stream);
    return is_right;
}

static bool read_object(json_t *object, td_receipt *receipt)
{
    const char *found, *version, *data, *state;
    int number;
    json_int_t step, epochs;
    json_t *config, *evaluation;
    if (json_unpack(object, "{s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "format", &found,
                    "version", &number, "tandem", &version, "data", &data, "state", &state, "step",
                    &step, "epochs", &epochs, "config", &config, "evaluation", &evaluation) != 0 ||
        strcmp(found, format) != 0 || number != VERSION || step < 1 || epochs < 1 ||
        !td_checksum_of_text(data, &receipt->data_checksum) ||
        !td_checksum_of_text(state, &receipt->state_checksum))
        return false;
    receipt->version = td_copy_text(version);
    receipt->step = step;
    receipt->epochs = epochs;
    return read_config(config, receipt) && read_evaluation(evaluation, receipt);
}

td_status td_receipt_load(const char *path, td_receipt *receipt)
{
    char *text;
    json_error_t error;
    *receipt = (td_receipt){.count = 0};
    TD_TRY(td_read_text(path, LONGEST, &text));
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    td_free(text);
    if (!object)
        return td_fail(TD_ERR_FORMAT, "%s:%d:%d: %s", path, error.line, error.column, error.text);
    const bool is_right = read_object(object, receipt);
    json_decref(object);
    if (is_right)
        return TD_OK;
    td_receipt_free(receipt);
    return td_fail(TD_ERR_FORMAT, "%s is no receipt that this tandem knows (tandem receipt RUN)",
                   path);
}
