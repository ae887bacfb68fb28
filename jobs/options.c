/* The table as argp's own; then one process speaks, and the others parse with their output closed
 * and, where the usage is wrong, leave after it. */
#include "options.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/place.h"
#include "comm/launcher.h"
#include "command.h"
#include "tandem/trained_model.h"
#include "tandem/version.h"
#include "text/time_text.h"

#include <argp.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* argp's keys of options without a letter: above all characters. */
enum { FIRST_KEY = 0x100 };

/* One parse. */
typedef struct {
    const option_table *table;
    size_t count; /* rows of the table */
    char *request;
    bool *is_given; /* (count) */
    td_status (*check)(const void *request);
} parsing;

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

/* "--run", "-k" or "CONFIG", as messages name it. */
typedef struct {
    char text[64];
} shown_name;

static bool is_argument(option_kind kind)
{
    return kind == OPTION_ARGUMENT || kind == OPTION_ARGUMENTS;
}

static shown_name name_of(const option *row)
{
    shown_name name;
    if (is_argument(row->kind))
        snprintf(name.text, sizeof name.text, "%s", row->value);
    else if (row->name)
        snprintf(name.text, sizeof name.text, "--%s", row->name);
    else
        snprintf(name.text, sizeof name.text, "-%c", row->letter);
    return name;
}

static int64_t take_int(struct argp_state *state, const option *row, const char *text)
{
    int64_t value = row->low;
    if (!td_number_read_int(text, &value) || value < row->low || value > row->high)
        argp_error(state, "%s: expected an integer from %" PRId64 " to %" PRId64 "; found '%s'",
                   name_of(row).text, row->low, row->high, text);
    return value;
}

static double take_real(struct argp_state *state, const option *row, const char *text)
{
    double value = 0;
    if (!td_number_read_real(text, &value) || value < (double)row->low || value > (double)row->high)
        argp_error(state, "%s: expected a number from %" PRId64 " to %" PRId64 "; found '%s'",
                   name_of(row).text, row->low, row->high, text);
    return value;
}

static int64_t take_time(struct argp_state *state, const option *row, const char *text)
{
    int64_t seconds = 0;
    if (!td_time_read(text, strlen(text), &seconds))
        argp_error(state, "%s: expected " TD_TIME_EXPECTED " (UTC); found '%s'", name_of(row).text,
                   text);
    return seconds;
}

/* Ends the parse with all choices of "a|b|c", as "a, b or c". */
static void fail_choice(struct argp_state *state, const option *row, const char *text)
{
    char choices[128] = "";
    size_t length = 0;
    for (const char *c = row->value; *c && length + 5 < sizeof choices; c++)
        length += (size_t)sprintf(choices + length, "%s",
                                  *c != '|'            ? (const char[]){*c, 0}
                                  : strchr(c + 1, '|') ? ", "
                                                       : " or ");
    argp_error(state, "%s: expected %s; found '%s'", name_of(row).text, choices, text);
}

static int take_choice(struct argp_state *state, const option *row, const char *text)
{
    const int place = td_choice_find(row->value, text);
    if (place < 0)
        fail_choice(state, row, text);
    return place;
}

static const char *take_text(struct argp_state *state, const option *row, const char *text)
{
    if (!*text)
        argp_error(state, "%s: expected a name, found nothing", name_of(row).text);
    return text;
}

/* argp takes the text of such an option after "=" alone: one that stands apart comes next. */
static const char *take_next(struct argp_state *state, const char *text)
{
    if (!text && state->next < state->argc && *state->argv[state->next] != '-')
        text = state->argv[state->next++];
    return text ? text : "";
}

static void add_text(text_list *list, const char *text)
{
    list->text =
        td_reallocate(list->text, list->text ? list->count + 1 : 0, list->count + 2, sizeof text);
    list->text[list->count++] = text;
}

/* Sets the member that a row is about. */
static void set_member(struct argp_state *state, const option *row, const char *text, void *member)
{
    switch (row->kind) {
    case OPTION_HEADING:
        return;
    case OPTION_FLAG:
        *(bool *)member = true;
        return;
    case OPTION_CONSTANT:
        *(int *)member = (int)row->low;
        return;
    case OPTION_CHOICE:
        *(int *)member = take_choice(state, row, text);
        return;
    case OPTION_INT:
    case OPTION_LENGTH:
        *(int64_t *)member = take_int(state, row, text);
        return;
    case OPTION_SMALL:
        *(int *)member = (int)take_int(state, row, text);
        return;
    case OPTION_REAL:
        *(double *)member = take_real(state, row, text);
        return;
    case OPTION_TIME:
        *(int64_t *)member = take_time(state, row, text);
        return;
    case OPTION_TEXT:
    case OPTION_ARGUMENT:
        *(const char **)member = take_text(state, row, text);
        return;
    case OPTION_MAYBE:
        *(const char **)member = take_next(state, text);
        return;
    case OPTION_TEXTS:
        add_text(member, row->needed ? take_text(state, row, text) : text);
        return;
    case OPTION_ARGUMENTS:
        add_text(member, take_text(state, row, text));
        return;
    }
}

