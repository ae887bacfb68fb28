/* The configurations: what differs from the defaults, and first what differs from run to run. */
#include "report/sections.h"

#include "base/memory.h"
#include "base/range.h"
#include "report/best_run.h"
#include "tandem/memory.h"

#include <math.h>
#include <string.h>

/* Lines of a configuration, "key: value". */
typedef struct {
    char *text;
    size_t count;
    char **key, **value; /* (count), within text */
} settings;

static settings settings_of(const td_config *config)
{
    settings s = {.text = td_config_to_yaml(config, false)};
    for (char *line = s.text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        char *colon = strstr(line, ": ");
        if (!colon)
            continue;
        *colon = '\0';
        s.key = td_grow(s.key, s.count, sizeof *s.key);
        s.value = td_grow(s.value, s.count, sizeof *s.value);
        s.key[s.count] = line;
        s.value[s.count++] = colon + 2;
    }
    return s;
}

static void free_settings(settings *s)
{
    td_free(s->text);
    td_free(s->key);
    td_free(s->value);
}

/* Returns the value of a key, NULL if there is none. */
static const char *find(const settings *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->key[i], key) == 0)
            return s->value[i];
    return NULL;
}

static bool are_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The defaults, and all runs' settings: (runs + 1). */
typedef struct {
    size_t runs;
    settings *of; /* the defaults last */
} all_settings;

/* The defaults of all runs' keys: entries of features and tasks have defaults, too. */
static settings defaults_for(const all_settings *all)
{
    td_config config;
    td_config_defaults(&config);
    settings found = settings_of(&config);
    for (size_t r = 0; r < all->runs; r++)
        for (size_t i = 0; i < all->of[r].count; i++) {
            char *assignment = td_print_text("%s=%s", all->of[r].key[i], all->of[r].value[i]);
            if (!find(&found, all->of[r].key[i]) && td_config_set(&config, assignment) == TD_OK) {
                free_settings(&found);
                found = settings_of(&config);
            }
            td_free(assignment);
        }
    return found;
}

static bool differs(const all_settings *all, const char *key)
{
    for (size_t r = 1; r < all->runs; r++)
        if (!are_same(find(&all->of[0], key), find(&all->of[r], key)))
            return true;
    return false;
}

/* Whether key i of a run is the first one of a declared entry, "features.genres.field", which has
 * no default. */
static bool begins_entry(const settings *own, const settings *plain, size_t i)
{
    const char *key = own->key[i], *dot = strrchr(key, '.');
    return !find(plain, key) && dot &&
           (i == 0 || strncmp(key, own->key[i - 1], (size_t)(dot - key) + 1) != 0);
}

/* Whether a key of a declared entry, which not all runs have, says nothing: it is as by default. */
static bool is_plain_in_all(const all_settings *all, const char *key)
{
    bool is_missing = false, is_plain = true;
    for (size_t r = 0; r < all->runs; r++) {
        const char *value = find(&all->of[r], key);
        is_missing = is_missing || !value;
        is_plain = is_plain && (!value || are_same(value, find(&all->of[all->runs], key)));
    }
    return is_missing && is_plain;
}

/* A run's value by which runs are in order, and its step. */
static void add_best(const td_run_order *order, size_t run, td_page_table *table)
{
    const td_best_so_far *best = &order->best[run];
    const bool has_value = best->best_step >= 0;
    td_table_number(table, has_value ? best->best : NAN, 4);
    td_table_number(table, has_value ? (double)best->best_step : NAN, 0);
}

static void add_value(td_page_table *table, const char *value)
{
    td_table_text(table, value ? value : "");
}

/* Whether optimizer.decay_steps is what the start of training makes of none: the steps to the last
 * one, without those of the warm-up. */
static bool is_decay_derived(const td_report_run *run)
{
    const td_config *config = &run->config;
    const int64_t last = td_report_run_last_step(run);
    if (config->optimizer_schedule == TD_SCHEDULE_CONSTANT)
        return config->optimizer_decay_steps == 0;
    return last > 0 &&
           config->optimizer_decay_steps == td_larger(last - config->optimizer_warmup_steps, 1);
}

/* Whether a key of a run has what nobody set: what td_config_check, or the start of
 * training, derives from others. */
static bool is_derived(const td_report_run *run, const char *key, const char *value)
{
    td_config config = run->config;
    if (strcmp(key, "optimizer.decay_steps") == 0)
        return is_decay_derived(run);
    const bool is_shards = strcmp(key, "train.shards") == 0;
    if (!is_shards && strcmp(key, "train.item_ranges") != 0)
        return false;
    *(is_shards ? &config.train_shards : &config.train_item_ranges) = 0;
    if (td_config_check(&config) != TD_OK)
        return false;
    char *derived = td_config_value(&config, key);
    const bool is_same = strcmp(derived, value) == 0;
    td_free(derived);
    return is_same;
}

