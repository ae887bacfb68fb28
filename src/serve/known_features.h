/* Whether a tower has anything to answer from: what is missing, unknown, or of a table's row that
 * no training row named tells it nothing.
 *
 * A user's time tells nothing of the user: a field with that role does not count, nor does a
 * feature whose value in use is fixed (features.NAME.serve). All functions are Local.
 */
#ifndef TD_SERVE_KNOWN_FEATURES_H
#define TD_SERVE_KNOWN_FEATURES_H

#include "run/trained_model.h"

/* What is read of users or items, a tower's inputs. */
typedef struct {
    td_side side;
    int64_t count;
    const int32_t *ids;     /* (count) */
    const td_frame *fields; /* (count) of users or items, derived ones too; without a field: those
                               of the data, by id */
    const td_frame *rows;   /* (count) the same of rows; NULL: nothing is told of them */
    const td_frame *lists;  /* (count) histories; NULL: none */
} td_told;

/* Sets is_known[i] to whether the tower has anything of number i; all true for one that reads
 * nothing of users. */
void td_known_features_find(const td_trained_model *trained, const td_told *told, bool *is_known);

/* Tells whether a tower has anything of an id by the id alone; true for one that does not read it.
 */
bool td_known_features_has_id(const td_trained_model *trained, td_side side, int32_t id);

/* Returns what a tower answers by for an id that it has nothing of, to be read after the name. */
const char *td_known_features_answer(const td_trained_model *trained, td_side side);

#endif
