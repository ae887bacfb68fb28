/* The table of losses. */
#include "model/loss.h"

#include "math/elementary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* (p - y)^2 */
static float mse_value(float prediction, float label)
{
    const float error = prediction - label;
    return error * error;
}

/* 2 (p - y) */
static float mse_slope(float prediction, float label)
{
    return 2 * (prediction - label);
}

static float bce_value(float prediction, float label)
{
    const float size = fabsf(prediction), positive = prediction < 0 ? 0 : prediction;
    return positive - prediction * label + td_ln(1 + td_exp(-size));
}

static float bce_slope(float prediction, float label)
{
    const float e = td_exp(-fabsf(prediction)); /* the sigmoid without what could overflow */
    return (prediction < 0 ? e : 1) / (1 + e) - label;
}

static const td_loss losses[] = {
    {"mse", mse_value, mse_slope},
    {"bce", bce_value, bce_slope},
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
