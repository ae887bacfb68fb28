/* Checksums by XXH3: of blocks, which ranks share and whose digests are gathered in order; of rows,
 * whose sum over the ranks is put beside the values and compared with what was read. */
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
enum { BLOCK_BYTES = 1 << 16, BATCH = 64, PIECE_BYTES = 1 << 20, ROWS_BYTES = 1 << 22 };

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
    unsigned char *values = td_allocate_unset((size_t)rows, (size_t)set->row_bytes);
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

/* Tells whether a dataset is at or below one of the groups, a list that ends with NULL. */
static bool is_in(const char *name, const char *const groups[])
{
    for (; *groups; groups++) {
        const size_t length = strlen(*groups);
        if (length == 0 ||
            (strncmp(name, *groups, length) == 0 && (name[length] == '/' || !name[length])))
            return true;
    }
    return false;
}

static td_status digest_all(td_file *file, size_t count, char **names, const char *const groups[],
                            uint64_t *checksum)
{
    XXH3_state_t *state = XXH3_createState();
    TD_ASSERT(state != NULL && XXH3_64bits_reset(state) == XXH_OK);
    td_status status = TD_OK;
    size_t found = 0;
    for (size_t i = 0; i < count && status == TD_OK; i++) {
        uint64_t digest = 0;
        if (!is_in(names[i], groups))
            continue;
        found++;
        status = digest_dataset(file, names[i], &digest);
        XXH3_64bits_update(state, names[i], strlen(names[i]));
        XXH3_64bits_update(state, &digest, sizeof digest);
    }
    *checksum = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    if (status != TD_OK || found > 0)
        return status;
    return td_fail(TD_ERR_FORMAT, "%s has no dataset%s%s%s to take a checksum of",
                   td_file_path(file), *groups[0] ? " below '" : "", groups[0],
                   *groups[0] ? "'" : "");
}

td_status td_checksum_groups(td_file *file, const char *const groups[], uint64_t *checksum)
{
    size_t count;
    char **names;
    TD_TRY(td_file_list_datasets(file, "", &count, &names));
    const td_status status = digest_all(file, count, names, groups, checksum);
    td_free(names);
    return status;
}

/* Adds all of an open file; 0 or errno. */
static int digest_file(int descriptor, XXH3_state_t *state)
{
    char *piece = td_allocate_unset(PIECE_BYTES, 1);
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

td_status td_checksum_paths(td_comm *comm, size_t count, const char *const *paths,
                            uint64_t *checksum)
{
    const size_t ranks = (size_t)td_comm_size(comm);
    int64_t *sums = TD_NEW(int64_t, count); /* 0 of the files of other ranks */
    td_status status = TD_OK;
    for (size_t p = (size_t)td_comm_rank(comm); p < count && status == TD_OK; p += ranks)
        status = td_checksum_path(paths[p], (uint64_t *)&sums[p]);
    td_comm_sum(comm, count, sums);
    *checksum = count == 1 ? (uint64_t)sums[0] : XXH3_64bits(sums, count * sizeof *sums);
    td_free(sums);
    return td_comm_agree(comm, status);
}

uint64_t td_rows_checksum(td_shape shape, int64_t first, int64_t rows, const void *values)
{
    const size_t bytes = td_shape_row_bytes(shape);
    const unsigned char *row = values;
    uint64_t sum = 0;
    for (int64_t i = 0; i < rows; i++, row += bytes)
        sum += XXH3_64bits_withSeed(row, bytes, (uint64_t)(first + i));
    return sum;
}

/* Collective. The sum over the ranks. */
static uint64_t add_up(td_comm *comm, uint64_t mine)
{
    int64_t sum;
    memcpy(&sum, &mine, sizeof sum);
    td_comm_sum(comm, 1, &sum);
    return (uint64_t)sum;
}

td_status td_file_make_checked(td_file *file, const char *name, td_shape shape, int64_t first,
                               int64_t rows, const void *values)
{
    const uint64_t mine = td_rows_checksum(shape, first, rows, values);
    TD_TRY(td_file_make(file, name, shape));
    return td_file_set_checksum(file, name, "checksum", add_up(td_file_comm(file), mine));
}

td_status td_file_fill(td_file *file, const char *name, td_shape shape, int64_t first, int64_t rows,
                       const void *values)
{
    (void)shape;
    return td_file_write_rows(file, name, first, rows, values);
}

/* Collective. Compares the sum of all ranks' parts with what the file says. */
static td_status check_sum(td_file *file, const char *name, uint64_t mine)
{
    const uint64_t found = add_up(td_file_comm(file), mine);
    uint64_t expected;
    TD_TRY(td_file_get_checksum(file, name, "checksum", &expected));
    if (found == expected)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT,
                   "%s is damaged: the values of '%s' have checksum %016" PRIx64
                   ", not %016" PRIx64,
                   td_file_path(file), name, found, expected);
}

td_status td_file_check_rows(td_file *file, const char *name, td_shape shape, int64_t first,
                             int64_t rows, const void *values)
{
    return check_sum(file, name, td_rows_checksum(shape, first, rows, values));
}

/* Collective. Reads this rank's share piece by piece; as many pieces as the largest share needs. */
static td_status check_dataset(td_file *file, const char *name)
{
    td_shape shape;
    TD_TRY(td_file_shape(file, name, &shape));
    td_comm *comm = td_file_comm(file);
    int64_t first, rows;
    td_comm_share(comm, shape.rows, &first, &rows);
    const int64_t fit = ROWS_BYTES / (int64_t)td_shape_row_bytes(shape), piece = fit > 0 ? fit : 1;
    const int64_t pieces = td_comm_max_count(comm, (rows + piece - 1) / piece);
    void *values = td_allocate((size_t)(rows < piece ? rows : piece), td_shape_row_bytes(shape));
    td_status status = TD_OK;
    uint64_t sum = 0;
    for (int64_t p = 0; p < pieces && status == TD_OK; p++) {
        const int64_t done = rows < p * piece ? rows : p * piece;
        const int64_t count = rows - done < piece ? rows - done : piece;
        status = td_file_read_rows(file, name, shape.type, first + done, count, values);
        if (status == TD_OK)
            sum += td_rows_checksum(shape, first + done, count, values);
    }
    td_free(values);
    return status == TD_OK ? check_sum(file, name, sum) : status;
}

td_status td_file_check(td_file *file)
{
    size_t count;
    char **names;
    TD_TRY(td_file_list_datasets(file, "", &count, &names));
    td_status status = TD_OK;
    for (size_t i = 0; i < count && status == TD_OK; i++)
        status = check_dataset(file, names[i]);
    td_free(names);
    return status;
}
