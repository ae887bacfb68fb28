/* Systems: what is evaluated under the same metrics, the model and what stands beside it. A system
 * scores every candidate for a query; item ranks (item_ranks.h) and lists (top_items.h) follow from
 * its scores, so whatever can be evaluated can recommend. Some predict a row's label as well.
 *
 * To add one: its functions, and a row of the table.
 */
#ifndef TD_EVAL_SYSTEMS_H
#define TD_EVAL_SYSTEMS_H

#include "data/dataset.h"
#include "eval/groups.h"
#include "eval/item_ranks.h"
#include "eval/targets.h"
#include "model/model.h"

typedef struct td_system td_system;

/* A system that has learned. */
typedef struct {
    const td_system *system;
    td_comm *comm;
    const td_model *model;
    const td_config *config; /* baseline.* */
    const int32_t *weight;   /* (items + 1): how often an item is a candidate (td_candidates) */
    td_candidates candidates;
    void *learned; /* the system's own */
    /* Of a system that is the same for all users, once they are asked for: (items + 1), all
     * candidates counted. */
    float *score;
    td_item_place *place;
    td_targets targets; /* what predictions are of */
    bool *predicts;     /* (targets): whether the system does */
} td_fitted;

enum { TD_SYSTEM_KEYS = 5 };

struct td_system {
    const char *name;
    bool is_same_for_all;  /* its scores do not depend on the query */
    bool reads_items;      /* they are of the query's items alone */
    bool scores_new_items; /* they tell items without training rows apart, by their fields */

    /* What it learns by, keys of the configuration, ended by NULL. */
    const char *keys[TD_SYSTEM_KEYS];

    /* Collective. Tells whether these data and the configuration's tasks have what it needs;
     * TD_ERR_CONFIG. NULL: they always have. */
    td_status (*check)(td_dataset *data, const td_config *config);

    /* Collective. Learns from the training rows, and sets the candidates. */
    td_status (*fit)(td_fitted *fitted, td_dataset *data);

    /* Local. Frees what it learned, which may be NULL; NULL for a system that keeps nothing. */
    void (*forget)(void *learned);

    /* Collective; the queries are the same on every rank. Returns a scorer for them, to be freed
     * with td_scorer_free. told (NULL: none) are items that queries are told to have had, in the
     * place of those of their users (td_user_items_of), for a system that reads items. NULL for a
     * system that ranks nothing. */
    td_scorer (*score)(const td_fitted *fitted, const td_queries *queries, const td_seen *told);

    /* Collective. Sets prediction (rows), the same on every rank, to what the system predicts of a
     * target, one that td_system_predicts has, for the rows of a ranking by the queries, whose
     * scorer it is: a number, or the probability of a label of 1. NULL for a system that predicts
     * none. */
    td_status (*predict)(const td_fitted *fitted, size_t target, const td_queries *queries,
                         const td_scorer *scorer, const td_ranking *ranking, float *prediction);
};

enum { TD_SYSTEMS = 10 };

/* The model first, whose metrics the best checkpoint is chosen by; the others as eval.systems names
 * them. Files of lists have places in it: a new one comes last. */
extern const td_system td_all_systems[TD_SYSTEMS];

/* Returns the system of a name, NULL if there is none. */
const td_system *td_system_find(const char *name);

/* Collective. Checks and fits a system; model, config and weight must last as long as what is
 * fitted, which td_system_free frees; it is zeros where that fails. */
td_status td_system_fit(const td_system *system, td_comm *comm, const td_model *model,
                        td_dataset *data, const td_config *config, const int32_t *weight,
                        td_fitted *fitted);
void td_system_free(td_fitted *fitted);

/* Local. Tells what of the needs of metrics (metric.h) a system meets by its predictions of a
 * target; 0 for nothing. */
int td_system_predicts(const td_fitted *fitted, size_t target);

/* The model and what eval.systems names, in this order, over the candidates of eval.candidates.
 * Begins as {0}; td_systems_free frees it. */
typedef struct {
    int32_t *weight; /* (items + 1): how often an item is a candidate */
    size_t count;
    td_fitted fitted[TD_SYSTEMS];
    const td_groups *groups; /* somebody else's of the same data file, in the place of those that
                                eval.by finds, so that two runs' values by group compare; NULL */
} td_systems;

/* Collective. Fits the model, which may have moved on, and those of the others that are not fitted
 * yet, by the same data and configuration. */
td_status td_systems_fit(td_comm *comm, const td_model *model, td_dataset *data,
                         const td_config *config, td_systems *systems);
void td_systems_free(td_systems *systems);

/* Collective. As td_item_places; a system that is the same for all users ranks its candidates once,
 * not once a row. */
td_status td_system_item_places(td_fitted *fitted, const td_scorer *scorer,
                                const td_ranking *ranking, td_item_place *place);

#endif
