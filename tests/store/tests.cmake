add_mpi_test(store file RANKS 1 2 3 4 CASES
  written_by_many_is_written_by_one written_by_one_is_read_by_many is_read_by_all_while_it_is_written
  appears_whole_or_not_at_all
  appears_only_where_its_guard_allows meets_a_full_disk)
add_mpi_test(store hostile_file RANKS 1 3 CASES
  cannot_be_written_there is_not_what_was_expected has_not_what_was_expected
  has_strings_that_end_before_they_begin is_one_of_ours_with_a_few_bytes_changed)
add_mpi_test(store replaced_file RANKS 1 2 3 CASES is_the_old_or_the_new_one)
add_mpi_test(store same_file RANKS 2 3 CASES is_one_or_has_equal_bytes is_not_another)
add_mpi_test(store file_structure RANKS 1 CASES must_not_contradict_itself may_have_any_byte_changed)
add_mpi_test(store foreign_file RANKS 1 3 CASES is_refused_for_what_none_of_ours_has)
add_mpi_test(store row_checksum RANKS 1 2 3 CASES
  is_a_sum_over_the_rows finds_one_changed_row_of_many must_be_there)
add_mpi_test(store checksum RANKS 1 2 3 4 CASES
  is_as_defined_on_any_number_of_ranks changes_with_values_and_names_only wants_a_dataset
  is_written_and_read_as_sixteen_digits)
add_unit_test(store text_file)
add_unit_test(store npy)
