add_mpi_test(store file RANKS 1 2 3 4 CASES
  written_by_many_is_written_by_one written_by_one_is_read_by_many appears_whole_or_not_at_all
  meets_a_full_disk)
add_mpi_test(store hostile_file RANKS 1 3 CASES
  cannot_be_written_there is_not_what_was_expected has_not_what_was_expected
  refuses_what_leads_elsewhere is_one_of_ours_with_a_few_bytes_changed)
add_mpi_test(store checksum RANKS 1 2 3 4 CASES
  is_as_defined_on_any_number_of_ranks changes_with_values_and_names_only wants_a_dataset)
add_unit_test(store text_file)
