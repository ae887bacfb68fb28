# add_unit_test(train <module>)
