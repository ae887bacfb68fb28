/* Sums of differences between looks at the clock. */
#include "base/stopwatch.h"

#include "base/memory.h"
#include "base/timer.h"

void td_stopwatch_enter(td_stopwatch *watch, td_phase phase)
{
    const td_mark now = {td_seconds(), phase};
    if (watch->present.at > 0)
        watch->seconds[watch->present.phase] += now.at - watch->present.at;
    watch->present = now;
    if (watch->marks < watch->capacity)
        watch->trace[watch->marks++] = now;
}

void td_stopwatch_trace(td_stopwatch *watch, size_t capacity)
{
    td_free(watch->trace);
    watch->trace = capacity > 0 ? TD_NEW(td_mark, capacity) : NULL;
    watch->marks = 0;
    watch->capacity = capacity;
}

void td_stopwatch_free(td_stopwatch *watch)
{
    td_free(watch->trace);
}

const char *td_phase_name(td_phase phase)
{
    static const char *const names[] = {
        [TD_PHASE_WAITING] = "waiting",   [TD_PHASE_GATHER] = "gather",
        [TD_PHASE_TOWERS] = "towers",     [TD_PHASE_SOFTMAX] = "softmax",
        [TD_PHASE_HEAD] = "head",         [TD_PHASE_SUMS] = "sums",
        [TD_PHASE_EXCHANGE] = "exchange", [TD_PHASE_OPTIMIZER] = "optimizer"};
    return names[phase];
}
