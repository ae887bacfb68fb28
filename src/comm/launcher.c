#include "comm/launcher.h"

#include <stddef.h>
#include <stdlib.h>

int td_launcher_rank(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                            "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *rank = getenv(variables[i]);
        if (rank)
            return atoi(rank);
    }
    return -1;
}

void td_launcher_spare_alone(void)
{
    if (td_launcher_rank() >= 0)
        return;
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0); /* no daemon; Open MPI 5 has none */
    setenv("OMPI_MCA_pml", "ob1", 0);                  /* no search for networks */
}
