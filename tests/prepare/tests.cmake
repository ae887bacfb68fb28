add_mpi_test(prepare split RANKS 1 2 3)
add_unit_test(prepare schema_file)
add_unit_test(prepare cell)
add_mpi_test(prepare fields RANKS 1 2 3)
target_compile_definitions(test_prepare_fields PRIVATE TESTS_CONFIGS="${PROJECT_SOURCE_DIR}/configs")
add_mpi_test(prepare rows RANKS 1 3 4)
add_mpi_test(prepare shared_names RANKS 1 2 3 4)
# Its cases read MovieLens where it is: each is a job of one rank by itself.
add_unit_test(prepare preprocessing)
set_tests_properties(prepare.preprocessing PROPERTIES
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT};OMPI_MCA_ess_singleton_isolated=1")
target_compile_definitions(test_prepare_preprocessing PRIVATE
  TESTS_REFERENCE="${CMAKE_CURRENT_SOURCE_DIR}/reference")
add_mpi_test(prepare catalog RANKS 2 3)
add_mpi_test(prepare sources RANKS 1 2 3)
add_mpi_test(prepare prepare RANKS 1 2 3)
add_mpi_test(prepare formats RANKS 1)
