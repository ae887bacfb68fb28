/* Blocks are zero, aligned and keep what they held; a block that cannot be ends the program. */
#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

Test(memory, is_zero_and_starts_on_a_cache_line)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 1000, (4 << 20) + 1};
    for (int round = 0; round < 2; round++) /* the second round meets used memory */
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *block = td_allocate(sizes[i], 1);
            cr_assert_eq((uintptr_t)block % TD_CACHE_LINE, 0, "%zu bytes", sizes[i]);
            cr_assert(is_zero(block, sizes[i]), "%zu bytes", sizes[i]);
            memset(block, 0xff, sizes[i]);
            td_free(block);
        }
    td_free(NULL);
}

Test(memory, grows_and_shrinks)
{
    int32_t *block = td_reallocate(NULL, 0, 2, sizeof *block);
    block[0] = 7;
    block[1] = 8;
    block = td_reallocate(block, 2, 100, sizeof *block);
    cr_assert(block[0] == 7 && block[1] == 8);
    cr_assert(is_zero((unsigned char *)(block + 2), 98 * sizeof *block));
    block = td_reallocate(block, 100, 1, sizeof *block);
    cr_assert_eq(block[0], 7);
    td_free(block);
}

Test(memory, copies_text)
{
    char *copy = td_copy_text("two towers");
    cr_assert_str_eq(copy, "two towers");
    td_free(copy);
}

Test(memory, a_buffer_grows_and_takes_nothing_while_it_is_large_enough)
{
    td_buffer buffer = {NULL, 0};
    cr_assert_not_null(td_buffer_fit(&buffer, 0, 8), "room for nothing is a block");
    const int64_t before = td_allocations();
    memset(td_buffer_fit(&buffer, 1000, 8), 0xff, 8000);
    cr_assert_eq(td_allocations(), before + 1);
    memset(td_buffer_fit(&buffer, 900, 8), 0, 7200);
    memset(td_buffer_fit(&buffer, 1001, 8), 0, 8008);
    cr_assert_eq(td_allocations(), before + 1);
    td_buffer_fit(&buffer, 2000, 8);
    cr_assert_eq(td_allocations(), before + 2);
    td_buffer_free(&buffer);
    cr_assert_null(buffer.at);
}

/* Standard error is the end of a pipe. */
static void say_into(int end)
{
    cr_assert_eq(dup2(end, STDERR_FILENO), STDERR_FILENO);
}

static void take_for_a_step(void)
{
    TD_MEMORY_FOR("a step", "train.batch_size");
    td_free(td_allocate(1, 1));
}

/* Whatever was asked for before, with its keys; and what it was for before holds again. */
Test(memory, that_is_refused_is_named_by_its_purpose)
{
    int ends[2];
    char said[512] = "";
    cr_assert_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        say_into(ends[1]);
        TD_MEMORY_FOR("training rows", "--data");
        take_for_a_step();
        td_allocate(SIZE_MAX / 2, 4);
        _exit(0);
    }
    close(ends[1]);
    const ssize_t size = read(ends[0], said, sizeof said - 1);
    cr_assert_gt(size, 0);
    waitpid(child, NULL, 0);
    cr_assert_not_null(strstr(said, "out of memory for training rows (--data): "), "%s", said);
}

Test(memory, refuses_a_size_that_overflows, .exit_code = 1)
{
    td_allocate(SIZE_MAX / 2, 4);
}

Test(memory, refuses_more_than_the_address_space, .exit_code = 1)
{
    td_allocate(PTRDIFF_MAX, 1);
}
