# add_job_test(<name> <script> <argument>...): the whole program, its messages and exit statuses.
function(add_job_test name script)
  add_test(NAME jobs.${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/jobs/${script} ${ARGN})
  set_tests_properties(jobs.${name} PROPERTIES LABELS mpi PROCESSORS 2 TIMEOUT 120
    SKIP_REGULAR_EXPRESSION "^skipped:" ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")
endfunction()

set(MPIRUN_3 ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3)

add_job_test(command_line command_line.sh $<TARGET_FILE:tandem_program> ${MPIRUN_3})
add_job_test(inputs inputs.sh $<TARGET_FILE:tandem_program> ${MPIRUN_3})
set_tests_properties(jobs.inputs PROPERTIES TIMEOUT 300)
add_job_test(describe describe.sh $<TARGET_FILE:tandem_program> ${MPIRUN_3})
add_job_test(describe_guesses describe_guesses.sh $<TARGET_FILE:tandem_program>)
add_job_test(inspect inspect.sh $<TARGET_FILE:tandem_program> ${MPIRUN_3})
add_job_test(synth synth.sh $<TARGET_FILE:tandem_program> ${MPIRUN_3})
add_job_test(batch batch.sh ${PROJECT_SOURCE_DIR}/slurm)
add_job_test(fetch_movielens fetch_movielens.sh ${PROJECT_SOURCE_DIR}/scripts/fetch-movielens)

# A subcommand of nothing but options, to see what argp does with them.
add_executable(test_jobs_options jobs/options.c ${PROJECT_SOURCE_DIR}/jobs/options.c)
target_include_directories(test_jobs_options PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/jobs)
target_link_libraries(test_jobs_options PRIVATE tandem tandem_flags tandem_dependencies)
add_job_test(options options.sh $<TARGET_FILE:test_jobs_options> ${MPIRUN_3})
add_job_test(prepare prepare.sh $<TARGET_FILE:tandem_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2)
set_tests_properties(jobs.prepare PROPERTIES TIMEOUT 300)

add_unit_test(jobs waiting)
target_include_directories(test_jobs_waiting PRIVATE ${PROJECT_SOURCE_DIR}/jobs)
target_link_libraries(test_jobs_waiting PRIVATE tandem_waiting ${CMAKE_DL_LIBS})

# add_whole_program_test(<name> [<argument>...]): jobs/<name>.py with the program, these arguments, and
# a launcher that it gives a number of ranks. It may say "skipped: ...". Much of its time is waiting for
# processes, so two run at once.
function(add_whole_program_test name)
  add_test(NAME jobs.${name} COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/jobs/${name}.py
    $<TARGET_FILE:tandem_program> ${ARGN} ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
  set_tests_properties(jobs.${name} PROPERTIES LABELS mpi TIMEOUT 600
    SKIP_REGULAR_EXPRESSION "^skipped:" ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# The first Python that can read HDF5: the one in PATH may be a user's own, without Debian's packages.
set(TEST_PYTHON python3)
foreach(python python3 /usr/bin/python3)
  execute_process(COMMAND ${python} -c "import h5py, numpy" RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  if(result STREQUAL "0")
    set(TEST_PYTHON ${python})
    break()
  endif()
endforeach()

# add_end_to_end_program_test(<name> [<argument>...]): one that scripts/test runs in the release build:
# long, or a measure of memory, or about files and ranks rather than memory.
function(add_end_to_end_program_test name)
  if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
    add_whole_program_test(${name} ${ARGN})
    set_property(TEST jobs.${name} APPEND PROPERTY LABELS end-to-end)
  endif()
endfunction()

add_whole_program_test(resume)
add_whole_program_test(start)
add_whole_program_test(warm_start)
add_whole_program_test(recipes ${PROJECT_SOURCE_DIR}/configs)
add_whole_program_test(refit)
add_whole_program_test(errors)
add_whole_program_test(terminal)
add_whole_program_test(copies)
add_whole_program_test(deaths)
add_whole_program_test(evaluate)
add_whole_program_test(asked)
add_whole_program_test(cold_items)
add_whole_program_test(told_by_rows)
add_whole_program_test(new_users)
add_whole_program_test(report)
add_whole_program_test(report_reading)
add_whole_program_test(receipt)
add_whole_program_test(training_rules)
add_end_to_end_program_test(evaluate_together)
add_end_to_end_program_test(training_warnings)
add_end_to_end_program_test(patience)
add_end_to_end_program_test(ingest)
add_end_to_end_program_test(checkpoints)
add_end_to_end_program_test(signals)
add_end_to_end_program_test(placement)
add_end_to_end_program_test(threads)
add_end_to_end_program_test(bfloat16)
add_end_to_end_program_test(layouts)
add_end_to_end_program_test(large_gradients)
add_end_to_end_program_test(training_layouts)
add_end_to_end_program_test(traffic ${PROJECT_SOURCE_DIR}/bench)
add_end_to_end_program_test(movielens ${PROJECT_SOURCE_DIR}/configs/retrieval.yaml)
add_end_to_end_program_test(memory ${PROJECT_SOURCE_DIR}/configs/retrieval.yaml)
add_end_to_end_program_test(little_memory ${PROJECT_SOURCE_DIR}/configs/quickstart.yaml)
add_end_to_end_program_test(configs ${PROJECT_SOURCE_DIR}/configs)
add_end_to_end_program_test(tune ${PROJECT_SOURCE_DIR}/scripts/tune)
add_end_to_end_program_test(reproduce ${PROJECT_SOURCE_DIR}/scripts/reproduce)
add_end_to_end_program_test(sweep ${PROJECT_SOURCE_DIR}/scripts/sweep)
add_end_to_end_program_test(trials ${PROJECT_SOURCE_DIR}/docs/examples/tune.py)
add_end_to_end_program_test(use_lists)
add_end_to_end_program_test(use_pairs)
add_end_to_end_program_test(use_exports ${PROJECT_SOURCE_DIR}/docs/serving.md)

# README.md and docs/ against the program and the tree; then what they show, run as it stands there.
add_program_test(jobs.readme COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/jobs/readme.py
  $<TARGET_FILE:tandem_program> ${PROJECT_SOURCE_DIR})
add_program_test(jobs.pages COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/jobs/pages.py covered
  ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_LIST_FILE})

# add_page_test(<name> <page>): the sessions of a page.
function(add_page_test name page)
  add_end_to_end_test(jobs.${name} COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/jobs/pages.py session
    $<TARGET_FILE:tandem_program> ${PROJECT_SOURCE_DIR} ${page} ${MPIEXEC_EXECUTABLE})
endfunction()

add_page_test(readme_session README.md)
add_page_test(first_hour docs/first-hour.md)
add_page_test(from_tfrs docs/from-tfrs.md)
add_page_test(own_data docs/own-data.md)
add_page_test(cold_start docs/cold-start.md)
add_page_test(retraining docs/retraining.md)
add_page_test(choosing_settings docs/choosing-settings.md)
add_page_test(python docs/python.md)
add_page_test(serving docs/serving.md)
add_page_test(formats docs/formats.md)
add_page_test(install docs/install.md)
