add_unit_test(comm launcher)

add_mpi_test(comm comm RANKS 1 2 3 4)
# Without this component Open MPI has no memory that ranks share: by messages, as between nodes.
add_mpi_test(comm comm AS messages RANKS 2 3 4 ENVIRONMENT OMPI_MCA_osc=^sm)
