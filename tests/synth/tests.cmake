add_unit_test(synth synth)
add_test(NAME synth.synth_bytes COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/synth/synth_bytes.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(synth.synth_bytes PROPERTIES TIMEOUT 120)
