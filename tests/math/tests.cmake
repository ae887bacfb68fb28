add_unit_test(math exact_sum)