/* Whether nobody set a key in any run that has it. */
static bool is_derived_in_all(const td_report_runs *runs, const all_settings *all, const char *key)
{
    for (size_t r = 0; r < all->runs; r++) {
        const char *value = find(&all->of[r], key);
        if (value && !is_derived(&runs->run[r], key, value))
            return false;
    }
    return true;
}

/* Whether key i of run r is shown: not the same in all runs, and not shown of an earlier one. */
static bool is_shown(const td_report_runs *runs, const all_settings *all, const settings *plain,
                     size_t r, size_t i)
{
    const char *key = all->of[r].key[i];
    for (size_t before = 0; before < r; before++)
        if (find(&all->of[before], key))
            return false;
    return differs(all, key) && !is_derived_in_all(runs, all, key) &&
           (!is_plain_in_all(all, key) || begins_entry(&all->of[r], plain, i));
}

/* A row for each run, the best first where that is known, and a column for each key that is not the
 * same in all. */
static void add_differing(const td_report_runs *runs, const all_settings *all,
                          const settings *plain, const td_run_order *order,
                          td_page_section *section)
{
    size_t count = 0;
    const char **keys = NULL;
    for (size_t r = 0; r < all->runs; r++)
        for (size_t i = 0; i < all->of[r].count; i++)
            if (is_shown(runs, all, plain, r, i)) {
                keys = td_grow(keys, count, sizeof *keys);
                keys[count++] = all->of[r].key[i];
            }
    if (count == 0) {
        td_section_text(section, TD_PART_TEXT, "All runs have the same settings.");
        return;
    }
    td_page_table *table =
        td_section_table(section, "differing", "Settings that are not the same in all runs");
    td_table_column(table, "run", false);
    if (order->is_known) {
        td_table_column(table, order->metric, false);
        td_table_column(table, "of step", false);
    }
    for (size_t k = 0; k < count; k++)
        td_table_column(table, keys[k], false);
    for (size_t i = 0; i < all->runs; i++) {
        const size_t r = order->run[i];
        td_table_text(table, runs->run[r].name);
        if (order->is_known)
            add_best(order, r, table);
        for (size_t k = 0; k < count; k++)
            add_value(table, find(&all->of[r], keys[k]));
    }
    td_free(keys);
}

/* Whether another key of the entry that key i of a run begins is not as by default. */
static bool is_told_by_others(const settings *own, const settings *usual, size_t i)
{
    const char *key = own->key[i];
    const size_t entry = (size_t)(strrchr(key, '.') - key) + 1;
    for (size_t j = i + 1; j < own->count && strncmp(own->key[j], key, entry) == 0; j++)
        if (!are_same(own->value[j], find(usual, own->key[j])))
            return true;
    return false;
}

/* Keys of the first run that all have alike, and not as by default. */
static void add_common(const td_report_runs *runs, const all_settings *all, const settings *plain,
                       td_page_section *section)
{
    td_page_table *table =
        td_section_table(section, "set",
                         all->runs == 1 ? "Settings that differ from the defaults"
                                        : "Settings of all runs that differ from the "
                                          "defaults");
    td_table_column(table, "key", false);
    td_table_column(table, "value", false);
    td_table_column(table, "default", false);
    for (size_t i = 0; i < all->of[0].count; i++) {
        const char *key = all->of[0].key[i], *value = all->of[0].value[i];
        const bool begins = begins_entry(&all->of[0], plain, i);
        const char *usual = begins ? NULL : find(&all->of[all->runs], key);
        const bool is_empty = begins && strcmp(value, "\"\"") == 0;
        if (differs(all, key) || are_same(value, usual) || is_derived(&runs->run[0], key, value) ||
            (is_empty && is_told_by_others(&all->of[0], &all->of[all->runs], i)))
            continue;
        td_table_text(table, key);
        add_value(table, value);
        add_value(table, usual);
    }
}

void td_section_settings(const td_report_runs *runs, td_page_section *section)
{
    td_config config;
    all_settings all = {runs->count, TD_NEW(settings, runs->count + 1)};
    for (size_t r = 0; r < runs->count; r++)
        all.of[r] = settings_of(&runs->run[r].config);
    all.of[runs->count] = defaults_for(&all);
    td_config_defaults(&config);
    settings plain = settings_of(&config);
    if (runs->count > 1) {
        td_run_order order;
        td_run_order_find(runs, &order);
        add_differing(runs, &all, &plain, &order, section);
        td_run_order_free(&order);
    }
    add_common(runs, &all, &plain, section);
    free_settings(&plain);
    for (size_t r = 0; r <= runs->count; r++)
        free_settings(&all.of[r]);
    td_free(all.of);
}
