add_mpi_test(store file RANKS 1 2 3 4 CASES written_by_many_is_written_by_one)
