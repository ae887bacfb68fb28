# add_unit_test(model <module>)
