/* How far predictions are from what they are of: rows in bins of what was predicted of them, and of
 * each bin the mean prediction and the mean label. Sums are of whole numbers, so that they are the
 * same on any number of ranks.
 *
 * Source: reliability diagrams, DeGroot and Fienberg 1983; Niculescu-Mizil and Caruana 2005.
 */
#ifndef TD_EVAL_CALIBRATION_H
#define TD_EVAL_CALIBRATION_H

#include "comm/comm.h"
#include "eval/targets.h"

#include <stddef.h>
#include <stdint.h>

enum { TD_CALIBRATION_BINS = 10, TD_CALIBRATION_UNIT = 16 };

typedef struct {
    int64_t rows;
    int64_t prediction, label; /* sums, in units of 2^-TD_CALIBRATION_UNIT */
} td_calibration_bin;

/* Of the model's predictions of one target. Bins are equally wide from low to high; what is
 * predicted beyond is in the outermost ones. */
typedef struct {
    const char *task; /* lasts as long as the program */
    double low, high; /* 0 and 1 of classes; else the range of the labels that statistics are of */
    td_calibration_bin bin[TD_CALIBRATION_BINS];
} td_calibration;

/* Local. */
td_calibration td_calibration_begin(const td_target *target);

/* Local. Adds rows; those without a label, and what is no number, are passed over. */
void td_calibration_add(td_calibration *calibration, size_t rows, const float *prediction,
                        const float *label);

/* Collective. Makes the sums those of all ranks, once. */
void td_calibration_join(td_calibration *calibration, td_comm *comm);

/* Local. Return the means of a bin that has rows. */
double td_calibration_prediction(const td_calibration_bin *bin);
double td_calibration_label(const td_calibration_bin *bin);

#endif
