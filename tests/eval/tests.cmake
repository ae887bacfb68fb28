# add_unit_test(eval <module>)
