/* From warm start to warm start, back to a run that trained retrieval or began with nothing. */
#include "run/trained_retrieval.h"

bool td_run_has_trained_retrieval(td_comm *comm, const td_config *config,
                                  const td_run_origin *origin)
{
    enum { MOST = 100 }; /* folders that were made anew may name each other */
    td_config older;
    double weight = config->retrieval_weight;
    td_run_origin from = *origin;
    for (int i = 0; i < MOST && !(weight > 0); i++) {
        const td_path run = from.run;
        td_path data;
        uint64_t data_checksum;
        if (!run.path[0])
            return false;
        if (td_run_read(comm, run.path, &older, &data, &data_checksum) != TD_OK ||
            td_run_read_origin(comm, run.path, &from) != TD_OK)
            return true;
        weight = older.retrieval_weight;
    }
    return true;
}
