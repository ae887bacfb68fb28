/* A file of reference vectors (tests/reference/README.md), read on this rank.
 *
 * All functions are Local. They answer TD_ERR_FORMAT, naming file and object, where something is
 * missing or not of the size or kind that is asked for; TD_ERR_FILE where the file does not open.
 */
#ifndef GOLDEN_FILE_H
#define GOLDEN_FILE_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GOLDEN_VALUES_MAX = 16, GOLDEN_TEXT_MAX = 128, GOLDEN_PATH_MAX = 256 };

typedef struct {
    const char *path;
    int64_t handle;
} golden_file;

/* An attribute: a text, or count numbers (none for an empty array). */
typedef struct {
    size_t count;
    double value[GOLDEN_VALUES_MAX];
    char text[GOLDEN_TEXT_MAX]; /* "" for numbers */
} golden_setting;

/* Opens path, kept by reference; close it with golden_file_close. */
td_status golden_file_open(const char *path, golden_file *file);
void golden_file_close(golden_file *file);

/* Reads an attribute of a group ("/" or "step_1"). */
td_status golden_file_setting(const golden_file *file, const char *group, const char *name,
                              golden_setting *setting);

/* Calls visit with the name of every attribute of "/" until one is refused (false). */
void golden_file_each_setting(const golden_file *file, bool (*visit)(const char *, void *),
                              void *data);

/* Tells whether there is a dataset or group of this path. */
bool golden_file_has(const golden_file *file, const char *path);

/* Counts the datasets in a group and the groups below it. */
td_status golden_file_datasets(const golden_file *file, const char *group, size_t *count);

/* Counts the elements of a dataset. */
td_status golden_file_size(const golden_file *file, const char *path, size_t *n);

/* Read a dataset that must have n elements, whatever its shape. */
td_status golden_file_floats(const golden_file *file, const char *path, size_t n, float *values);
td_status golden_file_reals(const golden_file *file, const char *path, size_t n, double *values);

/* The same for ids, which must be in [0, limit). */
td_status golden_file_ids(const golden_file *file, const char *path, size_t n, int64_t limit,
                          int32_t *ids);

#endif
