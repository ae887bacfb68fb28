add_unit_test(eval top_k)
add_mpi_test(eval top_items RANKS 1 2 3 4 CASES
  stand_at_their_item_rank list_every_candidate_once_in_order_of_ties)
