/* Progress on standard error. */
#include "run/progress.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"

/* Colors by what they say, as the terminal's own sixteen. */
#define PLAIN  ""
#define STRONG "\033[1m"
#define FAINT  "\033[2m"
#define GOOD   "\033[32m"
#define WORSE  "\033[33m"
#define END    "\033[0m"

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

td_progress td_progress_start(bool speaks)
{
    const char *kind = getenv("TERM");
    const bool is_live =
        speaks && isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
    return (td_progress){
        .speaks = speaks, .is_live = is_live, .has_colors = is_live && !is_set("NO_COLOR")};
}

static void erase(const td_progress *progress)
{
    if (progress->is_live)
        fputs(ERASE_LINE, stderr);
    td_log_set_live(false);
}

static void forget(td_progress *progress)
{
    td_free(progress->evaluated);
    td_free(progress->best);
    td_free(progress->others);
    progress->evaluated = progress->best = progress->others = NULL;
}

void td_progress_end(td_progress *progress)
{
    erase(progress);
    forget(progress);
}

/* A piece of the line. Where the terminal is narrow, less takes its place, or nothing. */
typedef struct {
    const char *color;
    const char *text;
    const char *less;
} piece;

enum { EPOCH, STEP, LEFT, LOSS, SPEED, EVALUATED, PIECES };

static size_t columns_of(const piece *pieces)
{
    const size_t gap = 2;
    size_t columns = 0;
    for (int i = 0; i < PIECES; i++)
        columns += pieces[i].text ? strlen(pieces[i].text) + (columns > 0 ? gap : 0) : 0;
    return columns;
}

/* Shortens what matters least first, until the line fits. */
static void fit(piece *pieces, size_t columns)
{
    static const int order[] = {LOSS, SPEED, EVALUATED, EVALUATED, LEFT, STEP, LOSS};
    for (size_t i = 0; i < sizeof order / sizeof *order && columns_of(pieces) > columns; i++) {
        piece *shorter = &pieces[order[i]];
        shorter->text = shorter->less;
        shorter->less = NULL;
    }
}

static size_t terminal_columns(void)
{
    struct winsize size;
    const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return is_known ? size.ws_col - 1 : 79; /* the last column would begin another line */
}

static void write_text(const td_progress *progress, const char *color, const char *text)
{
    const bool is_colored = progress->has_colors && *color;
    fprintf(stderr, "%s%s%s", is_colored ? color : "", text, is_colored ? END : "");
}

static void write_line(const td_progress *progress, piece *pieces)
{
    const char *gap = "";
    fit(pieces, terminal_columns());
    fputs(ERASE_LINE, stderr);
    for (int i = 0; i < PIECES; i++) {
        if (!pieces[i].text)
            continue;
        fputs(gap, stderr);
        write_text(progress, pieces[i].color, pieces[i].text);
        gap = "  ";
    }
    td_log_set_live(true);
}

/* "48 s left", "3 min 12 s left", "2 h 5 min left"; NULL where that is not known. */
static char *text_of_left(double seconds)
{
    if (!(seconds >= 0 && seconds < 1e9))
        return NULL;
    const int64_t s = (int64_t)(seconds + 0.5);
    if (s < 60)
        return td_print_text("%" PRId64 " s left", s);
    if (s < 3600)
        return td_print_text("%" PRId64 " min %" PRId64 " s left", s / 60, s % 60);
    return td_print_text("%" PRId64 " h %" PRId64 " min left", s / 3600, s % 3600 / 60);
}

void td_progress_step(td_progress *progress, const td_progress_state *state)
{
    const double interval = 0.1;
    double now = td_seconds();
    if (!progress->is_live || now - progress->last < interval)
        return;
    progress->last = now;
    char *epoch = td_print_text("epoch %" PRId64 "/%" PRId64, state->epoch, state->epochs);
    char *step = td_print_text("step %" PRId64 "/%" PRId64, state->step, state->steps);
    char *left = text_of_left(state->seconds_left), *losses = td_losses_text(&state->losses);
    char *loss = td_print_text("loss %.4f", td_losses_total(&state->losses));
    char *speed = td_print_text("%.0f examples/s", state->examples_per_s);
    piece pieces[PIECES] = {
        [EPOCH] = {STRONG, epoch, epoch},
        [STEP] = {PLAIN, step, NULL},
        [LEFT] = {PLAIN, left, NULL},
        [LOSS] = {PLAIN, losses, loss},
        [SPEED] = {FAINT, speed, NULL},
        [EVALUATED] = {progress->is_best ? GOOD : WORSE, progress->evaluated, progress->best},
    };
    write_line(progress, pieces);
    td_free(epoch);
    td_free(step);
    td_free(left);
    td_free(losses);
    td_free(loss);
    td_free(speed);
}

