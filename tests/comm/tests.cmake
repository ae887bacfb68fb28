add_mpi_test(comm comm RANKS 1 2 3 4 CASES
  reductions_and_gathers rows_go_to_whoever_wants_them long_rows_go_in_pieces
  agreement_takes_the_worst_and_its_message)
