/* Records by link(2) and rename(2). Where a file system has no hard links (exFAT, some that are not
 * of disks), a second name is a copy, made for the first of those who want it. */
#include "run/owner_succession.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "store/same_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that gives the succession to the record with this nonce; where that file is the record
 * itself, whose owner died giving it back, the succession to that. */
static td_path path_after(const td_succession *s, const char *nonce, bool is_given_back)
{
    char name[128];
    snprintf(name, sizeof name, ".%s.after-%s%s", s->name, nonce, is_given_back ? "-left" : "");
    return td_run_file(s->run, name);
}

static td_status write_record(td_succession *s)
{
    char name[160];
    TD_TRY(td_owner_record_mine(&s->record));
    snprintf(name, sizeof name, ".%s.tmp-%ld-%s", s->name, (long)getpid(), s->record.nonce);
    s->temporary = td_run_file(s->run, name);
    s->descriptor = open(s->temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const int reason = s->descriptor < 0 ? errno : td_owner_record_write(&s->record, s->descriptor);
    if (reason == 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot write %s: %s%s", s->temporary.path, strerror(reason),
                   reason == ENOENT ? "; the run's folder was removed or renamed" : "");
}

td_status td_succession_begin(const char *run, const char *name, td_succession *s)
{
    *s = (td_succession){
        .run = td_copy_text(run), .name = name, .path = td_run_file(run, name), .descriptor = -1};
    return write_record(s);
}

static bool is_without_links(int reason)
{
    return reason == EPERM || reason == ENOSYS || reason == EOPNOTSUPP;
}

/* Makes a copy of the record under a name that nobody has. Returns 0, or why it could not. */
static int copy_record(const char *from, const char *name)
{
    enum { MOST = 4096 };
    char text[MOST];
    const int source = open(from, O_RDONLY | O_CLOEXEC);
    const ssize_t bytes = source >= 0 ? td_read_at(source, text, sizeof text, 0) : -1;
    int reason = bytes < 0 ? errno : 0;
    if (source >= 0)
        close(source);
    if (reason != 0)
        return reason;
    const int copy = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (copy < 0)
        return errno;
    const ssize_t written = write(copy, text, (size_t)bytes);
    if (written != bytes)
        reason = written < 0 ? errno : ENOSPC;
    else if (fsync(copy) != 0)
        reason = errno;
    close(copy);
    if (reason != 0)
        unlink(name);
    return reason;
}

/* Returns 0, or why name is not made: EEXIST where another one has it. */
static int link_or_copy(const char *from, const char *name)
{
    static bool is_said;
    if (link(from, name) == 0)
        return 0;
    const int reason = errno;
    if (!is_without_links(reason))
        return reason;
    const int why = copy_record(from, name);
    if (why == 0 && !is_said)
        td_log(
            "%s is on a file system without hard links (%s): files that are made once take their "
            "place",
            name, strerror(reason));
    is_said = is_said || why == 0;
    return why;
}

/* Makes name a second name of our record. Sets *made; false if the name is taken. An NFS server
 * whose answer was lost says EEXIST of a link that it made, but the file then has one more name. */
static td_status link_record(const td_succession *s, const char *name, bool *made)
{
    struct stat about;
    const int reason = link_or_copy(s->temporary.path, name);
    *made = reason == 0;
    if (*made)
        return TD_OK;
    if (fstat(s->descriptor, &about) == 0 && about.st_nlink > 1)
        *made = true;
    else if (reason != EEXIST && reason != ENOENT) /* ENOENT: an owner took ours for a leftover */
        return td_fail(TD_ERR_FILE, "cannot make %s: %s", name, strerror(reason));
    return TD_OK;
}

/* Puts our record in the place of the one with this nonce, whose succession is ours. It may be
 * gone, or another's, if we were slow; then nothing is done and all begins again. */
static td_status replace_record(const td_succession *s, const td_owner_record *old, bool *taken)
{
    td_owner_record now;
    struct timespec beat;
    bool there;
    TD_TRY(td_owner_record_read(s->path.path, &now, &beat, &there));
    if (!there || strcmp(now.nonce, old->nonce) != 0)
        return TD_OK;
    if (rename(s->temporary.path, s->path.path) != 0)
        return td_fail(TD_ERR_FILE, "cannot take over %s: %s", s->path.path, strerror(errno));
    *taken = true;
    return TD_OK;
}

/* Goes from a record left behind along its successors to the first that is missing, and becomes
 * that one. Every one on the way must be one to follow. */
static td_status follow(const td_succession *s, td_succession_judge *judge, void *context,
                        const td_owner_record *old, bool *taken)
{
    td_path claim[TD_SUCCESSION_DEPTH], at = s->path;
    td_owner_record record = *old;
    struct timespec beat;
    bool there = true, made = false, is_given_back = false;
    int depth = 0;
    while (there && depth < TD_SUCCESSION_DEPTH) {
        bool may_follow = false;
        const td_owner_record before = record;
        TD_TRY(judge(context, at.path, depth, &record, &may_follow));
        if (!may_follow)
            return TD_OK;
        at = claim[depth++] = path_after(s, before.nonce, is_given_back);
        TD_TRY(td_owner_record_read(at.path, &record, &beat, &there));
        is_given_back = there && strcmp(record.nonce, before.nonce) == 0;
    }
    if (there)
        return TD_OK;
    TD_TRY(link_record(s, at.path, &made));
    if (!made)
        return TD_OK; /* another was quicker: look again */
    td_status status = replace_record(s, old, taken);
    for (int i = *taken ? 0 : depth - 1; i < depth; i++)
        unlink(claim[i].path);
    return status;
}

/* Removes what successors left that died before they were done. */
static void remove_remains(const td_succession *s)
{
    char prefix[96];
    const int length = snprintf(prefix, sizeof prefix, ".%s.after-", s->name);
    DIR *directory = opendir(s->run);
    if (!directory)
        return;
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        td_owner_record record;
        struct timespec beat;
        bool there;
        if (strncmp(entry->d_name, prefix, (size_t)length) != 0)
            continue;
        const td_path path = td_run_file(s->run, entry->d_name);
        if (td_owner_record_read(path.path, &record, &beat, &there) == TD_OK && there &&
            td_owner_record_life(&record, &s->record) == TD_OWNER_GONE)
            unlink(path.path);
    }
    closedir(directory);
}

