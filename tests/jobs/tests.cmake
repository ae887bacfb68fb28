add_test(NAME jobs.command_line COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/jobs/command_line.sh
  $<TARGET_FILE:tandem_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3)
set_tests_properties(jobs.command_line PROPERTIES LABELS mpi PROCESSORS 3 TIMEOUT 120
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")

# A subcommand of nothing but options, to see what argp does with them.
add_executable(test_jobs_options jobs/options.c ${PROJECT_SOURCE_DIR}/jobs/arguments.c
  ${PROJECT_SOURCE_DIR}/jobs/execution.c)
target_include_directories(test_jobs_options PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/jobs)
target_link_libraries(test_jobs_options PRIVATE tandem tandem_flags tandem_dependencies)
add_test(NAME jobs.options COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/jobs/options.sh
  $<TARGET_FILE:test_jobs_options> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3)
set_tests_properties(jobs.options PROPERTIES LABELS mpi PROCESSORS 3 TIMEOUT 120
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")

add_test(NAME jobs.prepare COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/jobs/prepare.sh
  $<TARGET_FILE:tandem_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2)
set_tests_properties(jobs.prepare PROPERTIES LABELS mpi PROCESSORS 2 TIMEOUT 300
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")

add_test(NAME jobs.inspect COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/jobs/inspect.sh
  $<TARGET_FILE:tandem_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3)
set_tests_properties(jobs.inspect PROPERTIES LABELS mpi PROCESSORS 3 TIMEOUT 120
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")
