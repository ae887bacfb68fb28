add_mpi_test(prepare split RANKS 1 2 3 CASES leaves_the_newest_rows_out is_that_of_a_sort depends_on_the_seed
  rounds_the_number_of_test_rows_half_away_from_zero)
add_unit_test(prepare schema_file)
add_mpi_test(prepare fields RANKS 1 2 3 CASES are_by_user_and_item say_which_line_is_wrong movielens_100k
  are_cut_from_cells say_what_is_wrong_in_a_cell)
target_compile_definitions(test_prepare_fields PRIVATE TESTS_CONFIGS="${PROJECT_SOURCE_DIR}/configs")
add_mpi_test(prepare rows RANKS 1 3 4 CASES are_left_by_conditions
  may_have_items_that_the_list_lacks that_repeat_each_other_become_one
  are_the_newest_and_those_of_the_core are_those_of_sessions give_the_bytes_of_a_single_rank)
add_mpi_test(prepare shared_names RANKS 1 2 3 4 CASES have_the_numbers_that_one_rank_would_give)
# Its cases read MovieLens where it is: each is a job of one rank by itself.
add_unit_test(prepare preprocessing)
set_tests_properties(prepare.preprocessing PROPERTIES
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT};OMPI_MCA_ess_singleton_isolated=1")
target_compile_definitions(test_prepare_preprocessing PRIVATE
  TESTS_REFERENCE="${CMAKE_CURRENT_SOURCE_DIR}/reference")
add_mpi_test(prepare catalog RANKS 2 3 CASES has_one_size_on_all_ranks)
add_mpi_test(prepare sources RANKS 1 2 3 CASES keep_fields_of_every_kind give_the_bytes_of_a_single_rank
  refuse_a_user_who_is_told_of_twice)
add_mpi_test(prepare prepare RANKS 1 2 3 CASES keeps_every_row_once counts_what_it_reports
  gives_the_bytes_of_a_single_rank fails_on_every_rank_alike)
add_mpi_test(prepare formats RANKS 1 CASES movielens_100k movielens_1m movielens_csv
  delimited_by_numbers delimited_with_an_item_list users_without_a_training_row
  options_that_contradict_each_other)
