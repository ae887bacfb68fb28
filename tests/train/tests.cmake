add_unit_test(train checkpoints_best)
add_unit_test(train checkpoint_schedule)
add_unit_test(train losses)
add_unit_test(train run_lock)
add_unit_test(train run_owner)
add_mpi_test(train batch_columns RANKS 1 2 3 4 CASES are_the_distinct_items_in_every_step)
add_mpi_test(train step RANKS 1 2 3 4 CASES gives_the_bits_of_one_rank_on_every_layout
  gives_the_same_bits_with_everything_on finds_negatives_in_the_group
  measures_tasks_that_it_does_not_train
  depends_on_parameters_and_rows_alone stops_every_rank_at_a_number_that_is_none)
add_mpi_test(train placement RANKS 1 2 3 4 CASES
  gives_the_bits_of_one_rank_wherever_rows_are)
add_mpi_test(train inspect RANKS 1 3 CASES
  shows_a_run takes_the_checksum_of_what_it_shows says_when_a_file_is_damaged refuses_what_is_not_there_or_not_ours)
add_mpi_test(train model_data RANKS 1 2 CASES that_are_not_there_are_named are_the_files_numbers)
add_mpi_test(train watchdog RANKS 1 3 CASES has_a_file_while_it_watches blames_who_is_behind)
