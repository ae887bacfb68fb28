# What goes wrong on real machines. Hostile files are read inside one process, where a sanitizer sees
# all; an allocation that only a hostile size asks for is an error.
set(HOSTILE_SETTINGS "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:max_allocation_size_mb=64")
foreach(module hostile_data hostile_checkpoint)
  add_mpi_test(chaos ${module} RANKS 1)
  target_sources(test_chaos_${module} PRIVATE chaos/mutations.c)
  set_property(TEST chaos.${module}.n1 APPEND PROPERTY ENVIRONMENT ${HOSTILE_SETTINGS})
endforeach()

# The whole program is too slow for that under sanitizers.
add_executable(chaos_mutate chaos/mutate.c chaos/mutations.c)
target_link_libraries(chaos_mutate PRIVATE tandem_flags tandem_dependencies)
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
  foreach(files hostile_files hostile_checkpoints)
    add_program_test(chaos.${files} COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/${files}.py
      $<TARGET_FILE:tandem_program> $<TARGET_FILE:chaos_mutate> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
    set_tests_properties(chaos.${files} PROPERTIES LABELS "mpi;end-to-end"
      ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endif()

add_executable(chaos_prepare_folders chaos/prepare_folders.c)
target_include_directories(chaos_prepare_folders PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(chaos_prepare_folders PRIVATE tandem tandem_flags tandem_dependencies)
add_program_test(chaos.hostile_schemas COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/hostile_schemas.py
  $<TARGET_FILE:tandem_program> $<TARGET_FILE:chaos_prepare_folders> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(chaos.hostile_schemas PROPERTIES LABELS mpi
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")

# Kills at random moments; long ones by hand.
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
  add_program_test(chaos.kills COMMAND ${TEST_PYTHON} ${PROJECT_SOURCE_DIR}/scripts/chaos --kills 10
    --tandem $<TARGET_FILE:tandem_program> --launcher "${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG}")
  set_tests_properties(chaos.kills PROPERTIES LABELS "mpi;end-to-end")
endif()

# Faults that a library makes which is loaded before the program: every call that writes failing in
# turn, and those by which any command reads; files that change while they are used; a wall clock that jumps.
# What takes longer than the gate has time for is scripts/test --long's.
function(add_fault_test name library)
  if(NOT TARGET ${library})
    add_library(${library} MODULE chaos/${library}.c)
    target_link_libraries(${library} PRIVATE tandem_flags ${CMAKE_DL_LIBS})
  endif()
  add_test(NAME chaos.${name} COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/${name}.py
    $<TARGET_FILE:tandem_program> $<TARGET_FILE:${library}> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
  set_tests_properties(chaos.${name} PROPERTIES LABELS "mpi;end-to-end" TIMEOUT 600
    ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
endfunction()

if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
  add_fault_test(failing_writes fail_files)
  set_tests_properties(chaos.failing_writes PROPERTIES COST 300) # long: it begins early
  add_fault_test(failing_calls fail_files)
  add_fault_test(files_in_use fail_files)
  add_fault_test(jumping_clock jump_clock)
  add_program_test(chaos.failing_library COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/failing_library.py
    $<TARGET_FILE:tandem_program> $<TARGET_FILE:chaos_prepare_folders> $<TARGET_FILE:fail_files> ${MPIEXEC_EXECUTABLE}
    ${MPIEXEC_NUMPROC_FLAG})
  set_tests_properties(chaos.failing_library PROPERTIES LABELS "mpi;end-to-end"
    ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
  add_program_test(chaos.twice COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/twice.py
    $<TARGET_FILE:tandem_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
  set_tests_properties(chaos.twice PROPERTIES LABELS "mpi;end-to-end"
    ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
  foreach(name random_layouts disturbed_ranks)
    add_program_test(chaos.${name} COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/${name}.py
      $<TARGET_FILE:tandem_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
    set_tests_properties(chaos.${name} PROPERTIES LABELS "mpi;end-to-end"
      ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endif()

# Every kind of file through every command that reads it, where a sanitizer sees it.
if(CMAKE_C_FLAGS MATCHES "-fsanitize")
  add_program_test(chaos.hostile_commands COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/hostile_commands.py
    $<TARGET_FILE:tandem_program> $<TARGET_FILE:chaos_mutate> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
  set_tests_properties(chaos.hostile_commands PROPERTIES LABELS "mpi"
    ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
endif()

# Grids of settings, which bash reads.
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
  add_program_test(chaos.hostile_grids COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/chaos/hostile_grids.py
    ${PROJECT_SOURCE_DIR}/scripts/sweep)
  set_tests_properties(chaos.hostile_grids PROPERTIES LABELS "end-to-end" ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()
