add_mpi_test(eval item_ranks RANKS 1 2 3 4 CASES are_those_of_a_count
  of_scores_that_are_not_finite_are_misses refuse_an_item_that_is_no_candidate)
add_mpi_test(eval metrics RANKS 1 2 3 CASES are_sorted_by_step_and_k
  under_other_settings_stand_apart are_read_as_they_were_saved
  refuse_a_file_that_contradicts_itself)
add_mpi_test(eval row_sample RANKS 1 2 3 4 CASES is_that_of_a_sort has_ties_by_row)
add_mpi_test(eval metric_totals RANKS 1 2 3 CASES are_those_of_one_rank_and_near_those_in_double
  are_no_number_if_one_is_none are_means_over_all_rows
  are_means_over_users_with_rows)
add_unit_test(eval top_k)
add_mpi_test(eval top_items RANKS 1 2 3 4 CASES
  stand_at_their_item_rank list_every_candidate_once_in_order_of_ties)
add_unit_test(eval metrics_merge)
add_unit_test(eval metric)
