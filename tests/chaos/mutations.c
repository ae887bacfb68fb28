/* One to three changes a copy: half of them anywhere, half in HDF5's own blocks, which are a small
 * part of a file but decide what becomes of the rest. */
#include "mutations.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HDF5's own, so that a forgery has the checksum that HDF5 looks for. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
uint32_t H5_checksum_lookup3(const void *key, size_t length, uint32_t start);

enum {
    SUPERBLOCK_BYTES = 44,
    BLOCKS_MAX = 4096,
    BLOCK_BYTES_MAX = 4096,
    RUN_BYTES = 600,
    EXTRA_BYTES = 1 << 16
};

typedef struct {
    size_t start, length; /* what the checksum is of */
    size_t checksum;      /* behind it */
} block;

struct mutation_source {
    unsigned char *bytes;
    size_t count;
    block *blocks;
    size_t block_count;
};

typedef struct {
    unsigned char *bytes; /* room for EXTRA_BYTES more */
    size_t count;
    const mutation_source *source;
    uint64_t state;
} copy;

/* SplitMix64. */
static uint64_t draw_any(copy *c)
{
    uint64_t z = (c->state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static size_t draw(copy *c, size_t below)
{
    return (size_t)(draw_any(c) % (below > 0 ? below : 1));
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static uint32_t checksum_of(const unsigned char *bytes, const block *b)
{
    return H5_checksum_lookup3(bytes + b->start, b->length, 0);
}

static bool is_right(const unsigned char *bytes, size_t count, const block *b)
{
    uint32_t stored;
    if (b->start + b->length > count || b->checksum + sizeof stored > count)
        return false;
    memcpy(&stored, bytes + b->checksum, sizeof stored);
    return checksum_of(bytes, b) == stored;
}

/* Blocks have their checksum behind them, at a length that is found by trying. */
static bool find_end(const mutation_source *s, size_t start, block *found)
{
    for (size_t length = 8; length <= BLOCK_BYTES_MAX; length++) {
        *found = (block){start, length, start + length};
        if (is_right(s->bytes, s->count, found))
            return true;
    }
    return false;
}

static bool find_block(const mutation_source *s, size_t start, block *found)
{
    if (memcmp(s->bytes + start, "OHDR", 4) == 0 || memcmp(s->bytes + start, "OCHK", 4) == 0)
        return find_end(s, start, found);
    *found = (block){0, SUPERBLOCK_BYTES, SUPERBLOCK_BYTES};
    return start == 0 && is_right(s->bytes, s->count, found);
}

static void find_blocks(mutation_source *s)
{
    block found;
    for (size_t i = 0; i + 4 <= s->count && s->block_count < BLOCKS_MAX; i++)
        if (find_block(s, i, &found))
            s->blocks[s->block_count++] = found;
}

mutation_source *mutation_source_load(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return NULL;
    const long size = fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
    if (size < 0 || fseek(stream, 0, SEEK_SET) != 0) {
        fclose(stream);
        return NULL;
    }
    mutation_source *s = calloc(1, sizeof *s);
    s->count = (size_t)size;
    s->bytes = calloc(s->count + 1, 1);
    s->blocks = calloc(BLOCKS_MAX, sizeof *s->blocks);
    bool read = fread(s->bytes, 1, s->count, stream) == s->count;
    fclose(stream);
    if (read) {
        find_blocks(s);
        return s;
    }
    mutation_source_free(s);
    return NULL;
}

void mutation_source_free(mutation_source *source)
{
    if (!source)
        return;
    free(source->bytes);
    free(source->blocks);
    free(source);
}

size_t mutation_source_blocks(const mutation_source *source)
{
    return source->block_count;
}

static size_t choose_place(copy *c)
{
    const mutation_source *s = c->source;
    if (draw(c, 2) == 0 || s->block_count == 0)
        return draw(c, c->count);
    const block *b = &s->blocks[draw(c, s->block_count)];
    return smaller(b->start + draw(c, b->length), c->count - 1);
}

static void flip_bit(copy *c)
{
    c->bytes[choose_place(c)] ^= (unsigned char)(1U << draw(c, 8));
}

static void change_bytes(copy *c)
{
    for (size_t n = 1 + draw(c, 8); n > 0; n--)
        c->bytes[choose_place(c)] = (unsigned char)draw(c, 256);
}

/* A run of zeros, of ones, or of noise. */
static void overwrite_run(copy *c)
{
    size_t place = choose_place(c), length = smaller(1 + draw(c, RUN_BYTES), c->count - place);
    size_t how = draw(c, 3);
    for (size_t i = 0; i < length; i++)
        c->bytes[place + i] = how == 0 ? 0 : how == 1 ? 0xff : (unsigned char)draw(c, 256);
}

static void swap_regions(copy *c)
{
    size_t a = choose_place(c), b = choose_place(c), length = 1 + draw(c, RUN_BYTES);
    length = smaller(length, c->count - (a > b ? a : b));
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = c->bytes[a + i];
        c->bytes[a + i] = c->bytes[b + i];
        c->bytes[b + i] = byte;
    }
}

/* A number that is far too large where a size may be. */
static void inflate(copy *c)
{
    static const uint64_t numbers[] = {
        0x7fffffff,          0xffffffff, 0x100000000,    1000000000000, 1ULL << 48, 1ULL << 62,
        0x7fffffffffffffffU, UINT64_MAX, UINT64_MAX - 7, 65535,         1ULL << 31, 0};
    uint64_t number = numbers[draw(c, sizeof numbers / sizeof *numbers)];
    size_t place = choose_place(c), length = (size_t)1 << draw(c, 4);
    memcpy(c->bytes + place, &number, smaller(length, c->count - place));
}

static void truncate_file(copy *c)
{
    c->count = draw(c, 2) == 0 ? draw(c, c->count) : c->count - draw(c, smaller(c->count, 100));
}

static void remove_run(copy *c)
{
    size_t place = choose_place(c), length = smaller(1 + draw(c, RUN_BYTES), c->count - place);
    memmove(c->bytes + place, c->bytes + place + length, c->count - place - length);
    c->count -= length;
}

static void append_bytes(copy *c)
{
    for (size_t n = 1 + draw(c, 100); n > 0 && c->count < c->source->count + EXTRA_BYTES; n--)
        c->bytes[c->count++] = (unsigned char)draw(c, 256);
}

static void change(copy *c)
{
    static void (*const changes[])(copy *) = {
        flip_bit, flip_bit, flip_bit, change_bytes,  change_bytes, overwrite_run, swap_regions,
        inflate,  inflate,  inflate,  truncate_file, remove_run,   append_bytes};
    if (c->count > 0)
        changes[draw(c, sizeof changes / sizeof *changes)](c);
}

static void forge(copy *c)
{
    for (size_t i = 0; i < c->source->block_count; i++) {
        const block *b = &c->source->blocks[i];
        if (b->start + b->length > c->count || b->checksum + 4 > c->count)
            continue;
        uint32_t sum = checksum_of(c->bytes, b);
        memcpy(c->bytes + b->checksum, &sum, sizeof sum);
    }
}

int mutation_write(const mutation_source *source, mutation_kind kind, uint64_t number,
                   const char *path)
{
    copy c = {.count = source->count, .source = source};
    c.state = 2 * number + (kind == MUTATION_FORGERY);
    c.bytes = malloc(source->count + EXTRA_BYTES);
    memcpy(c.bytes, source->bytes, source->count);
    for (size_t changes = 1 + draw(&c, 3); changes > 0; changes--)
        change(&c);
    if (kind == MUTATION_FORGERY)
        forge(&c);
    FILE *stream = fopen(path, "wb");
    bool written = stream && fwrite(c.bytes, 1, c.count, stream) == c.count;
    written = stream && fclose(stream) == 0 && written;
    free(c.bytes);
    return written;
}
