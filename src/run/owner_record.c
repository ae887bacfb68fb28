/* What the system tells of a process, as JSON and in words. */
#include "run/owner_record.h"

#include "base/look.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_BYTES = 4096 };

/* Reads the start of a small file as text, without its last line end. */
static bool read_line(const char *path, size_t size, char *text)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    const bool read = fgets(text, (int)size, file) != NULL;
    fclose(file);
    if (read)
        text[strcspn(text, "\n")] = '\0';
    return read;
}

/* The start time of a process; -1 if there is none, or only the memory of one (a zombie). Source:
 * proc(5), fields 3 and 22 of /proc/PID/stat; field 2 is a name that may hold anything. */
static int64_t start_of_process(int64_t pid)
{
    char path[64], line[1024], state;
    int64_t start;
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    if (!read_line(path, sizeof line, line))
        return -1;
    const char *rest = strrchr(line, ')');
    if (!rest || sscanf(rest + 1,
                        " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                        "%*s %" SCNd64,
                        &state, &start) != 2)
        return -1;
    return state == 'Z' || state == 'X' ? -1 : start;
}

static void copy_variable(const char *name, char text[TD_OWNER_TEXT])
{
    const char *value = getenv(name);
    snprintf(text, TD_OWNER_TEXT, "%s", value ? value : "");
}

static td_status make_nonce(char nonce[33])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return td_fail(TD_ERR_FILE, "the system gives no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
    return TD_OK;
}

td_status td_owner_record_mine(td_owner_record *record)
{
    *record = (td_owner_record){.pid = getpid(), .since = time(NULL)};
    record->pid_start = start_of_process(record->pid);
    if (gethostname(record->host, sizeof record->host - 1) != 0 || record->pid_start < 0 ||
        !read_line("/proc/sys/kernel/random/boot_id", sizeof record->boot, record->boot) ||
        readlink("/proc/self/ns/pid", record->pid_space, sizeof record->pid_space - 1) < 0)
        return td_fail(TD_ERR_FILE,
                       "the system does not tell host, boot and process (is /proc "
                       "there?): %s",
                       strerror(errno));
    char restarts[TD_OWNER_TEXT];
    copy_variable("SLURM_CLUSTER_NAME", record->cluster);
    copy_variable("SLURM_JOB_ID", record->slurm_job);
    copy_variable("SLURM_RESTART_COUNT", restarts);
    record->slurm_restarts = strtoll(restarts, NULL, 10); /* not set before the first restart */
    return make_nonce(record->nonce);
}

int td_owner_record_write(const td_owner_record *r, int descriptor)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:s}", "host", r->host, "boot", r->boot,
        "pid_space", r->pid_space, "pid", (json_int_t)r->pid, "pid_start", (json_int_t)r->pid_start,
        "cluster", r->cluster, "slurm_job", r->slurm_job, "slurm_restarts",
        (json_int_t)r->slurm_restarts, "since", (json_int_t)r->since, "nonce", r->nonce);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    if (!text)
        return EILSEQ;
    /* At once: half a record is none, and jansson would write it token by token. */
    const ssize_t written = write(descriptor, text, strlen(text));
    const int reason = written < 0 ? errno : ENOSPC;
    const bool whole = written == (ssize_t)strlen(text);
    free(text);
    if (!whole)
        return reason;
    return fsync(descriptor) == 0 ? 0 : errno;
}

static bool copy_text(char *to, size_t size, const char *from)
{
    return (size_t)snprintf(to, size, "%s", from) < size;
}