void td_progress_busy(td_progress *progress, const char *doing)
{
    if (!progress->is_live)
        return;
    fprintf(stderr, "%s%s ..", ERASE_LINE, doing);
    td_log_set_live(true);
}

/* "top-100", "RMSE", "like log loss". */
static char *name_of(const td_best_so_far *so_far)
{
    const char *task = td_measure_named_task(&so_far->measure);
    char *metric = td_metric_text(so_far->measure.metric->label, so_far->k);
    if (!task)
        return metric;
    char *name = td_print_text("%s %s", task, metric);
    td_free(metric);
    return name;
}

/* Whether a value of an evaluation is the one that chooses. */
static bool chooses(const td_metric_value *value, const td_best_so_far *so_far)
{
    const char *task = td_measure_named_task(&so_far->measure);
    const bool is_its = value->task && task ? strcmp(value->task, task) == 0 : value->task == task;
    return is_its && so_far->measure.metric &&
           strcmp(value->metric, so_far->measure.metric->name) == 0;
}

/* The model's other metrics, at their largest k; the first ones, if there are many. */
static char *text_of_others(const td_evaluation *evaluation, const td_best_so_far *so_far)
{
    enum { MOST = 3 };
    char *text;
    size_t length;
    FILE *to = td_text_writer(&text, &length);
    int shown = 0;
    for (size_t i = 0; evaluation && i < evaluation->count && shown < MOST; i++) {
        const td_metric_value *value = &evaluation->value[i], *next = value + 1;
        const bool goes_on = i + 1 < evaluation->count && next->is_of_model &&
                             strcmp(next->metric, value->metric) == 0 && next->k > value->k;
        if (!value->is_of_model || goes_on || chooses(value, so_far) || isnan(value->value))
            continue;
        char *name = td_metric_text(value->label, value->k);
        fprintf(to, ", %s%s%s %.4f", value->task ? value->task : "", value->task ? " " : "", name,
                value->value);
        td_free(name);
        shown++;
    }
    td_text_writer_close(to);
    return text;
}

void td_progress_evaluated(td_progress *progress, const td_evaluation *evaluation,
                           const td_best_so_far *so_far, int64_t steps)
{
    forget(progress);
    if (!progress->speaks)
        return;
    progress->others = text_of_others(evaluation, so_far);
    if (so_far->last_step < 0)
        return;
    char *name = name_of(so_far);
    const char *split = td_split_name(so_far->split);
    progress->is_best = so_far->since_best == 0;
    progress->best = td_print_text("best %.4f", so_far->best);
    progress->evaluated =
        progress->is_best ? td_print_text("%s %s %.4f, the best so far", split, name, so_far->last)
                          : td_print_text("%s %s %.4f (best %.4f, epoch %" PRId64 ")", split, name,
                                          so_far->last, so_far->best, so_far->best_step / steps);
    td_free(name);
}

/* Messages show no colors of others; here they are our own. */
static void write_epoch(const td_progress *progress, const char *line, const char *evaluated,
                        const char *others)
{
    if (!progress->has_colors || !*evaluated) {
        td_log("%s%s%s%s", line, *evaluated ? "; " : "", evaluated, others);
        return;
    }
    char begin[64];
    begin[td_log_begin(sizeof begin - 1, begin)] = '\0';
    fprintf(stderr, "%s%s; ", begin, line);
    write_text(progress, progress->is_best ? GOOD : WORSE, evaluated);
    fprintf(stderr, "%s\n", others);
}

void td_progress_epoch(td_progress *progress, const td_progress_state *state, bool is_evaluated)
{
    if (!progress->speaks)
        return;
    erase(progress);
    char *losses = td_losses_text(&state->losses);
    char *line = td_print_text("epoch %" PRId64 "/%" PRId64 ": %s, %.0f examples/s", state->epoch,
                               state->epochs, losses, state->examples_per_s);
    const char *evaluated = is_evaluated && progress->evaluated ? progress->evaluated : "";
    const char *others = is_evaluated && progress->others ? progress->others : "";
    if (!*evaluated && *others)
        others += 2; /* behind its comma */
    write_epoch(progress, line, *evaluated ? evaluated : others, *evaluated ? others : "");
    td_free(losses);
    td_free(line);
}
