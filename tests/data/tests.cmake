add_unit_test(data synth)
add_test(NAME data.synth_bytes COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/data/synth_bytes.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(data.synth_bytes PROPERTIES TIMEOUT 120)
