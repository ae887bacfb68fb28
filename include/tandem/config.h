/* The configuration: one field per key of tandem/config_keys.h, from YAML and --set.
 *
 * A td_config is plain data: copy it freely, set its fields by hand if you like (td_config_check
 * tells whether they are in range and fit each other). Its texts, lists and sections lie in memory
 * that lasts as long as the process, one copy of what is equal.
 *
 * All functions are Local and answer TD_ERR_CONFIG, with file, line, key and the nearest valid
 * key in the message, for what is wrong with the text, TD_ERR_FILE for a file that cannot be read.
 */
#ifndef TANDEM_CONFIG_H
#define TANDEM_CONFIG_H

#include "tandem/config_keys.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    size_t count;
    const int64_t *value; /* (count) */
} td_int_list;

/* Names, such as those of features. */
typedef struct {
    size_t count;
    const char *const *name; /* (count) */
} td_name_list;

/* The entries of a section with free names, ascending by name. */
typedef struct {
    size_t count;
    const void *entries; /* (count) structs whose first member is their name */
} td_section;

#define TD_FIELD_BOOL(field, key, value, use, text)            bool field;
#define TD_FIELD_INT(field, key, value, low, high, use, text)  int64_t field;
#define TD_FIELD_REAL(field, key, value, low, high, use, text) double field;
#define TD_FIELD_CHOICE(field, key, value, choices, use, text) int field;
#define TD_FIELD_INTS(field, key, value, low, high, use, text) td_int_list field;
#define TD_FIELD_NAMES(field, key, value, choices, use, text)  td_name_list field;
#define TD_FIELD_TEXT(field, key, value, use, text)            const char *field;
#define TD_FIELD_SECTION(field, type, name, keys, text)        td_section field;

/* One feature of the section `features`. */
typedef struct {
    const char *name;
    TD_FEATURE_KEYS(TD_FIELD_BOOL, TD_FIELD_INT, TD_FIELD_REAL, TD_FIELD_CHOICE, TD_FIELD_INTS,
                    TD_FIELD_NAMES, TD_FIELD_TEXT)
} td_feature_config;

/* One task of the section `tasks`. */
typedef struct {
    const char *name;
    TD_TASK_KEYS(TD_FIELD_BOOL, TD_FIELD_INT, TD_FIELD_REAL, TD_FIELD_CHOICE, TD_FIELD_INTS,
                 TD_FIELD_NAMES, TD_FIELD_TEXT)
} td_task_config;

typedef struct {
    TD_CONFIG_KEYS(TD_FIELD_BOOL, TD_FIELD_INT, TD_FIELD_REAL, TD_FIELD_CHOICE, TD_FIELD_INTS,
                   TD_FIELD_NAMES, TD_FIELD_TEXT)
    TD_CONFIG_SECTIONS(TD_FIELD_SECTION)
} td_config;

/* Returns the feature that the section declares by a name, NULL if it does not. */
const td_feature_config *td_config_feature(const td_config *config, const char *name);

/* Returns entry i of the section of tasks, and that of a name, NULL if there is none. */
const td_task_config *td_config_task(const td_config *config, size_t i);
const td_task_config *td_config_task_named(const td_config *config, const char *name);

/* Tells whether a name is that of a task that the configuration has without an entry of its own. */
bool td_config_has_task(const td_config *config, const char *name);

/* Returns a list of copies of count values or names. */
td_int_list td_int_list_of(size_t count, const int64_t *values);
td_name_list td_name_list_of(size_t count, const char *const *names);