/* The record that is there is what the heart beats in: where it is a copy, that file. One that is
 * another's by now is not ours. */
static td_status keep_record(td_succession *s)
{
    td_owner_record record;
    struct timespec beat;
    bool is_there;
    unlink(s->temporary.path);
    if (td_same_file_is_at(s->descriptor, s->path.path))
        return TD_OK;
    close(s->descriptor);
    s->descriptor = open(s->path.path, O_WRONLY | O_CLOEXEC);
    TD_TRY(td_owner_record_read(s->path.path, &record, &beat, &is_there));
    s->owns = s->descriptor >= 0 && is_there && strcmp(record.nonce, s->record.nonce) == 0;
    if (s->owns)
        return TD_OK;
    if (s->descriptor >= 0)
        close(s->descriptor);
    s->descriptor = -1;
    return write_record(s);
}

/* Another job that took ours for a leftover has removed it: write it again. Where the folder itself
 * is gone, that says so. */
static td_status write_again_if_lost(td_succession *s)
{
    if (td_same_file_is_at(s->descriptor, s->temporary.path))
        return TD_OK;
    if (errno != ENOENT)
        return td_fail(TD_ERR_FILE, "%s: %s", s->temporary.path, strerror(errno));
    unlink(s->temporary.path); /* in case it is there after all */
    close(s->descriptor);
    s->descriptor = -1;
    return write_record(s);
}

td_status td_succession_try(td_succession *s, td_succession_judge *judge, void *context,
                            td_owner_record *old, bool *followed)
{
    struct timespec beat;
    bool there;
    *followed = false;
    TD_TRY(write_again_if_lost(s));
    TD_TRY(link_record(s, s->path.path, &s->owns));
    if (s->owns) {
        TD_TRY(keep_record(s));
    } else {
        TD_TRY(td_owner_record_read(s->path.path, old, &beat, &there));
        if (there)
            TD_TRY(follow(s, judge, context, old, followed));
        s->owns = *followed;
    }
    if (s->owns)
        remove_remains(s);
    return TD_OK;
}

td_status td_succession_check(const td_succession *s, const char *what)
{
    td_owner_record record;
    struct timespec beat;
    bool there;
    char words[TD_OWNER_WORDS] = "nobody: its record is gone";
    TD_TRY(td_owner_record_read(s->path.path, &record, &beat, &there));
    if (there && strcmp(record.nonce, s->record.nonce) == 0)
        return TD_OK;
    if (there)
        td_owner_record_describe(&record, words);
    return td_fail(TD_ERR_MISMATCH, "%s is no longer this job's; it belongs to %s", what, words);
}

/* Nobody follows a record whose succession its owner took itself: what is removed is then ours. A
 * folder with no room for one more name must not keep the record of a process that goes on. */
static void give_back(const td_succession *s)
{
    const td_path claim = path_after(s, s->record.nonce, false);
    const int reason = link_or_copy(s->path.path, claim.path);
    const bool is_claimed = reason == 0;
    if (reason == EEXIST)
        return;
    const td_status status = td_succession_check(s, s->path.path);
    if (status == TD_OK)
        unlink(s->path.path);
    else if (status == TD_ERR_FILE)
        td_warn("%s; what it says of this job stays there, until the next job takes over",
                td_message());
    if (is_claimed)
        unlink(claim.path);
}

void td_succession_end(td_succession *s)
{
    char *message = td_copy_text(td_message()); /* of what went wrong: it is still to be told */
    if (s->owns)
        give_back(s);
    else if (s->descriptor >= 0)
        unlink(s->temporary.path);
    if (s->descriptor >= 0)
        close(s->descriptor);
    td_record_message("%s", message);
    td_free(message);
    td_free(s->run);
    *s = (td_succession){.descriptor = -1};
}
