/* A configuration for all ranks: its texts and sections are pointers, so that it travels as text.
 */
#ifndef TD_COMM_CONFIG_H
#define TD_COMM_CONFIG_H

#include "comm/comm.h"
#include "tandem/config.h"

/* Collective. config of rank 0, which td_config_check has passed, becomes that of all. */
void td_comm_broadcast_config(td_comm *comm, td_config *config);

#endif
