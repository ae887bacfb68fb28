/* Half-lives are whole numbers of seconds, so that the halvings of an age are divided exactly; only
 * the rest, less than one of them, is rounded. Functions marked C are collective. */
#include "data/half_life.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/task_fields.h"
#include "math/elementary.h"

#include <math.h>

enum {
    HALVINGS_MAX = 1000, /* beyond any float's range */
    SECONDS_OF_A_DAY = 86400,
    SUM_BITS = 30,
    FEWEST = 1000 /* of so many rows one must be left */
};

int64_t td_age_between(int64_t newer, int64_t older)
{
    if (newer <= older)
        return 0;
    return older == INT64_MIN ? INT64_MAX : newer - older;
}

double td_decay_by_age(int64_t age, int64_t half_life)
{
    static const float ln2 = 0x1.62e43p-1F;
    if (half_life == 0)
        return 1;
    const int64_t halvings = age / half_life;
    const double rest = (double)(age % half_life) / (double)half_life;
    return ldexp((double)td_exp(-(float)rest * ln2), -(int)td_smaller(halvings, HALVINGS_MAX));
}

td_status td_half_life_check(const td_config *config, const td_schema *schema)
{
    if (config->train_half_life > 0 && !td_schema_with_role(schema, TD_ROLE_TIME))
        return td_fail(TD_ERR_CONFIG, "configuration: train.half_life: the data have no times, so "
                                      "no row is older than another; set train.half_life=0");
    return TD_OK;
}

/* C: the newest time of all ranks' rows. */
static int64_t newest_of(td_comm *comm, const td_rows *rows)
{
    int64_t newest = INT64_MIN;
    for (int64_t i = 0; i < rows->count; i++)
        newest = td_larger(newest, rows->timestamp[i]);
    return td_comm_max_count(comm, newest);
}

/* f (rows) */
static void fall(double days, int64_t newest, const td_rows *rows, float *f)
{
    const int64_t half_life = td_larger((int64_t)(days * SECONDS_OF_A_DAY), 1);
#pragma omp parallel for
    for (int64_t i = 0; i < rows->count; i++)
        f[i] = (float)td_decay_by_age(td_age_between(newest, rows->timestamp[i]), half_life);
}

/* C: the mean of f over all ranks' rows. */
static float mean_of(td_comm *comm, int64_t count, const float *f)
{
    int64_t sums[] = {0, count};
    for (int64_t i = 0; i < count; i++)
        sums[0] += (int64_t)ldexpf(f[i], SUM_BITS);
    td_comm_sum(comm, 2, sums);
    return (float)(ldexp((double)sums[0], -SUM_BITS) / (double)sums[1]);
}

static void multiply(int64_t count, const float *f, float mean, float *weights)
{
    for (int64_t i = 0; i < count; i++)
        weights[i] *= f[i] / mean;
}

void td_half_life_weigh(td_comm *comm, const td_config *config, td_rows *rows)
{
    float *f = TD_NEW(float, (size_t)rows->count);
    fall(config->train_half_life, newest_of(comm, rows), rows, f);
    const float mean = mean_of(comm, rows->count, f);
    if (mean < 1.0F / FEWEST)
        td_warn("train.half_life: after %g days for a half, all training rows together count as "
                "%.2g %% of them: it is short for these data, or some times are in the future",
                config->train_half_life, 100 * (double)mean);
    td_rows_add_weights(rows);
    multiply(rows->count, f, mean, rows->weight);
    for (size_t k = 0; k < config->tasks.count; k++) {
        const td_task_field own = td_task_field_of(td_config_task(config, k), TD_TASK_WEIGHTS);
        float *weights = td_frame_values(&rows->frame, own.name);
        if (weights)
            multiply(rows->count, f, mean, weights);
    }
    td_free(f);
}
