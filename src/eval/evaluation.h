/* The metrics (metric.h) of all systems (systems.h) on one split.
 *
 * Which rows are asked, and among which candidates, asked_rows.h says. Every system is measured
 * alike, so that a number never stands alone.
 */
#ifndef TD_EVAL_EVALUATION_H
#define TD_EVAL_EVALUATION_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "eval/calibration.h"
#include "eval/certainty.h"
#include "eval/systems.h"
#include "eval/user_sums.h"
#include "model/model.h"
#include "tandem/metric.h"

typedef struct {
    td_split split;
    char *settings; /* that the values were computed under; only values of equal ones compare */
    char *scope;    /* what it was learned from: what could tell of the rows that are asked */
    td_evaluation_counts counts;
    size_t count;
    td_metric_value *value; /* (count): by system, metric and k */
    size_t groups;
    td_metric_group *group; /* (groups): of eval.by, those that have rows */
    td_user_sums users;     /* what each adds to them, if that was asked for */
    td_resamples resamples; /* of the users: TD_RESAMPLES by the same numbers for all runs on the
                               same data, if they were asked for; intervals are of these */
    size_t calibrations;
    td_calibration *calibration; /* (calibrations): of the model's predictions, likewise */
} td_evaluation;

enum {
    TD_KEEPS_USERS = 1,
    TD_MEASURES_GROUPS = 2,
    TD_RESAMPLES_USERS = 4,
    TD_CALIBRATES = 8,
    TD_LEAVES_TIES = 16
};

/* Collective. Evaluates the systems on a split of data; config says by which metrics, at which ks,
 * over which candidates and of how many rows (eval.*); more is what is asked for besides; systems
 * keeps what was fitted for the next evaluation (NULL: nothing). A model whose rows tie with many
 * candidates is warned of, unless the caller does (TD_LEAVES_TIES), and so is a split of which no
 * row is left to ask. td_evaluation_free frees what it gives. */
td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, int more, td_systems *systems,
                            td_evaluation *evaluation);
void td_evaluation_free(td_evaluation *evaluation);
void td_metric_groups_free(size_t count, td_metric_group *group);

/* Collective. Tells whether a split of these data can be evaluated so, by all systems that are
 * named and by some metric; TD_ERR_CONFIG. */
td_status td_evaluation_check(td_dataset *data, const td_config *config);

/* Local. Fails since no system has what the metrics are of. */
td_status td_fail_unmeasured(void);

/* Local. Returns "key=value,key=value" of keys of a configuration, ended by NULL, by their names
 * within their sections; "" of none. The caller frees it with td_free. */
char *td_settings_of(const td_config *config, const char *const *keys);

/* Local. Returns the settings of eval.* that values depend on, as "key=value,key=value"; the caller
 * frees them with td_free. */
char *td_evaluation_settings(const td_config *config);

#endif
