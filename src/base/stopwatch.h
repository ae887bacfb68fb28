/* Where a thread's time goes: one phase at a time, by the clock that only goes forward. For
 * reports, never for an answer.
 *
 * Entering a phase costs one look at the clock, some 30 ns. All functions are Local; a stopwatch is
 * one thread's at a time.
 */
#ifndef TD_BASE_STOPWATCH_H
#define TD_BASE_STOPWATCH_H

#include <stddef.h>

typedef enum {
    TD_PHASE_WAITING, /* for other threads */
    TD_PHASE_GATHER,  /* the step's columns and rows of tables: finding them, putting in place */
    TD_PHASE_TOWERS,
    TD_PHASE_SOFTMAX,
    TD_PHASE_HEAD,
    TD_PHASE_SUMS, /* setting sums to 0, joining threads */
    TD_PHASE_EXCHANGE,
    TD_PHASE_OPTIMIZER,
    TD_PHASES
} td_phase;

/* A phase that was entered. */
typedef struct {
    double at; /* td_seconds */
    td_phase phase;
} td_mark;

typedef struct {
    double seconds[TD_PHASES];
    td_mark present;
    td_mark *trace; /* (capacity): the first phases entered since td_stopwatch_trace */
    size_t marks;
    size_t capacity;
} td_stopwatch;

/* Ends the present phase and begins another. */
void td_stopwatch_enter(td_stopwatch *watch, td_phase phase);

/* Begins to keep the phases that are entered, at most capacity; 0 ends it. Free the stopwatch with
 * td_stopwatch_free. */
void td_stopwatch_trace(td_stopwatch *watch, size_t capacity);
void td_stopwatch_free(td_stopwatch *watch);

/* The name of a phase, for reports. */
const char *td_phase_name(td_phase phase);

#endif