static bool parse(const char *text, size_t bytes, td_owner_record *r)
{
    const char *host, *boot, *space, *cluster, *job, *nonce;
    json_int_t pid, start, restarts, since;
    json_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
    bool right = json_unpack(object, "{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:s}", "host",
                             &host, "boot", &boot, "pid_space", &space, "pid", &pid, "pid_start",
                             &start, "cluster", &cluster, "slurm_job", &job, "slurm_restarts",
                             &restarts, "since", &since, "nonce", &nonce) == 0;
    *r = (td_owner_record){.pid = 0};
    right = right && copy_text(r->host, sizeof r->host, host) &&
            copy_text(r->boot, sizeof r->boot, boot) &&
            copy_text(r->pid_space, sizeof r->pid_space, space) &&
            copy_text(r->cluster, sizeof r->cluster, cluster) &&
            copy_text(r->slurm_job, sizeof r->slurm_job, job) &&
            copy_text(r->nonce, sizeof r->nonce, nonce) && strlen(nonce) == 32 &&
            strspn(nonce, "0123456789abcdef") == 32;
    if (right) {
        r->pid = pid;
        r->pid_start = start;
        r->slurm_restarts = restarts;
        r->since = since;
    }
    json_decref(object);
    return right;
}

/* Reads a record, whose making may be a moment before its writing (owner_succession.c). */
static ssize_t read_written(int file, char *text, size_t size)
{
    enum { TRIES = 50 };
    const struct timespec pause = {0, 20000000};
    ssize_t bytes = td_read_at(file, text, size, 0);
    for (int i = 0; i < TRIES && bytes == 0; i++) {
        nanosleep(&pause, NULL);
        bytes = td_read_at(file, text, size, 0);
    }
    return bytes;
}

td_status td_owner_record_read(const char *path, td_owner_record *record, struct timespec *beat,
                               bool *there)
{
    char text[RECORD_BYTES];
    struct stat about;
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    *there = file >= 0;
    if (file < 0 && errno == ENOENT)
        return TD_OK;
    if (file < 0)
        return td_fail(TD_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
    const ssize_t bytes = fstat(file, &about) == 0 ? read_written(file, text, sizeof text) : -1;
    const int reason = errno;
    close(file);
    if (bytes < 0 && reason == ESTALE) { /* NFS: it was removed under our hands */
        *there = false;
        return TD_OK;
    }
    if (bytes < 0)
        return td_fail(TD_ERR_FILE, "cannot read %s: %s", path, strerror(reason));
    if (bytes == 0) { /* its maker has died; were it alive, it would find its record gone */
        struct stat now;
        if (stat(path, &now) == 0 && now.st_dev == about.st_dev && now.st_ino == about.st_ino)
            unlink(path);
        *there = false;
        return TD_OK;
    }
    *beat = about.st_mtim;
    if (parse(text, (size_t)bytes, record))
        return TD_OK;
    return td_fail(TD_ERR_FORMAT,
                   "%s is no record of an owner; if no job trains this run, remove the file", path);
}

static bool is_same_job_again(const td_owner_record *record, const td_owner_record *mine)
{
    return *mine->slurm_job && strcmp(record->slurm_job, mine->slurm_job) == 0 &&
           strcmp(record->cluster, mine->cluster) == 0 &&
           mine->slurm_restarts > record->slurm_restarts;
}

td_owner_life td_owner_record_life(const td_owner_record *record, const td_owner_record *mine)
{
    if (is_same_job_again(record, mine))
        return TD_OWNER_GONE;
    if (strcmp(record->host, mine->host) != 0)
        return TD_OWNER_UNKNOWN;
    if (strcmp(record->boot, mine->boot) != 0)
        return TD_OWNER_GONE;
    if (strcmp(record->pid_space, mine->pid_space) != 0)
        return TD_OWNER_UNKNOWN;
    return start_of_process(record->pid) == record->pid_start ? TD_OWNER_LIVES : TD_OWNER_GONE;
}

void td_owner_record_describe(const td_owner_record *r, char text[TD_OWNER_WORDS])
{
    char job[2 * TD_OWNER_TEXT] = "", since[64] = "an unknown time";
    struct tm parts;
    const time_t seconds = (time_t)r->since;
    if (*r->slurm_job)
        snprintf(job, sizeof job, ", Slurm job %s (restart %" PRId64 ")", r->slurm_job,
                 r->slurm_restarts);
    if (gmtime_r(&seconds, &parts))
        strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S UTC", &parts);
    snprintf(text, TD_OWNER_WORDS, "host %s, process %" PRId64 "%s, since %s", r->host, r->pid, job,
             since);
}
