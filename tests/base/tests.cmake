add_unit_test(base config)
add_unit_test(base config_files)
add_unit_test(base config_relations)
target_compile_definitions(test_base_config_files PRIVATE CONFIGS="${PROJECT_SOURCE_DIR}/configs")
add_unit_test(base config_section)
add_unit_test(base crash)
add_unit_test(base memory)
add_unit_test(base number)
add_unit_test(base random)
add_unit_test(base signals)
add_unit_test(base status)
add_unit_test(base stopwatch)
add_unit_test(base yaml)

# A locale with a decimal comma, where the system can make one; else its test says that it skips.
# glibc itself leaks what it parses of LOCPATH.
find_program(LOCALEDEF localedef)
if(LOCALEDEF)
  set(LOCALES ${CMAKE_CURRENT_BINARY_DIR}/locale)
  file(MAKE_DIRECTORY ${LOCALES})
  execute_process(COMMAND ${LOCALEDEF} --no-archive -i de_DE -f UTF-8 ${LOCALES}/de_DE.UTF-8
    OUTPUT_QUIET ERROR_QUIET)
  set_property(TEST base.number APPEND PROPERTY ENVIRONMENT "LOCPATH=${LOCALES}" "ASAN_OPTIONS=detect_leaks=0")
endif()
