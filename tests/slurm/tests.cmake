# The scripts of slurm/ on a real Slurm; what a job does most of the time there is wait. One at a time, so that they
# begin before all others.
function(add_slurm_test case)
  add_test(NAME slurm.${case} COMMAND ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/slurm/slurm.py ${case}
    ${PROJECT_SOURCE_DIR} $<TARGET_FILE:tandem_program>)
  set_tests_properties(slurm.${case} PROPERTIES LABELS "slurm;mpi;end-to-end" RESOURCE_LOCK slurm COST 1000 TIMEOUT 400
    SKIP_REGULAR_EXPRESSION "^skipped:" ENVIRONMENT "${MPI_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1")
endfunction()

if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
  foreach(case finish requeue control node workflow direct)
    add_slurm_test(${case})
  endforeach()
endif()
