/* What condition_parse.c makes of a text and condition.c runs. */
#ifndef TD_DATA_CONDITION_PARTS_H
#define TD_DATA_CONDITION_PARTS_H

#include "data/condition.h"

typedef enum {
    TD_STEP_LESS,
    TD_STEP_LESS_EQUAL,
    TD_STEP_GREATER,
    TD_STEP_GREATER_EQUAL,
    TD_STEP_IN,
    TD_STEP_NOT_IN,
    TD_STEP_MISSING,
    TD_STEP_PRESENT,
    TD_STEP_AND,
    TD_STEP_OR
} td_step_op;

/* A test of a field puts its result on a stack; and and or take two results and put one. */
typedef struct {
    td_step_op op;
    td_of of;
    td_kind kind;
    char *field;    /* its name; NULL of and and or */
    size_t count;   /* of values */
    double *values; /* what to compare with: rising, of a field's values exactly */
} td_condition_step;

struct td_condition {
    size_t count;
    td_condition_step *steps;
    size_t depth; /* results on the stack, at most */
};

#endif
