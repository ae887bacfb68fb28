add_unit_test(math exact_sum)
add_unit_test(math kernels)
