# add_unit_test(data <module>)
