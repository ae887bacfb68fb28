add_unit_test(serve pair_table)
add_mpi_test(serve inspect RANKS 1 3)
