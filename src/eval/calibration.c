/* One look at each row. */
#include "eval/calibration.h"

#include "base/intern.h"

#include <math.h>

td_calibration td_calibration_begin(const td_target *target)
{
    td_calibration calibration = {td_intern_text(target->task), 0, 1, {{0, 0, 0}}};
    if (!target->loss->is_of_classes) {
        calibration.low = target->low;
        calibration.high = target->high;
    }
    return calibration;
}

void td_calibration_add(td_calibration *calibration, size_t rows, const float *prediction,
                        const float *label)
{
    const double low = calibration->low, width = calibration->high - low;
    const double most = 1e6; /* so that the sums of 10^8 rows fit */
    for (size_t i = 0; i < rows && width > 0; i++) {
        const double p = (double)prediction[i], y = (double)label[i];
        if (!(fabs(p) < most) || !(fabs(y) < most))
            continue;
        const double place = floor((p - low) / width * TD_CALIBRATION_BINS);
        const int last = TD_CALIBRATION_BINS - 1;
        td_calibration_bin *bin = &calibration->bin[place < 0      ? 0
                                                    : place > last ? last
                                                                   : (int)place];
        bin->rows++;
        bin->prediction += llrint(ldexp(p, TD_CALIBRATION_UNIT));
        bin->label += llrint(ldexp(y, TD_CALIBRATION_UNIT));
    }
}

void td_calibration_join(td_calibration *calibration, td_comm *comm)
{
    enum { SUMS = 3 };
    int64_t sums[TD_CALIBRATION_BINS * SUMS];
    for (int b = 0; b < TD_CALIBRATION_BINS; b++) {
        sums[SUMS * b] = calibration->bin[b].rows;
        sums[SUMS * b + 1] = calibration->bin[b].prediction;
        sums[SUMS * b + 2] = calibration->bin[b].label;
    }
    td_comm_sum(comm, TD_CALIBRATION_BINS * SUMS, sums);
    for (int b = 0; b < TD_CALIBRATION_BINS; b++)
        calibration->bin[b] =
            (td_calibration_bin){sums[SUMS * b], sums[SUMS * b + 1], sums[SUMS * b + 2]};
}

double td_calibration_prediction(const td_calibration_bin *bin)
{
    return ldexp((double)bin->prediction, -TD_CALIBRATION_UNIT) / (double)bin->rows;
}

double td_calibration_label(const td_calibration_bin *bin)
{
    return ldexp((double)bin->label, -TD_CALIBRATION_UNIT) / (double)bin->rows;
}
