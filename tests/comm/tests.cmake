add_unit_test(comm launcher)

add_mpi_test(comm comm RANKS 1 2 3 4)
# Without the first component Open MPI has no memory that ranks share: by messages, as between nodes. The second
# has none either, and hooks of 5's for it do not go with AddressSanitizer.
add_mpi_test(comm comm AS messages RANKS 2 3 4 ENVIRONMENT OMPI_MCA_osc=^sm,ucx)
