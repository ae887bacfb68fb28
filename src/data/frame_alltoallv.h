/* Rows of a frame on their way from rank to rank. */
#ifndef TD_DATA_FRAME_ALLTOALLV_H
#define TD_DATA_FRAME_ALLTOALLV_H

#include "comm/comm.h"
#include "data/frame.h"

#include <stdint.h>

/* Collective. Sends each row to the rank that to says, (count) of them, and makes the frame that of
 * the rows that came: in the order of the ranks they came from, those of one rank as they were. One
 * field goes at a time, so that at most one is there twice. */
void td_frame_alltoallv(td_comm *comm, const int32_t *to, td_frame *frame);

#endif
