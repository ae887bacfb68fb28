/* One process speaks; the others parse with their output closed and, where the usage is wrong,
 * leave after it. */
#include "arguments.h"

#include "base/log.h"
#include "base/number.h"
#include "comm/launcher.h"
#include "jobs.h"
#include "tandem/version.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* True between the start and the end of a parse, which may end the process within argp. */
static bool is_parsing;

/* MPI has not started yet, so the launcher is asked. */
bool is_first_process(void)
{
    return td_launcher_rank() <= 0;
}

/* Launchers end a job as soon as one process fails, even before the first has said why. */
static void let_first_speak(void)
{
    enum { SECONDS = 2 };
    sleep(SECONDS);
}

static void leave_parse(int status, void *unused)
{
    (void)unused;
    if (is_parsing && status != EXIT_DONE)
        let_first_speak();
}

void fail_usage(const char *format, ...)
{
    if (is_first_process()) {
        va_list arguments;
        va_start(arguments, format);
        fputs("tandem: ", stderr);
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        va_end(arguments);
    } else {
        let_first_speak();
    }
    exit(EXIT_WRONG_USAGE);
}

/* Turns a stream to /dev/null; returns a descriptor of where it went before. */
static int silence(FILE *stream)
{
    fflush(stream);
    int before = dup(fileno(stream)), nowhere = open("/dev/null", O_WRONLY);
    if (before < 0 || nowhere < 0 || dup2(nowhere, fileno(stream)) < 0)
        td_abort("/dev/null cannot take this process's output");
    close(nowhere);
    return before;
}

static void restore(FILE *stream, int before)
{
    fflush(stream);
    dup2(before, fileno(stream));
    close(before);
}

static void parse(const struct argp *argp, int argc, char **argv, void *input)
{
    is_parsing = true;
    error_t error = argp_parse(argp, argc, argv, 0, NULL, input);
    is_parsing = false;
    if (error)
        exit(EXIT_WRONG_USAGE);
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "tandem %s\n", td_version());
}

void parse_arguments(const struct argp *argp, int argc, char **argv, void *input)
{
    char name[64], *bare_name = argv[0];
    snprintf(name, sizeof name, "tandem %s", bare_name);
    argp_err_exit_status = EXIT_WRONG_USAGE;
    argp_program_version_hook = print_version;
    /* cppcheck-suppress autoVariables ; the caller's name is put back below */
    argv[0] = name; /* how argp begins its messages */
    if (is_first_process()) {
        parse(argp, argc, argv, input);
    } else {
        on_exit(leave_parse, NULL);
        int output = silence(stdout), errors = silence(stderr);
        parse(argp, argc, argv, input);
        restore(stdout, output);
        restore(stderr, errors);
    }
    argv[0] = bare_name;
}

int64_t argument_int(struct argp_state *state, const char *option, const char *text, int64_t low,
                     int64_t high)
{
    int64_t value = low;
    if (!td_number_read_int(text, &value) || value < low || value > high)
        argp_error(state, "%s: expected an integer from %" PRId64 " to %" PRId64 "; found '%s'",
                   option, low, high, text);
    return value;
}

double argument_real(struct argp_state *state, const char *option, const char *text, double low,
                     double high)
{
    double value = low;
    if (!td_number_read_real(text, &value) || value < low || value > high) {
        char from[TD_NUMBER_SIZE], to[TD_NUMBER_SIZE];
        td_number_write_real(low, from);
        td_number_write_real(high, to);
        argp_error(state, "%s: expected a number from %s to %s; found '%s'", option, from, to,
                   text);
    }
    return value;
}
