/* By the canonical text, which reads back to the same bits. */
#include "comm/config.h"

#include "base/log.h"
#include "base/memory.h"

#include <string.h>

void td_comm_broadcast_config(td_comm *comm, td_config *config)
{
    const bool has_it = td_comm_rank(comm) == 0;
    char *text = has_it ? td_config_to_yaml(config, false) : NULL;
    uint64_t bytes = has_it ? strlen(text) + 1 : 0;
    td_comm_broadcast(comm, 0, &bytes, sizeof bytes);
    if (!has_it)
        text = TD_NEW(char, bytes);
    td_comm_broadcast(comm, 0, text, bytes);
    td_config_defaults(config);
    if (td_config_parse(text, "rank 0's configuration", config) != TD_OK)
        td_abort("this is a bug in tandem: %s", td_message());
    td_free(text);
}
