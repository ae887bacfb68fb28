/* The norm of a step's gradient over all ranks: two small collectives, where clipping is on. */
#include "model/gradient_norm.h"
#include "train/trainer_parts.h"

double td_trainer_gradient_norm(td_trainer *t)
{
    const td_parameters *parameters = &t->model->parameters;
    const td_final_gradient gradient = {.parameters = parameters,
                                        .dense = t->gradient,
                                        .tables = t->tables,
                                        .l2 = (float)t->model->config.optimizer_l2,
                                        .rank = td_comm_rank(t->comm),
                                        .size = td_comm_size(t->comm)};
    td_gradient_largest(&gradient, t->norm_largest);
    td_comm_max(t->comm, parameters->count, t->norm_largest);
    td_gradient_squares(&gradient, t->norm_largest, t->norm_squares);
    td_comm_sum(t->comm, parameters->count, t->norm_squares);
    return td_gradient_norm(parameters, t->norm_largest, t->norm_squares);
}
