/* The folder of generated data: checks, files under temporary names, one renaming at the end. */
#include "tandem/synth.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "base/temporaries.h"
#include "store/file_lock.h"
#include "store/text_file.h"
#include "synth/csv.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_USERS   INT64_C(2147483646) /* ids are 32-bit, and 0 is nobody */
#define MOST_ITEMS   (INT64_C(1) << 26)  /* keeps sums of popularity below 2^64 */
#define MOST_RATINGS INT64_C(1000000000000)

#define MADE_BY "Made by `tandem synth`" /* the note's beginning */

enum { PATH_BYTES = 4096 };

/* In the order in which they appear: ratings.csv is last, so whoever sees it sees all. */
enum { NOTE, MOVIES, RATINGS, FILES };
static const char *const names[FILES] = {"synth.txt", "movies.csv", "ratings.csv"};

typedef struct {
    const td_synth_options *options;
    const td_synth_items *items;
    const char *folder;
    td_text_stream *file[FILES];
} output;

void td_synth_defaults(td_synth_options *options)
{
    *options = (td_synth_options){.users = 943, .items = 1682, .ratings = 100000, .seed = 1};
}

static td_status check_range(const char *what, int64_t value, int64_t low, int64_t high)
{
    if (value >= low && value <= high)
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "generated data need %lld to %lld %s, not %lld", (long long)low,
                   (long long)high, what, (long long)value);
}

td_status td_synth_check(const td_synth_options *options)
{
    TD_TRY(check_range("users", options->users, 1, MOST_USERS));
    TD_TRY(check_range("items", options->items, 2, MOST_ITEMS));
    TD_TRY(check_range("ratings", options->ratings, 1, MOST_RATINGS));
    int64_t most = options->users * options->items / 2; /* below 2^57 */
    if (options->ratings >= options->users && options->ratings <= most)
        return TD_OK;
    return td_fail(TD_ERR_USAGE,
                   "%lld users and %lld items can have %lld to %lld ratings (one a user at least, "
                   "half of all pairs at most), not %lld",
                   (long long)options->users, (long long)options->items, (long long)options->users,
                   (long long)most, (long long)options->ratings);
}

static td_status path_in(const char *folder, const char *name, char *path)
{
    if (snprintf(path, PATH_BYTES, "%s/%s", folder, name) < PATH_BYTES)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "the folder's name is too long: %.64s...", folder);
}

static td_status fail_file(const char *does, const char *path)
{
    return td_fail(TD_ERR_FILE, "cannot %s %s: %s", does, path, strerror(errno));
}

static bool write_note(const td_synth_options *options, FILE *stream)
{
    return fprintf(stream,
                   MADE_BY ": nobody's real ratings.\n"
                           "users %lld\nitems %lld\nratings %lld\nseed %llu\n",
                   (long long)options->users, (long long)options->items,
                   (long long)options->ratings, (unsigned long long)options->seed) > 0;
}

static bool write_content(const output *out, int file, FILE *stream)
{
    if (file == NOTE)
        return write_note(out->options, stream);
    if (file == MOVIES)
        return td_synth_write_movies(out->items, stream);
    return td_synth_write_ratings(out->options, out->items, stream);
}

/* Begins a file, and writes what it will be, down to the disk. */
static td_status write_file(output *out, int file)
{
    char path[PATH_BYTES];
    TD_TRY(path_in(out->folder, names[file], path));
    TD_TRY(td_text_stream_begin(path, &out->file[file]));
    FILE *stream = td_text_stream_file(out->file[file]);
    const bool written =
        write_content(out, file, stream) && fflush(stream) == 0 && fsync(fileno(stream)) == 0;
    return written ? TD_OK : fail_file("write", path);
}

/* Old ratings go first, so that they are never seen beside new movies. */
static td_status publish_files(output *out)
{
    char path[PATH_BYTES];
    TD_TRY(path_in(out->folder, names[RATINGS], path));
    if (unlink(path) != 0 && errno != ENOENT)
        return fail_file("replace", path);
    for (int file = 0; file < FILES; file++) {
        td_text_stream *whole = out->file[file];
        out->file[file] = NULL;
        TD_TRY(td_text_stream_commit(whole));
    }
    return TD_OK;
}

static td_status write_files(const td_synth_options *options, const char *folder)
{
    td_synth_items items = td_synth_items_create(options->items, options->seed);
    output out = {.options = options, .items = &items, .folder = folder};
    td_status status = TD_OK;
    for (int file = 0; file < FILES && status == TD_OK; file++)
        status = write_file(&out, file);
    if (status == TD_OK)
        status = publish_files(&out);
    for (int file = 0; file < FILES; file++)
        td_text_stream_discard(out.file[file]);
    td_synth_items_free(&items);
    return status;
}

static td_status find(const char *folder, int file, bool *is_there)
{
    char path[PATH_BYTES];
    td_look what;
    TD_TRY(path_in(folder, names[file], path));
    TD_TRY(td_look_at_name(path, &what));
    *is_there = what != TD_LOOK_NOTHING;
    return TD_OK;
}

/* Whether the note is one that synth wrote. */
static bool has_note(const char *folder)
{
    enum { LONGEST = 1 << 12 };
    char path[PATH_BYTES], *text;
    if (path_in(folder, names[NOTE], path) != TD_OK || td_read_text(path, LONGEST, &text) != TD_OK)
        return false;
    const bool is_ours = strncmp(text, MADE_BY, strlen(MADE_BY)) == 0;
    td_free(text);
    return is_ours;
}

static td_status refuse_foreign_data(const char *folder)
{
    if (has_note(folder))
        return TD_OK;
    for (int file = NOTE; file <= RATINGS; file++) {
        bool is_there;
        TD_TRY(find(folder, file, &is_there));
        if (is_there)
            return td_fail(
                TD_ERR_FILE,
                "%s holds a %s that tandem synth did not make (there is no %s of its own "
                "beside it); name another folder, or move it away",
                folder, names[file], names[NOTE]);
    }
    return TD_OK;
}

static td_status fill_folder(const td_synth_options *options, const char *folder)
{
    char path[PATH_BYTES];
    td_file_lock lock;
    TD_TRY(path_in(folder, ".synth.lock", path));
    TD_TRY(td_file_lock_take(path, folder, &lock));
    td_status status = refuse_foreign_data(folder);
    if (status == TD_OK)
        status = write_files(options, folder);
    td_file_lock_release(&lock);
    return status;
}

static td_status make_folder(const td_synth_options *options, const char *folder)
{
    TD_TRY(td_synth_check(options));
    td_temporaries_hold();
    const bool made = mkdir(folder, 0777) == 0;
    const int reason = made ? 0 : errno;
    if (made)
        td_temporary_add(folder);
    td_temporaries_release();
    errno = reason;
    if (!made && reason != EEXIST)
        return fail_file("make folder", folder);
    td_status status = fill_folder(options, folder);
    if (status != TD_OK && made)
        rmdir(folder);
    td_temporary_drop(folder);
    return status;
}

td_status td_synth(td_comm *comm, const td_synth_options *options, const char *folder)
{
    TD_MEMORY_FOR("generated ratings", "--users, --items, --ratings");
    td_status mine = td_comm_rank(comm) == 0 ? make_folder(options, folder) : TD_OK;
    return td_comm_agree(comm, mine);
}
