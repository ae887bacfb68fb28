/* The last words of a process that a fault ends: name, step, signal; then the fault's usual end. */
#include "base/crash.h"
#include "base/log.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(crash, .timeout = 20);

static void die(int number, int to)
{
    dup2(to, STDERR_FILENO);
    signal(number, SIG_DFL); /* Criterion's, or a sanitizer's */
    td_log_setup(false, "rank 7 on node3: ");
    td_log_set_step(1234567890123);
    td_crash_start();
    raise(number);
}

/* The rest of a line after "tandem: " and the time, as it is where standard error is no terminal.
 */
static const char *after_time(const char *line)
{
    static const char form[] = "tandem: 0000-00-00T00:00:00Z ";
    for (const char *c = form; *c; c++, line++)
        cr_assert(*c == '0' ? *line >= '0' && *line <= '9' : *line == *c, "a line's begin: %s",
                  line);
    return line;
}

/* What a child says that this signal ends; *status is its end. */
static const char *last_words(int number, int *status)
{
    static char said[4096];
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        die(number, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], said + length, sizeof said - 1 - length)) > 0;)
        length += (size_t)n;
    said[length] = '\0';
    close(ends[0]);
    waitpid(child, status, 0);
    return said;
}

Test(crash, names_place_and_signal)
{
    static const int number[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static const char *const name[] = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"};
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        char expected[128] = "rank 7 on node3: step 1234567890123: ended by ";
        strcat(strcat(expected, name[i]), "\n");
        int status;
        cr_expect_str_eq(after_time(last_words(number[i], &status)), expected);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == number[i]);
    }
}

Test(crash, has_no_step_before_the_first)
{
    char text[64] = "";
    td_log_setup(true, "rank 1 on a: ");
    td_log_set_step(0);
    cr_expect_eq(td_log_place(sizeof text, text), strlen("rank 1 on a: "));
    td_log_set_step(10);
    text[td_log_place(9, text)] = '\0';
    cr_expect_str_eq(text, "rank 1 on", "cut where there is no more room");
}
