add_unit_test(comm launcher)

add_mpi_test(comm comm RANKS 1 2 3 4)
