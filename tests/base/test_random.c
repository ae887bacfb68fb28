/* Philox against the authors' known answers, and what is made of its bits. */
#include "base/random.h"

#include <criterion/criterion.h>
#include <string.h>

/* kat_vectors of Random123, "philox4x32 10", as (seed, stream, index, block): counter words are
 * index low, index high, block, stream; key words seed low, seed high. */
static const struct {
    uint64_t seed;
    uint32_t stream;
    uint64_t index;
    uint32_t block;
    td_random bits;
} known[] = {
    {0, 0, 0, 0, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
    {UINT64_MAX,
     UINT32_MAX,
     UINT64_MAX,
     UINT32_MAX,
     {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
    {0x299f31d0a4093822,
     0x03707344,
     0x85a308d3243f6a88,
     0x13198a2e,
     {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
};

Test(random, gives_the_known_answers)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        td_random bits = td_philox(known[i].seed, known[i].stream, known[i].index, known[i].block);
        cr_assert_arr_eq(bits.word, known[i].bits.word, sizeof bits.word, "vector %zu", i);
        uint64_t key =
            td_philox_key(known[i].seed, known[i].stream, known[i].index, known[i].block);
        cr_assert_eq(key, (uint64_t)bits.word[1] << 32 | bits.word[0], "vector %zu", i);
    }
}

Test(random, makes_uniform_numbers_below_one)
{
    cr_assert_eq(td_uniform(0), 0);
    cr_assert_eq(td_uniform(0xff), 0, "the lowest 8 bits do not count");
    cr_assert_eq(td_uniform(0x100), 0x1p-24F);
    cr_assert_eq(td_uniform(0x80000000), 0.5F);
    cr_assert_eq(td_uniform(UINT32_MAX), 1 - 0x1p-24F);
}

Test(random, gives_names_streams_of_their_own)
{
    /* FNV-1a of "" and "a" (Fowler, Noll, Vo) with the top bit set */
    cr_assert_eq(td_stream_of_name(""), 0x811c9dc5);
    cr_assert_eq(td_stream_of_name("a"), 0xe40c292c);
    cr_assert_eq(td_stream_of_name("user") >> 31, 1, "never a stream of td_stream");
    cr_assert_neq(td_stream_of_name("user"), td_stream_of_name("item"));
}
