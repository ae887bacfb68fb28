/* Checksums by XXH3: blocks are shared among the ranks, their digests gathered in order. */
#include "store/checksum.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

/* Blocks are the definition; BATCH of them are what a rank reads at once. */
enum { BLOCK_BYTES = 1 << 16, BATCH = 64, PIECE_BYTES = 1 << 20, MOST_GROUPS = 8 };

typedef struct {
    const char *name;
    td_shape shape;
    int64_t row_bytes;
    int64_t bytes;
} dataset;

td_checksum_text td_checksum_to_text(uint64_t checksum)
{
    td_checksum_text text;
    snprintf(text.digits, sizeof text.digits, "%016" PRIx64, checksum);
    return text;
}

bool td_checksum_of_text(const char *text, uint64_t *checksum)
{
    *checksum = strtoull(text, NULL, 16);
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

td_status td_file_set_checksum(td_file *file, const char *name, const char *attribute,
                               uint64_t checksum)
{
    return td_file_set_text(file, name, attribute, td_checksum_to_text(checksum).digits);
}

td_status td_file_get_checksum(td_file *file, const char *name, const char *attribute,
                               uint64_t *checksum)
{
    char *text;
    TD_TRY(td_file_get_text(file, name, attribute, &text));
    const bool right = td_checksum_of_text(text, checksum);
    td_free(text);
    if (right)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT, "%s: attribute %s is not 16 hexadecimal digits",
                   td_file_path(file), attribute);
}

/* Collective. Digests blocks [first, first + count) of this rank, by way of the whole rows that
 * hold them; count may be 0. */
static td_status digest_batch(td_file *file, const dataset *set, int64_t first, int64_t count,
                              uint64_t *digests)
{
    int64_t start = td_smaller(first * BLOCK_BYTES, set->bytes);
    int64_t end = td_smaller((first + count) * BLOCK_BYTES, set->bytes);
    int64_t first_row = start / set->row_bytes;
    int64_t rows = end > start ? (end - 1) / set->row_bytes - first_row + 1 : 0;
    unsigned char *values = td_allocate((size_t)rows, (size_t)set->row_bytes);
    td_status status = td_file_read_rows(file, set->name, set->shape.type, first_row, rows, values);
    const unsigned char *block = values + (start - first_row * set->row_bytes);
    for (int64_t b = 0; b < count && status == TD_OK; b++, block += BLOCK_BYTES) {
        int64_t length = td_smaller(BLOCK_BYTES, end - start - b * BLOCK_BYTES);
        digests[b] = XXH3_64bits(block, (size_t)length);
    }
    td_free(values);
    return status;
}

/* Collective. Every rank reads as many batches as the one with most blocks. */
static td_status digest_share(td_file *file, const dataset *set, int64_t first, int64_t count,
                              uint64_t *digests)
{
    const int64_t batches = td_comm_max_count(td_file_comm(file), (count + BATCH - 1) / BATCH);
    for (int64_t batch = 0; batch < batches; batch++) {
        int64_t done = td_smaller(batch * BATCH, count);
        TD_TRY(
            digest_batch(file, set, first + done, td_smaller(BATCH, count - done), digests + done));
    }
    return TD_OK;
}

static td_status digest_dataset(td_file *file, const char *name, uint64_t *digest)
{
    dataset set = {.name = name};
    TD_TRY(td_file_shape(file, name, &set.shape));
    set.row_bytes = (int64_t)td_shape_row_bytes(set.shape);
    set.bytes = set.row_bytes * set.shape.rows;
    td_comm *comm = td_file_comm(file);
    int64_t first, count;
    td_comm_share(comm, (set.bytes + BLOCK_BYTES - 1) / BLOCK_BYTES, &first, &count);
    uint64_t *mine = TD_NEW(uint64_t, (size_t)count);
    td_status status = digest_share(file, &set, first, count, mine);
    if (status == TD_OK) {
        size_t total;
        uint64_t *all = td_comm_allgatherv(comm, mine, (size_t)count, sizeof *mine, &total);
        *digest = XXH3_64bits(all, total * sizeof *all);
        td_free(all);
    }
    td_free(mine);
    return status;
}

