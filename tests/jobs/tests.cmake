# add_unit_test(jobs <module>)