/* What a member is where its option is not given, if that is none of the subcommand's business. */
static void preset_member(const option *row, void *member)
{
    if (row->kind == OPTION_TIME)
        *(int64_t *)member = TD_TIME_LATEST;
    if (row->kind == OPTION_LENGTH)
        *(int64_t *)member = 10;
}

static int key_of(const option_table *table, size_t row)
{
    const char letter = table->options[row].letter;
    return letter ? letter : FIRST_KEY + (int)row;
}

static void take_row(struct argp_state *state, parsing *p, size_t row, const char *text)
{
    const option *taken = &p->table->options[row];
    if (taken->kind == OPTION_ARGUMENT && p->is_given[row])
        argp_error(state, "expected one %s; found also '%s'", taken->value, text);
    if (taken->kind == OPTION_TEXT && p->is_given[row]) /* of numbers and choices the last counts */
        argp_error(state, "%s is given twice, the second time as '%s': which one is meant?",
                   name_of(taken).text, text);
    p->is_given[row] = true;
    set_member(state, taken, text, p->request + taken->place);
}

static void check_complete(struct argp_state *state, const parsing *p)
{
    char missing[1024] = ""; /* all of them at once */
    size_t used = 0;
    for (size_t i = 0; i < p->count && used < sizeof missing; i++) {
        const option *row = &p->table->options[i];
        const bool is_alone = is_argument(row->kind);
        if (!row->needed || p->is_given[i])
            continue;
        used += (size_t)snprintf(missing + used, sizeof missing - used, "%s%s%s%s%s%s",
                                 used > 0 ? "; and " : "", is_alone ? "" : name_of(row).text,
                                 is_alone ? "" : " ", is_alone ? "" : row->value,
                                 is_alone ? "" : ": ", row->help);
    }
    if (used > 0)
        argp_error(state, "expected %s", missing);
    if (p->check && p->check(p->request) != TD_OK)
        argp_error(state, "%s", td_message());
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is argp's */
static error_t parse_option(int key, char *text, struct argp_state *state)
{
    parsing *p = state->input;
    for (size_t i = 0; i < p->count; i++) {
        const option_kind kind = p->table->options[i].kind;
        const bool is_it = key == key_of(p->table, i) || (is_argument(kind) && key == ARGP_KEY_ARG);
        if (kind != OPTION_HEADING && is_it) {
            take_row(state, p, i, text);
            return 0;
        }
    }
    if (key != ARGP_KEY_END)
        return ARGP_ERR_UNKNOWN;
    check_complete(state, p);
    return 0;
}

/* argp shows the options of a group by name, and groups by number, headings first. */
static struct argp_option *argp_options_of(const option_table *table, size_t count)
{
    struct argp_option *options = TD_NEW(struct argp_option, count + 1);
    size_t n = 0;
    int group = 1;
    for (size_t i = 0; i < count; i++) {
        const option *row = &table->options[i];
        group += row->kind == OPTION_HEADING;
        if (is_argument(row->kind) && !row->name)
            continue;
        options[n++] =
            (struct argp_option){.name = row->name,
                                 .key = row->kind == OPTION_HEADING ? 0 : key_of(table, i),
                                 .arg = row->value,
                                 .flags = row->kind == OPTION_MAYBE ? OPTION_ARG_OPTIONAL
                                          : is_argument(row->kind)  ? OPTION_HIDDEN
                                                                    : 0,
                                 .doc = row->help,
                                 .group = group};
    }
    return options;
}

static void parse(const struct argp *argp, int argc, char **argv, parsing *p)
{
    is_parsing = true;
    error_t error = argp_parse(argp, argc, argv, 0, NULL, p);
    is_parsing = false;
    if (error)
        exit(EXIT_WRONG_USAGE);
}

static void print_argp_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "tandem %s\n", td_version());
}

/* Parses in silence where another process is heard. */
static void parse_heard_once(const struct argp *argp, int argc, char **argv, parsing *p)
{
    if (is_first_process()) {
        parse(argp, argc, argv, p);
        return;
    }
    on_exit(leave_parse, NULL);
    int output = silence(stdout), errors = silence(stderr);
    parse(argp, argc, argv, p);
    restore(stdout, output);
    restore(stderr, errors);
}

void parse_options(const option_table *table, int argc, char **argv, void *request,
                   td_status (*check)(const void *request))
{
    parsing p = {.table = table, .request = request, .check = check};
    for (; table->options[p.count].help; p.count++)
        preset_member(&table->options[p.count], p.request + table->options[p.count].place);
    p.is_given = TD_NEW(bool, p.count);
    struct argp_option *options = argp_options_of(table, p.count);
    const struct argp argp = {.options = options,
                              .parser = parse_option,
                              .args_doc = table->arguments,
                              .doc = table->doc};
    char name[64], *bare_name = argv[0];
    snprintf(name, sizeof name, "tandem %s", bare_name);
    argp_err_exit_status = EXIT_WRONG_USAGE;
    argp_program_version_hook = print_argp_version;
    /* cppcheck-suppress autoVariables ; the caller's name is put back below */
    argv[0] = name; /* how argp begins its messages */
    parse_heard_once(&argp, argc, argv, &p);
    argv[0] = bare_name;
    td_free(options);
    td_free(p.is_given);
}
