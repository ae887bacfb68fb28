/* The table of losses. */
#include "model/loss.h"

#include "math/elementary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* (p - y)^2 */
static float mse_value(float prediction, float label, float delta)
{
    const float error = prediction - label;
    (void)delta;
    return error * error;
}

/* 2 (p - y) */
static float mse_slope(float prediction, float label, float delta)
{
    (void)delta;
    return 2 * (prediction - label);
}

static float huber_value(float prediction, float label, float delta)
{
    const float error = prediction - label, size = fabsf(error);
    return size > delta ? delta * (size - delta / 2) : error * error / 2;
}

static float huber_slope(float prediction, float label, float delta)
{
    const float error = prediction - label;
    if (error > delta)
        return delta;
    return error < -delta ? -delta : error;
}

static float bce_value(float prediction, float label, float delta)
{
    (void)delta;
    const float size = fabsf(prediction), positive = prediction < 0 ? 0 : prediction;
    return positive - prediction * label + td_ln(1 + td_exp(-size));
}

/* 1 / (1 + exp(-p)), without what could overflow */
static float sigmoid(float prediction)
{
    const float e = td_exp(-fabsf(prediction));
    return (prediction < 0 ? e : 1) / (1 + e);
}

static float bce_slope(float prediction, float label, float delta)
{
    (void)delta;
    return sigmoid(prediction) - label;
}

static float start_at_mean(float mean)
{
    return mean;
}

static float start_at_log_odds(float mean)
{
    return mean > 0 && mean < 1 ? td_ln(mean) - td_ln(1 - mean) : 0;
}

static float same(float prediction)
{
    return prediction;
}

static const td_loss losses[] = {
    {"mse", mse_value, mse_slope, start_at_mean, same, false},
    {"huber", huber_value, huber_slope, start_at_mean, same, false},
    {"bce", bce_value, bce_slope, start_at_log_odds, sigmoid, true},
};

const td_loss *td_loss_find(const char *name)
{
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (strcmp(losses[i].name, name) == 0)
            return &losses[i];
    return NULL;
}

void td_loss_names(size_t size, char *names)
{
    names[0] = 0;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        const size_t length = strlen(names);
        snprintf(names + length, size - length, "%s%s", i ? ", " : "", losses[i].name);
    }
}
