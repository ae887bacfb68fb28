add_mpi_test(train batch_columns RANKS 1 2 3 4)
add_mpi_test(train step RANKS 1 2 3 4)
add_mpi_test(train placement RANKS 1 2 3 4)
add_unit_test(train checkpoint_schedule)
