/* The parts that interactions are split into. All functions are Local. */
#ifndef TD_DATA_SPLIT_H
#define TD_DATA_SPLIT_H

#include <stdbool.h>

typedef enum {
    TD_TRAIN,      /* the rows that parameters are fitted to */
    TD_VALIDATION, /* those that choices are made by */
    TD_TEST,       /* those that are asked once, at the end */
    TD_GIVEN       /* history: neither trained nor asked */
} td_split;

enum { TD_SPLITS = TD_GIVEN + 1 };

/* Returns "train", "validation", "test" or "given", as files and commands say it. */
const char *td_split_name(td_split split);

/* Sets split to the one of this name; false if there is none. */
bool td_split_find(const char *name, td_split *split);

#endif
