/* Numbers in short, exact over any ranks. */
#ifndef TD_DATA_SUMMARY_H
#define TD_DATA_SUMMARY_H

#include "comm/comm.h"
#include "data/schema.h"

#include <stddef.h>
#include <stdint.h>

/* Tells the group, from 0, that value i counts for; below 0 for none. Local. */
typedef int64_t td_group_of(const void *context, int64_t i);

/* Collective. Sets summary[g] to what the numbers of group g, of so many, are: how many that are
 * not missing, their mean and their variance; low and high are those of all groups. They are summed
 * in steps of a 2^37th of that range, so that the order cannot matter. */
void td_summarize_groups(td_comm *comm, int64_t count, const float *numbers, size_t groups,
                         td_group_of *group_of, const void *context, td_summary *summary);

#endif
