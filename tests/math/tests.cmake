add_unit_test(math exact_sum)
add_unit_test(math inverse)
add_unit_test(math kernels)
add_unit_test(math rounded)
add_unit_test(math wide_sum)

# The same bits from every compiler and instruction set here, NEON included. It has builds of its
# own, so once is enough: not with the sanitizers.
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
  add_test(NAME math.bits COMMAND ${PROJECT_SOURCE_DIR}/scripts/test-aarch64 ${PROJECT_BINARY_DIR})
  set_tests_properties(math.bits PROPERTIES LABELS math TIMEOUT 600 SKIP_REGULAR_EXPRESSION "aarch64: skipped")
endif()
