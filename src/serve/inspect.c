/* Finds the file that a path means, a run's newest checkpoint for one, and shows it. */
#include "tandem/inspect.h"

#include "base/look.h"
#include "base/memory.h"
#include "base/visible.h"
#include "data/dataset.h"
#include "prepare/data_file.h"
#include "run/checkpoint.h"
#include "run/checkpoints.h"
#include "run/run_folder.h"
#include "serve/recommender.h"
#include "store/checksum.h"
#include "store/describe.h"
#include "store/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Collective. Sets *file to the run's newest checkpoint. */
static td_status locate_newest(td_comm *comm, const char *run, td_path *file)
{
    size_t count;
    int64_t *steps;
    TD_TRY(td_checkpoints_list(comm, run, &count, &steps));
    td_status status = TD_OK;
    if (count > 0)
        *file = td_run_checkpoint(run, steps[count - 1]);
    else
        status = td_fail(TD_ERR_FILE,
                         "%s has no checkpoint (checkpoints/step-000000000000.h5, ...)", run);
    td_free(steps);
    return status;
}

/* Collective. Sets *file to what path means, the same on every rank. */
static td_status locate(td_comm *comm, const char *path, td_inspect_part part, td_path *file)
{
    td_look what = TD_LOOK_NOTHING;
    TD_TRY(td_comm_agree(comm, td_comm_rank(comm) == 0 ? td_look_at(path, &what) : TD_OK));
    if (!td_comm_any(comm, what == TD_LOOK_FOLDER)) {
        if (strlen(path) >= sizeof file->path)
            return td_fail(TD_ERR_FILE, "the path is too long (%zu bytes)", strlen(path));
        snprintf(file->path, sizeof file->path, "%s", path);
        return TD_OK;
    }
    *file = td_run_file(path, "metrics.h5");
    if (part == TD_INSPECT_METRICS)
        return TD_OK;
    return locate_newest(comm, path, file);
}

/* Collective. Opens a file of one of tandem's formats; the caller frees *format, discards *file. */
static td_status open_known(td_comm *comm, const char *path, td_inspect_part part, td_file **file,
                            char **format)
{
    td_path located;
    TD_TRY(locate(comm, path, part, &located));
    TD_TRY(td_file_open(comm, located.path, NULL, 0, file));
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
    static const char *const names[] = {"config.yaml", "log.jsonl", "metrics.h5", "run.json"};
    td_print_visible(stream, path);
    fputc('\n', stream);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat about;
        if (stat(td_run_file(path, names[i]).path, &about) == 0)
            fprintf(stream, "  %-12s %12lld bytes\n", names[i], (long long)about.st_size);
        else
            fprintf(stream, "  %-12s %12s\n", names[i], "none");
    }
}

/* Collective. Tells whether the values of a file are those it was written with: what was shown of a
 * damaged one is not to be relied on. A data file is verified by being opened. */
static td_status verify(td_file *file, const char *format, uint64_t *data_checksum)
{
    td_dataset *data;
    if (strcmp(format, TD_RECOMMENDATIONS_FORMAT) == 0)
        return TD_OK; /* it has no checksums, and can be made again */
    if (strcmp(format, TD_DATA_FORMAT) != 0)
        return td_file_check(file);
    TD_TRY(td_dataset_open(td_file_comm(file), td_file_path(file), &data));
    *data_checksum = td_dataset_info(data)->checksum;
    td_dataset_close(data);
    return TD_OK;
}

td_status td_inspect(td_comm *comm, const char *path, td_inspect_part part, FILE *stream)
{
    td_file *file;
    char *format;
    uint64_t checksum;
    TD_TRY(open_known(comm, path, part, &file, &format));
    if (td_comm_rank(comm) == 0 && strcmp(td_file_path(file), path) != 0) /* of a folder */
        print_folder(path, stream);
    td_status status = td_file_describe(file, stream);
    if (status == TD_OK)
        status = verify(file, format, &checksum);
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
    const bool is_data = strcmp(format, TD_DATA_FORMAT) == 0;
    const bool is_checkpoint = strcmp(format, TD_CHECKPOINT_FORMAT) == 0;
    td_status status = TD_OK;
    if (!is_data)
        status = td_checksum_groups(file, is_checkpoint ? state : whole, checksum);
    if (status == TD_OK) /* afterwards: a file that is cut meanwhile reads as zeros from there on */
        status = verify(file, format, checksum);
    td_free(format);
    td_file_discard(file);
    return status;
}
