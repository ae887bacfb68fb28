/* What a signal that ends the process takes along, and what stays. */
#include "base/temporaries.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(temporaries, .timeout = 10);

static void make(const char *path)
{
    const int file = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(file, 0);
    close(file);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* In a child: a folder with a file, both to go, and two files that are there to stay. */
static void end_by(int number, void (*before)(int))
{
    char folder[] = "/tmp/temporaries-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    const pid_t child = fork();
    if (child == 0) {
        signal(number, SIG_DFL); /* whatever a library has set */
        if (before)
            before(number);
        td_temporaries_start();
        mkdir("out", 0700);
        make("outer");
        make("kept");
        td_temporary_add("out");
        make("out/half");
        td_temporary_add("out/half");
        td_temporary_add("outer");
        td_temporary_add("kept");
        td_temporary_drop("kept");
        raise(number);
        _exit(3);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    if (before) {
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
        cr_assert(is_there("out/half"));
    } else {
        cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == number, "signal %d: status %x", number,
                  (unsigned)status);
        cr_assert_not(is_there("out") || is_there("outer"));
    }
    cr_assert(is_there("kept"));
}

Test(temporaries, go_with_the_process)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGXCPU};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        end_by(numbers[i], NULL);
}

static void ignore(int number)
{
    signal(number, SIG_IGN);
}

Test(temporaries, stay_where_a_signal_is_ignored)
{
    end_by(SIGHUP, ignore);
}

/* A folder is forgotten with what is in it, but not one whose name begins so. */
Test(temporaries, are_forgotten_with_their_folder)
{
    char folder[] = "/tmp/temporaries-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    mkdir("a", 0700);
    make("a/x");
    make("ab");
    td_temporary_add("a");
    td_temporary_add("a/x");
    td_temporary_add("ab");
    td_temporary_drop("a");
    td_temporaries_remove();
    cr_assert(is_there("a/x"));
    cr_assert_not(is_there("ab"));
}

/* Ends a child within a hold, before or after the path that it makes is remembered. */
static void end_while_held(bool is_remembered)
{
    char folder[] = "/tmp/temporaries-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    const pid_t child = fork();
    if (child == 0) {
        td_temporaries_start();
        td_temporaries_hold();
        td_temporaries_hold();
        make("half");
        raise(SIGTERM);
        make("later");
        if (is_remembered)
            td_temporary_add("half");
        td_temporaries_release();
        make("last");
        td_temporaries_release();
        _exit(3);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    cr_assert(is_there("later") && is_there("last"));
    cr_assert_eq(is_there("half"), !is_remembered);
}

Test(temporaries, a_signal_waits_for_what_is_being_made)
{
    end_while_held(true);
    end_while_held(false);
}

/* The place of a file that is gone may be taken by one in a folder that came before. */
Test(temporaries, files_go_before_their_folders)
{
    char folder[] = "/tmp/temporaries-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    td_temporary_add("first");
    mkdir("a", 0700);
    td_temporary_add("a");
    td_temporary_drop("first");
    make("a/x");
    td_temporary_add("a/x");
    td_temporaries_remove();
    cr_assert_not(is_there("a"));
}
