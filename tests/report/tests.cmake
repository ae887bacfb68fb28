add_unit_test(report escape)
add_unit_test(report plot_script)
add_unit_test(report words)
