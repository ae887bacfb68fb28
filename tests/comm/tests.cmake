add_mpi_test(comm comm RANKS 1 2 3 4 CASES reductions_and_gathers agreement_takes_the_worst_and_its_message)
