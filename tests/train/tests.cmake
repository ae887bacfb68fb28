add_mpi_test(train batch_columns RANKS 1 2 3 4 CASES are_the_distinct_items_in_every_step)
add_mpi_test(train step RANKS 1 2 3 4 CASES gives_the_bits_of_one_rank_on_every_layout
  stops_every_rank_at_a_number_that_is_none)
