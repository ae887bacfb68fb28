/* The checksum is that of POSIX's cksum: a CRC over the bytes, then over those of their number. */
#include "text/handed_input.h"

#include "base/log.h"
#include "base/memory.h"
#include "comm/launcher.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTE_VALUES = 256, POLYNOMIAL = 0x04c11db7 };

struct td_handed_input {
    uint64_t bytes;
    uint32_t crc;
    bool ended;
    uint32_t table[BYTE_VALUES]; /* what a byte at the top of the CRC becomes */
};

static void make_table(uint32_t *table)
{
    for (uint32_t value = 0; value < BYTE_VALUES; value++) {
        uint32_t crc = value << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x80000000U ? (crc << 1) ^ POLYNOMIAL : crc << 1;
        table[value] = crc;
    }
}

/* Whether it is a pipe, and the one of standard input, by whatever path it was opened. */
static bool is_standard_pipe(int file)
{
    struct stat is, standard;
    return fstat(file, &is) == 0 && fstat(STDIN_FILENO, &standard) == 0 &&
           (S_ISFIFO(is.st_mode) || S_ISSOCK(is.st_mode)) && is.st_dev == standard.st_dev &&
           is.st_ino == standard.st_ino;
}

td_status td_handed_input_check(int file, td_handed_input **out)
{
    const td_launcher_input through = td_launcher_input_of();
    *out = NULL;
    if (through == TD_INPUT_DIRECT || !is_standard_pipe(file))
        return TD_OK;
    if (through == TD_INPUT_REPEATED)
        return td_fail(TD_ERR_USAGE,
                       "standard input: this launcher (mpirun of Open MPI 5, PRRTE) may repeat "
                       "parts of what it hands on to a rank (openpmix/prrte#2220, #2579): write it "
                       "into a file or a named pipe (mkfifo) and give that name in its place, or "
                       "run the same command without a launcher");
    *out = TD_NEW(td_handed_input, 1);
    make_table((*out)->table);
    return TD_OK;
}

void td_handed_input_free(td_handed_input *handed)
{
    td_free(handed);
}

static void add_byte(td_handed_input *handed, unsigned char byte)
{
    handed->crc = (handed->crc << 8) ^ handed->table[(handed->crc >> 24) ^ byte];
}

/* Closes the checksum. */
static void end(td_handed_input *handed)
{
    handed->ended = true;
    for (uint64_t rest = handed->bytes; rest > 0; rest >>= 8)
        add_byte(handed, (unsigned char)rest);
    td_log("standard input as the launcher handed it on: cksum says %" PRIu32 " %" PRIu64,
           ~handed->crc, handed->bytes);
}

void td_handed_input_read(td_handed_input *handed, const void *bytes, size_t n)
{
    const unsigned char *of = bytes;
    if (!handed || handed->ended)
        return;
    if (n == 0) {
        end(handed);
        return;
    }
    handed->bytes += n;
    for (size_t i = 0; i < n; i++)
        add_byte(handed, of[i]);
}