/* Values of CHOICE keys: places in the table's "a|b|c". */
enum { TD_KERNELS_FIXED, TD_KERNELS_OPENBLAS };
enum { TD_PRECISION_FLOAT32, TD_PRECISION_BFLOAT16 };
enum { TD_PLACEMENT_REPLICATED, TD_PLACEMENT_OWNED, TD_PLACEMENT_AUTO };
enum {
    TD_CANDIDATES_ROWS,
    TD_CANDIDATES_UNIQUE,
    TD_CANDIDATES_TRAINED,
    TD_CANDIDATES_ALIVE,
    TD_CANDIDATES_COLD
};
enum { TD_EVAL_ROWS_ALL, TD_EVAL_ROWS_COLD, TD_EVAL_ROWS_TRAINED };
enum { TD_ROWS_TRAIN, TD_ROWS_TRAIN_AND_VALIDATION };
enum { TD_EVAL_REPEATS_DROP, TD_EVAL_REPEATS_KEEP };
enum { TD_TIES_EXPECTED, TD_TIES_OPTIMISTIC, TD_TIES_PESSIMISTIC };
enum {
    TD_NORMALIZE_NONE,
    TD_NORMALIZE_BOTH,
    TD_NORMALIZE_TRAINING,
    TD_NORMALIZE_QUERY,
    TD_NORMALIZE_CANDIDATE
};
enum { TD_UNTRAINED_MEAN, TD_UNTRAINED_INITIAL };
enum { TD_REDUCTION_SUM, TD_REDUCTION_MEAN };
enum { TD_LOSS_SOFTMAX, TD_LOSS_BSL, TD_LOSS_CCL, TD_LOSS_BPR };
enum { TD_LOG_Q_NONE, TD_LOG_Q_ALL, TD_LOG_Q_NEGATIVES };
enum { TD_NEGATIVES_BATCH, TD_NEGATIVES_GROUP, TD_NEGATIVES_UNIFORM };
enum {
    TD_KEEP_BEST_NONE,
    TD_KEEP_BEST_ACCURACY,
    TD_KEEP_BEST_RMSE,
    TD_KEEP_BEST_LOSS,
    TD_KEEP_BEST_AUTO,
    TD_KEEP_BEST_MAE,
    TD_KEEP_BEST_RECALL,
    TD_KEEP_BEST_NDCG,
    TD_KEEP_BEST_RECALL_MIN,
    TD_KEEP_BEST_HIT_RATE,
    TD_KEEP_BEST_MRR,
    TD_KEEP_BEST_MAP_MIN,
    TD_KEEP_BEST_AUC,
    TD_KEEP_BEST_LOG_LOSS,
    TD_KEEP_BEST_ROW_AUC
};
enum { TD_ADAGRAD, TD_SGD, TD_ADAM };
enum { TD_SCHEDULE_CONSTANT, TD_SCHEDULE_LINEAR, TD_SCHEDULE_COSINE, TD_SCHEDULE_EXPONENTIAL };
enum { TD_ENCODER_AUTO, TD_ENCODER_EMBED, TD_ENCODER_NUMBER, TD_ENCODER_HISTORY };
enum { TD_COMBINE_CONCAT, TD_COMBINE_SUM };
enum { TD_WHICH_AUTO, TD_WHICH_BEFORE, TD_WHICH_ALL };
enum { TD_OWN_AUTO, TD_OWN_DROP, TD_OWN_KEEP };
enum { TD_POOL_MEAN, TD_POOL_SUM, TD_POOL_SQRT };
enum { TD_INPUT_CONCAT, TD_INPUT_PRODUCT, TD_INPUT_BOTH };
enum { TD_TASK_AUTO, TD_TASK_RETRIEVAL, TD_TASK_REGRESSION, TD_TASK_CLASSIFICATION };

/* Sets every key to its default. */
void td_config_defaults(td_config *config);

/* Sets the keys that the YAML file at path names, over what config holds. On failure config is
 * as it was. */
td_status td_config_load(const char *path, td_config *config);

/* The same from text; where names it in messages ("run.h5's configuration"). */
td_status td_config_parse(const char *text, const char *where, td_config *config);

/* Sets one key from "key=value", the value in YAML's notation; "features.age.buckets=8" makes the
 * entry where it is not there yet. */
td_status td_config_set(td_config *config, const char *assignment);

/* Tells whether every value is in range and they fit each other; puts the values that follow
 * from others (train.shards, train.item_ranges) in the place of their 0. */
td_status td_config_check(td_config *config);

/* Returns the configuration as YAML that td_config_parse reads back to the same bits; with
 * only_shaping, only the keys that shape the answer. The caller frees it with td_free
 * (tandem/memory.h). */
char *td_config_to_yaml(const td_config *config, bool only_shaping);

/* Returns the value of a key that there is ("train.epochs"), in YAML's notation; a real number as
 * names in metrics.h5 and receipts have it, 3e+01, which must stay as they are. The caller frees it
 * with td_free. */
char *td_config_value(const td_config *config, const char *key);

/* Tells whether two configurations give the same answer; if not, TD_ERR_MISMATCH names the keys
 * that differ, with both values, a line each. */
td_status td_config_match(const td_config *ours, const td_config *theirs);

/* Returns the lines of those keys, each after a line break; "" if there are none. The caller frees
 * it with td_free (tandem/memory.h). */
char *td_config_differences(const td_config *ours, const td_config *theirs);

/* Prints the reference of all keys: type, default, range, meaning, when to use it. */
void td_config_print_reference(FILE *stream);

/* Prints the same, with an example, of the keys that a topic means: a key or section by its name, a
 * name without its section, or what others call it (`lr`). Returns false where it means none. */
bool td_config_print_help(FILE *stream, const char *topic);

/* Returns the nearest topic to one that means no key. The caller frees it with td_free. */
char *td_config_nearest_topic(const char *topic);

#ifdef __cplusplus
}
#endif

#endif