/* All names of several lists, in byte order. */
typedef struct {
    size_t count;
    const char **names;
    char **lists[MOST_GROUPS]; /* the blocks that own them */
} name_list;

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static td_status list_group(td_file *file, const char *group, int place, name_list *all)
{
    size_t count = 0;
    TD_TRY(td_file_list_datasets(file, group, &count, &all->lists[place]));
    all->names = td_reallocate(all->names, all->count, all->count + count, sizeof *all->names);
    for (size_t i = 0; i < count; i++)
        all->names[all->count++] = all->lists[place][i];
    return TD_OK;
}

static td_status list_groups(td_file *file, const char *const groups[], name_list *all)
{
    TD_ASSERT(groups[0] != NULL);
    for (int i = 0; groups[i]; i++) {
        TD_ASSERT(i < MOST_GROUPS);
        TD_TRY(list_group(file, groups[i], i, all));
    }
    if (all->count == 0)
        return td_fail(TD_ERR_FORMAT, "%s has no dataset%s%s%s to take a checksum of",
                       td_file_path(file), *groups[0] ? " below '" : "", groups[0],
                       *groups[0] ? "'" : "");
    qsort(all->names, all->count, sizeof *all->names, by_bytes);
    return TD_OK;
}

static void free_names(name_list *all)
{
    for (int i = 0; i < MOST_GROUPS; i++)
        td_free(all->lists[i]);
    td_free(all->names);
}

static td_status digest_all(td_file *file, const name_list *all, uint64_t *checksum)
{
    XXH3_state_t *state = XXH3_createState();
    TD_ASSERT(state != NULL && XXH3_64bits_reset(state) == XXH_OK);
    td_status status = TD_OK;
    for (size_t i = 0; i < all->count && status == TD_OK; i++) {
        const char *name = all->names[i];
        if (i > 0 && strcmp(name, all->names[i - 1]) == 0)
            continue; /* groups that overlap */
        uint64_t digest = 0;
        status = digest_dataset(file, name, &digest);
        XXH3_64bits_update(state, name, strlen(name));
        XXH3_64bits_update(state, &digest, sizeof digest);
    }
    *checksum = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return status;
}

td_status td_checksum_groups(td_file *file, const char *const groups[], uint64_t *checksum)
{
    name_list all = {0};
    td_status status = list_groups(file, groups, &all);
    if (status == TD_OK)
        status = digest_all(file, &all, checksum);
    free_names(&all);
    return status;
}

/* Adds all of an open file; 0 or errno. */
static int digest_file(int descriptor, XXH3_state_t *state)
{
    char *piece = TD_NEW(char, PIECE_BYTES);
    off_t place = 0;
    ssize_t got;
    do {
        got = pread(descriptor, piece, PIECE_BYTES, place);
        if (got > 0) {
            XXH3_64bits_update(state, piece, (size_t)got);
            place += got;
        }
    } while (got > 0 || (got < 0 && errno == EINTR));
    int reason = got < 0 ? errno : 0;
    td_free(piece);
    return reason;
}

td_status td_checksum_descriptor(const char *path, int descriptor, uint64_t *checksum)
{
    XXH3_state_t *state = XXH3_createState();
    TD_ASSERT(state != NULL && XXH3_64bits_reset(state) == XXH_OK);
    int reason = digest_file(descriptor, state);
    *checksum = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    if (reason != 0)
        return td_fail(TD_ERR_FILE, "cannot read %s: %s", path, strerror(reason));
    return TD_OK;
}

td_status td_checksum_path(const char *path, uint64_t *checksum)
{
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return td_fail(TD_ERR_FILE, "cannot open %s: %s", path, strerror(errno));
    td_status status = td_checksum_descriptor(path, descriptor, checksum);
    close(descriptor);
    return status;
}

td_status td_checksum_paths(size_t count, const char *const *paths, uint64_t *checksum)
{
    uint64_t *sums = TD_NEW(uint64_t, count);
    td_status status = TD_OK;
    for (size_t p = 0; p < count && status == TD_OK; p++)
        status = td_checksum_path(paths[p], &sums[p]);
    *checksum = count == 1 ? sums[0] : XXH3_64bits(sums, count * sizeof *sums);
    td_free(sums);
    return status;
}
