/* One run and what an evaluation of a checkpoint of it gives, whether it is measured by itself or
 * compared with others. */
#ifndef TD_SERVE_EVALUATED_RUN_H
#define TD_SERVE_EVALUATED_RUN_H

#include "eval/evaluation.h"
#include "run/trained_model.h"
#include "tandem/evaluate.h"

/* Begins as {0}; td_evaluated_run_close frees it, also after a failure. */
typedef struct {
    td_trained_options model; /* of this run */
    td_split split;
    td_trained_model trained; /* its config with what --set changed */
    td_run_origin origin;
    td_evaluation evaluation;
    bool has_own_rows; /* false: a sample that another run's seed drew */
    double seconds;    /* of the evaluation, files left out */
} td_evaluated_run;

/* Collective. Evaluates options->model by its own eval.*, with what options say; more: as
 * td_evaluate_split. TD_ERR_INPUT: no
 * rows, or none left to ask; others as td_evaluate. */
td_status td_evaluated_run_first(td_comm *comm, const td_evaluate_options *options, int more,
                                 td_evaluated_run *run);

/* Collective. Evaluates the model alone of another run on the same data, in folder, asked as the
 * first run is; option ("--run") is where it is named. like (likes) are
 * runs whose configuration it must have, but for the seed. The model is closed again.
 * TD_ERR_MISMATCH: of other data, or not like them; others as above. */
td_status td_evaluated_run_other(td_comm *comm, const td_evaluated_run *first, const char *option,
                                 const char *folder, int more, size_t likes,
                                 const td_evaluated_run *like, td_evaluated_run *run);

/* Collective. Puts value (evaluation.count) into the run's metrics.h5; where nothing can be written
 * into the run, or the values are of another run's sample of rows, a line says so. TD_ERR_FILE;
 * TD_ERR_MISMATCH: the run was begun anew meanwhile.
 */
td_status td_evaluated_run_keep(td_comm *comm, const td_evaluated_run *run, td_metric_value *value);

void td_evaluated_run_close(td_evaluated_run *run);

#endif
