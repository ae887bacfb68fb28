add_unit_test(comm launcher)

add_mpi_test(comm comm RANKS 1 2 3 4)
# By messages, as between nodes.
add_mpi_test(comm comm AS messages RANKS 2 3 4 ENVIRONMENT TANDEM_SHARED_MEMORY=off)
