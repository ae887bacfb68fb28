/* Names and small files of a run folder. */
#include "run/run_folder.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "comm/config.h"
#include "store/checksum.h"
#include "store/text_file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_FILE_BYTES = 1 << 20 };

/* The files of a run besides its checkpoints and its data. What says that there is a run is written
 * first, so that none of these without it is a run's; and it goes last, so that a removal cut short
 * can be begun again. */
static const char *const run_files[] = {"metrics.h5", "heartbeats", "log.jsonl", "config.yaml",
                                        "run.json"};

enum { RUN_FILES = sizeof run_files / sizeof *run_files };

td_path td_run_file(const char *run, const char *name)
{
    td_path file;
    snprintf(file.path, sizeof file.path, "%s/%s", run, name);
    return file;
}

td_path td_run_checkpoint(const char *run, int64_t step)
{
    char name[64];
    snprintf(name, sizeof name, "checkpoints/step-%012" PRId64 ".h5", step);
    return td_run_file(run, name);
}

/* Local. Whether the folder has a file of this name. */
static td_status find(const char *run, const char *name, bool *has)
{
    td_look what;
    TD_TRY(td_look_at(td_run_file(run, name).path, &what));
    *has = what != TD_LOOK_NOTHING;
    return TD_OK;
}

td_status td_run_exists(td_comm *comm, const char *run, bool *exists)
{
    return td_run_has(comm, run, "run.json", exists);
}

bool td_run_is_writable(td_comm *comm, const char *run)
{
    return td_comm_any(comm, td_comm_rank(comm) == 0 && access(run, W_OK | X_OK) == 0);
}

td_status td_run_has(td_comm *comm, const char *run, const char *name, bool *has)
{
    bool mine = false;
    TD_TRY(td_comm_agree(comm, td_comm_rank(comm) == 0 ? find(run, name, &mine) : TD_OK));
    *has = td_comm_any(comm, mine);
    return TD_OK;
}

static td_status make_folder(const char *path)
{
    td_look what;
    if (mkdir(path, 0777) == 0)
        return TD_OK;
    const int reason = errno;
    TD_TRY(td_look_at(path, &what));
    if (what == TD_LOOK_FOLDER)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot make the folder %s: %s", path, strerror(reason));
}

