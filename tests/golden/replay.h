/* A reference file's training and evaluation, once more by tandem, and how far both are apart. */
#ifndef GOLDEN_REPLAY_H
#define GOLDEN_REPLAY_H

#include "case.h"
#include "comm/comm.h"
#include "data/rows.h"
#include "data/time_scale.h"
#include "file.h"
#include "model/model.h"

#include <math.h>

/* Errors are relative, the worst of all steps and tensors; NaN where a number is not one. */
typedef struct {
    double losses;
    double gradients;  /* of the first step, to the tensor's largest gradient */
    double parameters; /* after each step, to the tensor's largest change since the start */
    double embeddings; /* of the evaluation, to the largest of its side; of predicted ratings too */
    int64_t queries;
    int64_t fewest_hits; /* of all k: hits beyond the reference's, see README.md */
    int64_t most_hits;
    int64_t lists; /* queries whose ten best items are not the reference's */
} golden_errors;

/* The larger error; NaN if one is. */
static inline double golden_worse(double a, double b)
{
    return isnan(a) || a >= b ? a : b;
}

/* The largest |x[i] - y[i]|; NaN if one is. y may be NULL for zeros. */
double golden_distance(size_t n, const float *x, const float *y);

/* difference / scale, and 0 where nothing differs. */
static inline double golden_relative(double difference, double scale)
{
    return difference == 0 ? 0 : difference / scale;
}

/* A tensor whose true gradient is zero, and what rounding alone can make of it in a step. */
typedef struct {
    const td_tensor *tensor; /* NULL if the model has none */
    double gradient;         /* the largest until now */
    double change;           /* of its parameters */
} golden_zero;

/* Local. Finds that tensor. */
golden_zero golden_zero_find(const td_config *config, const td_model *model);

/* Local. Sets the limits of a step on these rows, which is still to come. */
void golden_zero_limit(golden_zero *zero, const td_config *config, const td_model *model,
                       const td_rows *rows);

/* Collective. Trains as the file did and compares. A status other than TD_OK, the same on every
 * rank, says that the file is wrong or that a step failed. */
td_status golden_replay(td_comm *comm, const golden_file *file, const golden_case *golden,
                        golden_errors *errors);

/* Local. The part of it that compares the trained model's embeddings, what they rank and what the
 * head predicts. times is the reference's scale, NULL if the case has none. */
td_status golden_evaluate(const golden_file *file, const golden_case *golden, const td_model *model,
                          const td_time_scale *times, golden_errors *errors);

#endif
