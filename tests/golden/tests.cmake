# tests/golden replays the reference vectors of tests/reference. What it says of a file that is
# right, mutations.sh lets it say of files that are wrong.
add_executable(golden golden/golden.c golden/case.c golden/file.c golden/replay.c golden/rounding.c
  golden/evaluation.c)
target_include_directories(golden PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(golden PRIVATE tandem tandem_flags tandem_dependencies)
add_executable(golden_alter golden/alter.c)
target_link_libraries(golden_alter PRIVATE tandem_flags tandem_dependencies)

set(REFERENCE ${CMAKE_CURRENT_SOURCE_DIR}/reference)
set(REFERENCE_FILES)
foreach(name retrieval temperature sample_weights logq accidental_hits hard_negatives all_retrieval_options
    context_off context_on deep_towers rating_only retrieval_only joint joint_tutorial_size sgd adam adam_towers)
  list(APPEND REFERENCE_FILES ${REFERENCE}/${name}.h5)
endforeach()
foreach(kernels fixed openblas)
  foreach(n 1 2 4)
    add_test(NAME golden.${kernels}.n${n} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${n}
      $<TARGET_FILE:golden> --kernels ${kernels} ${REFERENCE_FILES})
    set_tests_properties(golden.${kernels}.n${n} PROPERTIES LABELS "golden;mpi" PROCESSORS ${n} TIMEOUT 120
      ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")
  endforeach()
endforeach()
add_test(NAME golden.mutations COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/golden/mutations.sh $<TARGET_FILE:golden>
  $<TARGET_FILE:golden_alter> ${REFERENCE} ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3)
set_tests_properties(golden.mutations PROPERTIES LABELS "golden;mpi" PROCESSORS 3 TIMEOUT 300
  ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")
