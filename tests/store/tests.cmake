# add_unit_test(store <module>)
