add_unit_test(data encoding)
add_unit_test(data input)
add_unit_test(data lines)
add_unit_test(data fields)
add_unit_test(data decimal)
add_unit_test(data vocabulary)
add_mpi_test(data split RANKS 1 2 3 CASES is_that_of_a_sort depends_on_the_seed
  rounds_the_number_of_test_rows_half_away_from_zero)
add_mpi_test(data shared_names RANKS 1 2 3 4 CASES have_the_numbers_that_one_rank_would_give)
add_unit_test(data moments)
add_unit_test(data names)
add_unit_test(data pair_table)
add_unit_test(data time_text)
add_unit_test(data time_scale)
target_compile_definitions(test_data_time_scale PRIVATE
  TESTS_REFERENCE="${CMAKE_CURRENT_SOURCE_DIR}/reference")
# Its cases read MovieLens where it is: each is a job of one rank by itself.
add_unit_test(data preprocessing)
set_tests_properties(data.preprocessing PROPERTIES
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT};OMPI_MCA_ess_singleton_isolated=1")
target_compile_definitions(test_data_preprocessing PRIVATE
  TESTS_REFERENCE="${CMAKE_CURRENT_SOURCE_DIR}/reference")
add_mpi_test(data catalogue RANKS 2 3 CASES has_one_size_on_all_ranks)
add_mpi_test(data prepare RANKS 1 2 3 CASES keeps_every_row_once counts_what_it_reports
  gives_the_bytes_of_a_single_rank fails_on_every_rank_alike)
add_mpi_test(data formats RANKS 1 CASES movielens_100k movielens_1m movielens_csv
  delimited_by_numbers delimited_with_an_item_list users_without_a_training_row
  options_that_contradict_each_other)
add_unit_test(data synth)
add_test(NAME data.synth_bytes COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/data/synth_bytes.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(data.synth_bytes PROPERTIES TIMEOUT 120)
add_mpi_test(data dataset RANKS 1 2 3 CASES cuts_shards_of_nearly_equal_rows
  reads_nobody_on_a_rank_that_asks_for_nobody reads_titles_as_tokens keeps_as_many_tokens_as_it_may
  reads_the_item_list has_no_tokens_without_titles)
add_mpi_test(data hostile_dataset RANKS 1 2 CASES refuses_a_file_that_contradicts_itself
  refuses_titles_that_contradict_the_rest refuses_values_that_were_not_written
  refuses_what_is_no_data_file)
add_mpi_test(data batches RANKS 1 3 CASES hold_each_row_once_with_all_columns leave_out_what_no_task_reads
  have_an_order_of_the_epoch_alone)
