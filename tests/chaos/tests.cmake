# What goes wrong on real machines. Hostile files are read inside one process, where a sanitizer sees
# all; an allocation that only a hostile size asks for is an error.
set(HOSTILE_SETTINGS "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:max_allocation_size_mb=64")
foreach(module hostile_data)
  add_mpi_test(chaos ${module} RANKS 1 CASES damaged)
  target_sources(test_chaos_${module} PRIVATE chaos/mutations.c)
  foreach(case damaged)
    set_property(TEST chaos.${module}.${case}.n1 APPEND PROPERTY ENVIRONMENT ${HOSTILE_SETTINGS})
    set_tests_properties(chaos.${module}.${case}.n1 PROPERTIES TIMEOUT 300)
  endforeach()
endforeach()
