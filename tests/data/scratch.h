/* A folder for the files of one test. Its functions end the test if the system refuses. */
#ifndef TESTS_DATA_SCRATCH_H
#define TESTS_DATA_SCRATCH_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_BYTES = 1024 };

typedef struct {
    char path[SCRATCH_BYTES / 2];
} scratch;

static inline scratch scratch_make(void)
{
    scratch folder;
    const char *base = getenv("TMPDIR");
    snprintf(folder.path, sizeof folder.path, "%s/tandem-test-XXXXXX", base ? base : "/tmp");
    cr_assert_not_null(mkdtemp(folder.path), "mkdtemp %s", folder.path);
    return folder;
}

static inline void scratch_remove(const scratch *folder)
{
    char command[SCRATCH_BYTES];
    snprintf(command, sizeof command, "rm -rf '%s'", folder->path);
    cr_assert_eq(system(command), 0, "%s", command);
}

typedef struct {
    char text[SCRATCH_BYTES];
} scratch_path;

static inline scratch_path scratch_in(const scratch *folder, const char *name)
{
    scratch_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder->path, name);
    return path;
}

/* Writes a file of length bytes and returns its path. */
static inline scratch_path scratch_write(const scratch *folder, const char *name, const void *bytes,
                                         size_t length)
{
    scratch_path path = scratch_in(folder, name);
    FILE *file = fopen(path.text, "wb");
    cr_assert_not_null(file, "%s", path.text);
    cr_assert_eq(fwrite(bytes, 1, length, file), length, "%s", path.text);
    cr_assert_eq(fclose(file), 0, "%s", path.text);
    return path;
}

static inline scratch_path scratch_text(const scratch *folder, const char *name, const char *text)
{
    return scratch_write(folder, name, text, strlen(text));
}

#endif
