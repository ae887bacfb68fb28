/* Sums of touched rows: one slot a row, in any order and from any number of threads. */
#include "model/row_cache.h"

#include "base/memory.h"
#include "samples.h"

#include <criterion/criterion.h>

enum { TABLE = 500, WIDTH = 3, TERMS = 4000, ADDITIONS = 100 * TERMS };

static td_kernels kernels_here(void)
{
    td_kernels kernels;
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    return kernels;
}

static const td_exact *sums_of(const td_row_sums *sums, int32_t id)
{
    cr_assert_geq(sums->slots[id], 0, "row %d has no slot", id);
    return sums->sums + sums->slots[id] * WIDTH;
}

Test(row_sums, touching_twice_is_touching_once)
{
    td_row_sums sums;
    const int32_t ids[] = {7, 0, 7, TABLE - 1, 0};
    td_row_sums_create(&sums, (td_range){0, TABLE}, WIDTH);
    td_row_sums_touch(&sums, 5, ids);
    td_row_sums_touch(&sums, 2, ids);
    cr_assert_eq(sums.count, 3);
    cr_assert(sums.ids[0] == 7 && sums.ids[1] == 0 && sums.ids[2] == TABLE - 1);
    cr_assert_eq(sums.slots[1], -1);
    td_row_sums_free(&sums);
}

Test(row_sums, clearing_forgets_all)
{
    const td_kernels kernels = kernels_here();
    td_row_sums sums;
    const int32_t id = 9;
    const float terms[WIDTH] = {1, 2, 3};
    td_row_sums_create(&sums, (td_range){0, TABLE}, WIDTH);
    td_row_sums_touch(&sums, 1, &id);
    td_row_sums_add(&sums, &kernels, id, terms);
    td_row_sums_zero(&sums);
    cr_assert(sums.count == 1 && sums.ids[0] == id && sums_of(&sums, id)[0] == 0);
    td_row_sums_add(&sums, &kernels, id, terms);
    td_row_sums_clear(&sums);
    cr_assert(sums.count == 0 && sums.slots[id] == -1);
    td_row_sums_touch(&sums, 1, &id);
    td_row_sums_zero(&sums);
    cr_assert(sums_of(&sums, id)[0] == 0 && sums_of(&sums, id)[2] == 0);
    td_row_sums_free(&sums);
}

Test(row_sums, growing_keeps_what_was_summed)
{
    const td_kernels kernels = kernels_here();
    td_row_sums sums;
    td_row_sums_create(&sums, (td_range){0, TABLE}, WIDTH);
    for (int32_t id = 0; id < TABLE; id++) {
        const float terms[WIDTH] = {(float)id, -(float)id, 0.5F};
        td_row_sums_touch(&sums, 1, &id);
        td_magnitude size = td_row_sums_add(&sums, &kernels, id, terms);
        float largest;
        memcpy(&largest, &size, sizeof largest);
        cr_assert_eq(largest, id == 0 ? 0.5F : (float)id);
    }
    for (int32_t id = 0; id < TABLE; id++) {
        float values[WIDTH];
        td_exact_to_float(TD_EXACT_GRADIENT, WIDTH, sums_of(&sums, id), values);
        cr_assert(values[0] == (float)id && values[1] == -(float)id && values[2] == 0.5F);
    }
    td_row_sums_free(&sums);
}

static void touch_all(td_row_sums *sums)
{
    td_row_sums_create(sums, (td_range){0, TABLE}, WIDTH);
    for (int32_t id = TABLE - 1; id >= 0; id--)
        td_row_sums_touch(sums, 1, &id);
}

static int32_t id_of(int addition)
{
    return addition % 2; /* few rows, so that threads meet */
}

/* Rows that come once and often, that share a place of the cache, and that come back to it. */
static int32_t cached_id(int addition)
{
    const int32_t ids[] = {1, 1, 1, 1, 1 + TD_ROW_CACHE, 2, 1, 2, 1, 1, 1, 2, 2, 2, 7};
    return ids[addition % (int)(sizeof ids / sizeof *ids)];
}

Test(row_sums, what_comes_through_a_cache_is_the_same)
{
    const td_kernels kernels = kernels_here();
    static float terms[TERMS * WIDTH];
    td_row_sums direct, cached;
    td_row_cache cache = td_row_cache_create(WIDTH + 1);
    fill_samples(TERMS * WIDTH, 4, 1, terms);
    touch_all(&direct);
    touch_all(&cached);
    for (int i = 0; i < TERMS; i++) {
        const float *term = terms + i * WIDTH;
        cr_assert_eq(td_row_sums_add(&direct, &kernels, cached_id(i), term),
                     td_row_cache_add(&cache, &cached, &kernels, cached_id(i), term));
    }
    td_row_cache_flush(&cache, &cached);
    cr_assert_arr_eq(direct.sums, cached.sums, sizeof(td_exact) * TABLE * WIDTH);
    td_row_cache_flush(&cache, &cached);
    cr_assert_arr_eq(direct.sums, cached.sums, sizeof(td_exact) * TABLE * WIDTH, "it was empty");
    td_row_cache_free(&cache);
    td_row_sums_free(&direct);
    td_row_sums_free(&cached);
}

Test(row_sums, threads_and_ranks_sum_as_one)
{
    const td_kernels kernels = kernels_here();
    static float terms[TERMS * WIDTH];
    td_row_sums serial, threaded, merged;
    fill_samples(TERMS * WIDTH, 4, 1, terms);
    touch_all(&serial);
    touch_all(&threaded);
    for (int i = 0; i < ADDITIONS; i++)
        td_row_sums_add(&serial, &kernels, id_of(i), terms + i % TERMS * WIDTH);
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < ADDITIONS; i++)
        td_row_sums_add(&threaded, &kernels, id_of(i), terms + i % TERMS * WIDTH);
    cr_assert_arr_eq(serial.sums, threaded.sums, sizeof(td_exact) * TABLE * WIDTH);

    td_row_sums_create(&merged, (td_range){0, TABLE},
                       WIDTH); /* what two ranks of one half each would give */
    td_row_sums_merge(&merged, 400, serial.ids, serial.sums);
    td_row_sums_merge(&merged, TABLE, serial.ids, serial.sums);
    cr_assert_eq(merged.count, TABLE);
    for (int32_t id = 0; id < TABLE; id++) {
        td_exact times = serial.slots[id] < 400 ? 2 : 1;
        for (int k = 0; k < WIDTH; k++)
            cr_assert_eq(sums_of(&merged, id)[k], times * sums_of(&serial, id)[k]);
    }
    td_row_sums_free(&serial);
    td_row_sums_free(&threaded);
    td_row_sums_free(&merged);
}
