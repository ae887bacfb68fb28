add_unit_test(comm launcher)

add_mpi_test(comm comm RANKS 1 2 3 4 CASES
  reductions_and_gathers sends_everyone_its_own rows_go_to_whoever_wants_them long_rows_go_in_pieces
  traffic_is_what_others_had agreement_takes_the_worst_and_its_message)
