/* Finds the file that a path means, a run's newest checkpoint for one, and shows it. */
#include "tandem/inspect.h"

#include "base/memory.h"
#include "store/checksum.h"
#include "store/describe.h"
#include "store/file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static char *join(const char *folder, const char *name)
{
    char *path = td_allocate(strlen(folder) + strlen(name) + 2, 1);
    sprintf(path, "%s/%s", folder, name);
    return path;
}

/* The step that a checkpoint's name tells; -1 for every other name. */
static int64_t step_of(const char *name)
{
    int64_t step;
    char again[64];
    if (sscanf(name, "step-%" SCNd64 ".h5", &step) != 1 || step < 0)
        return -1;
    snprintf(again, sizeof again, "step-%012" PRId64 ".h5", step);
    return strcmp(name, again) == 0 ? step : -1;
}

/* Sets *name to the checkpoint of the highest step in folder; the caller frees it. */
static td_status find_newest(const char *folder, char **name)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return td_fail(TD_ERR_FILE, "cannot look for checkpoints in %s: %s", folder,
                       strerror(errno));
    int64_t newest = -1;
    for (const struct dirent *entry = readdir(listing); entry; entry = readdir(listing))
        if (step_of(entry->d_name) > newest)
            newest = step_of(entry->d_name);
    closedir(listing);
    if (newest < 0)
        return td_fail(TD_ERR_FILE, "%s has no checkpoint (step-000000000000.h5, ...)", folder);
    char text[64];
    snprintf(text, sizeof text, "step-%012" PRId64 ".h5", newest);
    *name = td_copy_text(text);
    return TD_OK;
}

/* Local. Sets *file to what path means; the caller frees it. */
static td_status locate(const char *path, td_inspect_part part, char **file)
{
    if (!is_folder(path)) {
        *file = td_copy_text(path);
        return TD_OK;
    }
    if (part == TD_INSPECT_METRICS) {
        *file = join(path, "metrics.h5");
        return TD_OK;
    }
    char *folder = join(path, "checkpoints"), *name = NULL;
    td_status status = find_newest(folder, &name);
    if (status == TD_OK && name)
        *file = join(folder, name);
    td_free(name);
    td_free(folder);
    return status;
}

/* Collective. Opens what rank 0 finds, so that all ranks look at one file. */
static td_status open_located(td_comm *comm, const char *path, td_inspect_part part, td_file **file)
{
    char *located = NULL;
    bool finds = td_comm_rank(comm) == 0;
    TD_TRY(td_comm_agree(comm, finds ? locate(path, part, &located) : TD_OK));
    size_t bytes = located ? strlen(located) + 1 : 0;
    td_comm_broadcast(comm, 0, &bytes, sizeof bytes);
    if (!located)
        located = td_allocate(bytes, 1);
    td_comm_broadcast(comm, 0, located, bytes);
    td_status status = td_file_open(comm, located, NULL, 0, file);
    td_free(located);
    return status;
}

/* Collective. Opens a file of one of tandem's formats; the caller frees *format, discards *file. */
static td_status open_known(td_comm *comm, const char *path, td_inspect_part part, td_file **file,
                            char **format)
{
    TD_TRY(open_located(comm, path, part, file));
    if (td_file_get_text(*file, "", "format", format) != TD_OK) {
        td_fail(TD_ERR_FORMAT, "%s is no file of tandem's: it has no attribute 'format'",
                td_file_path(*file));
        td_file_discard(*file);
        return TD_ERR_FORMAT;
    }
    td_status status = TD_OK;
    if (part == TD_INSPECT_METRICS && strcmp(*format, "tandem-metrics") != 0)
        status = td_fail(TD_ERR_FORMAT,
                         "%s is a '%.40s' file, where a 'tandem-metrics' file was "
                         "expected",
                         td_file_path(*file), *format);
    else if (strncmp(*format, "tandem-", 7) != 0)
        status = td_fail(TD_ERR_FORMAT, "%s is a '%.40s' file, where one of tandem's was expected",
                         td_file_path(*file), *format);
    if (status == TD_OK)
        return TD_OK;
    td_free(*format);
    td_file_discard(*file);
    return status;
}

/* What else a run's folder has: names and sizes. */
static void print_folder(const char *path, FILE *stream)
{
    static const char *const names[] = {"config.yaml", "log.jsonl", "metrics.h5"};
    fprintf(stream, "%s\n", path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat about;
        char *file = join(path, names[i]);
        if (stat(file, &about) == 0)
            fprintf(stream, "  %-12s %12lld bytes\n", names[i], (long long)about.st_size);
        else
            fprintf(stream, "  %-12s %12s\n", names[i], "none");
        td_free(file);
    }
}

td_status td_inspect(td_comm *comm, const char *path, td_inspect_part part, FILE *stream)
{
    td_file *file;
    char *format;
    TD_TRY(open_known(comm, path, part, &file, &format));
    if (td_comm_rank(comm) == 0 && is_folder(path))
        print_folder(path, stream);
    td_status status = td_file_describe(file, stream);
    td_free(format);
    td_file_discard(file);
    return status;
}

td_status td_inspect_checksum(td_comm *comm, const char *path, td_inspect_part part,
                              uint64_t *checksum)
{
    static const char *const state[] = {"parameters", "optimizer", NULL};
    static const char *const whole[] = {"", NULL};
    td_file *file;
    char *format;
    TD_TRY(open_known(comm, path, part, &file, &format));
    bool is_checkpoint = strcmp(format, "tandem-checkpoint") == 0;
    td_status status = td_checksum_groups(file, is_checkpoint ? state : whole, checksum);
    td_free(format);
    td_file_discard(file);
    return status;
}
