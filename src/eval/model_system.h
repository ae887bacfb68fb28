/* The model as a system: the functions of its row in the table (systems.h says what they do). */
#ifndef TD_EVAL_MODEL_SYSTEM_H
#define TD_EVAL_MODEL_SYSTEM_H

#include "eval/systems.h"

td_status td_model_system_fit(td_fitted *fitted, td_dataset *data);
td_scorer td_model_system_score(const td_fitted *fitted, const td_queries *queries,
                                const td_seen *told);
td_status td_model_system_predict(const td_fitted *fitted, size_t target, const td_queries *queries,
                                  const td_scorer *scorer, const td_ranking *ranking,
                                  float *prediction);

#endif