/* Makes a folder and its parents. */
static td_status make_folders(const char *path)
{
    td_path part;
    if (strlen(path) >= sizeof part.path - 64)
        return td_fail(TD_ERR_FILE, "the path of the run folder is too long (%zu bytes)",
                       strlen(path));
    snprintf(part.path, sizeof part.path, "%s", path);
    for (char *slash = strchr(part.path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        TD_TRY(make_folder(part.path));
        *slash = '/';
    }
    return make_folder(part.path);
}

static td_status check_free(const char *run)
{
    for (size_t i = 0; i < RUN_FILES; i++) {
        td_look what;
        TD_TRY(td_look_at_name(td_run_file(run, run_files[i]).path, &what));
        if (what != TD_LOOK_NOTHING)
            return td_fail(
                TD_ERR_USAGE,
                "%s/%s is there, and is no run's: the folder has no run.json. train would "
                "write over it; give another --run, or move it away",
                run, run_files[i]);
    }
    return TD_OK;
}

static td_status make_run_folder(const char *run)
{
    const td_path checkpoints = td_run_file(run, "checkpoints");
    bool has_checkpoints, exists;
    TD_TRY(make_folders(run));
    TD_TRY(find(run, "checkpoints", &has_checkpoints));
    if (has_checkpoints)
        return TD_OK;
    TD_TRY(find(run, "run.json", &exists));
    if (exists)
        td_warn("%s is gone, and with it what the run had learned", checkpoints.path);
    else
        TD_TRY(check_free(run));
    return make_folder(checkpoints.path);
}

td_status td_run_make_folder(td_comm *comm, const char *run)
{
    return td_comm_agree(comm, td_comm_rank(comm) == 0 ? make_run_folder(run) : TD_OK);
}

static td_status remove_file(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot remove %s: %s", path, strerror(errno));
}

static td_status write_config(const char *run, const td_config *config)
{
    td_path file = td_run_file(run, "config.yaml");
    char *text = td_config_to_yaml(config, false);
    td_status status = td_replace_text(file.path, text);
    td_free(text);
    return status;
}

/* Takes the object. */
static json_t *with_origin(json_t *object, const td_run_origin *origin)
{
    if (object && *origin->run.path)
        json_object_set_new(object, "warm_start",
                            json_pack("{s:s, s:I, s:I}", "run", origin->run.path, "step",
                                      (json_int_t)origin->step, "updates",
                                      (json_int_t)origin->updates));
    return object;
}

static td_status write_run_json(const char *run, const char *data, uint64_t data_checksum,
                                const td_run_origin *origin)
{
    td_path file = td_run_file(run, "run.json"), absolute = {TD_RUN_DATA};
    if (data && !realpath(data, absolute.path))
        return td_fail(TD_ERR_FILE, "%s: %s", data, strerror(errno));
    json_t *object = with_origin(json_pack("{s:s, s:s}", "data", absolute.path, "data_checksum",
                                           td_checksum_to_text(data_checksum).digits),
                                 origin);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    char lines[4 * PATH_MAX + 256];
    snprintf(lines, sizeof lines, "%s\n", text ? text : "");
    td_status status = text ? td_replace_text(file.path, lines)
                            : td_fail(TD_ERR_FILE, "the path %s is not UTF-8", absolute.path);
    free(text);
    json_decref(object);
    return status;
}

td_status td_run_create(td_comm *comm, const char *run, const td_config *config, const char *data,
                        uint64_t data_checksum, const td_run_origin *origin)
{
    td_status status = TD_OK;
    if (td_comm_rank(comm) == 0)
        status = write_run_json(run, data, data_checksum, origin);
    if (td_comm_rank(comm) == 0 && status == TD_OK)
        status = write_config(run, config);
    return td_comm_agree(comm, status);
}

/* What run.json says; origin.run is "" where a run came from nowhere. */
typedef struct {
    td_path data;
    uint64_t data_checksum;
    td_run_origin origin;
} run_json;

static bool copy_path(const char *path, td_path *to)
{
    return (size_t)snprintf(to->path, sizeof to->path, "%s", path) < sizeof to->path;
}

static td_status parse_run_json(const char *file, const char *text, run_json *said)
{
    json_error_t error;
    const char *data, *checksum, *origin = "";
    json_int_t step = 0, updates = 0;
    td_status status = TD_OK;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        return td_fail(TD_ERR_FORMAT, "%s:%d:%d: %s", file, error.line, error.column, error.text);
    if (json_unpack(object, "{s:s, s:s}", "data", &data, "data_checksum", &checksum) != 0 ||
        !copy_path(data, &said->data))
        status = td_fail(TD_ERR_FORMAT, "%s: expected \"data\" and \"data_checksum\"", file);
    else if (!td_checksum_of_text(checksum, &said->data_checksum))
        status = td_fail(TD_ERR_FORMAT, "%s: data_checksum is not 16 hexadecimal digits", file);
    else if (json_unpack(object, "{s?{s:s, s:I, s?I}}", "warm_start", "run", &origin, "step", &step,
                         "updates", &updates) != 0 ||
             updates < 0 || !copy_path(origin, &said->origin.run))
        status = td_fail(TD_ERR_FORMAT,
                         "%s is damaged: warm_start, if it is there, has run and step", file);
    said->origin.step = step;
    said->origin.updates = updates;
    json_decref(object);
    return status;
}

static td_status read_run_json(const char *run, run_json *said)
{
    char *text;
    const td_path file = td_run_file(run, "run.json");
    TD_TRY(td_read_text(file.path, SMALL_FILE_BYTES, &text));
    const td_status status = parse_run_json(file.path, text, said);
    td_free(text);
    return status;
}

/* Whether a data file in the folder is the run's, and not one that a user keeps there. */
static bool has_own_data(const char *run)
{
    run_json said;
    return read_run_json(run, &said) == TD_OK && strcmp(said.data.path, TD_RUN_DATA) == 0;
}

static td_status remove_run(const char *run, bool keeps_data, size_t count, const int64_t *steps)
{
    for (size_t i = 0; i < count; i++)
        TD_TRY(remove_file(td_run_checkpoint(run, steps[i]).path));
    if (!keeps_data && has_own_data(run))
        TD_TRY(remove_file(td_run_file(run, TD_RUN_DATA).path));
    for (size_t i = 0; i < RUN_FILES; i++)
        TD_TRY(remove_file(td_run_file(run, run_files[i]).path));
    return TD_OK;
}

td_status td_run_remove(td_comm *comm, const char *run, bool keeps_data, size_t count,
                        const int64_t *steps)
{
    const bool removes = td_comm_rank(comm) == 0;
    return td_comm_agree(comm, removes ? remove_run(run, keeps_data, count, steps) : TD_OK);
}

td_status td_run_check_free(td_comm *comm, const char *run)
{
    return td_comm_agree(comm, td_comm_rank(comm) == 0 ? check_free(run) : TD_OK);
}

td_status td_run_read_origin(td_comm *comm, const char *run, td_run_origin *origin)
{
    bool exists;
    run_json said = {.data_checksum = 0};
    TD_TRY(td_run_exists(comm, run, &exists));
    const bool reads = exists && td_comm_rank(comm) == 0;
    TD_TRY(td_comm_agree(comm, reads ? read_run_json(run, &said) : TD_OK));
    td_comm_broadcast(comm, 0, &said.origin, sizeof said.origin);
    *origin = said.origin;
    return TD_OK;
}

td_status td_run_is_same(td_comm *comm, const char *run, const char *other, bool *same)
{
    bool mine = false;
    const bool looks = td_comm_rank(comm) == 0;
    TD_TRY(td_comm_agree(comm, looks ? td_look_for_same(run, other, &mine) : TD_OK));
    *same = td_comm_any(comm, mine);
    return TD_OK;
}

static td_status read_run(const char *run, td_config *config, run_json *said)
{
    bool exists;
    TD_TRY(find(run, "run.json", &exists));
    if (!exists)
        return td_fail(TD_ERR_FILE,
                       "%s is no run: it has no run.json (%s); `tandem train` makes "
                       "runs",
                       run, strerror(ENOENT));
    TD_TRY(read_run_json(run, said));
    td_config_defaults(config);
    TD_TRY(td_config_load(td_run_file(run, "config.yaml").path, config));
    return td_config_check(config);
}

td_status td_run_read(td_comm *comm, const char *run, td_config *config, td_path *data,
                      uint64_t *data_checksum)
{
    run_json said = {.data_checksum = 0};
    TD_TRY(td_comm_agree(comm, td_comm_rank(comm) == 0 ? read_run(run, config, &said) : TD_OK));
    td_comm_broadcast_config(comm, config);
    td_comm_broadcast(comm, 0, &said, sizeof said);
    *data = strcmp(said.data.path, TD_RUN_DATA) == 0 ? td_run_file(run, TD_RUN_DATA) : said.data;
    *data_checksum = said.data_checksum;
    return TD_OK;
}
