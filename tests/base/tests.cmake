# add_unit_test(base <module>)
