/* Numbers in cells, with decimals behind a point or a comma, and groups of three digits. */
#include "prepare/cell.h"

#include <criterion/criterion.h>
#include <string.h>

Test(cell, numbers)
{
    const td_source_field plain = {.thousands = '\0'}, comma = {.has_decimal_comma = true};
    const td_source_field english = {.thousands = ','}, swiss = {.thousands = '\''};
    const td_source_field french = {.has_decimal_comma = true, .thousands = ' '};
    const struct {
        const td_source_field *field;
        const char *cell;
        float number; /* -1: it is none */
    } cases[] = {
        {&plain, "1.5", 1.5F},
        {&plain, "1,5", -1},
        {&plain, "1,662.5", -1},
        {&comma, "6,5", 6.5F},
        {&comma, "6.5", -1},
        {&comma, "1.662,5", 1662.5F},
        {&comma, "1.662", 1662},
        {&comma, "1.234.567", 1234567},
        {&comma, "1234.567", -1},
        {&comma, "1.66,5", -1},
        {&comma, "1,662.5", -1},
        {&comma, ".500", -1},
        {&comma, "1..500", -1},
        {&comma, "-1.500", -1500},
        {&comma, "1662,5", 1662.5F},
        {&comma, "", -1},
        {&comma, "1.5000", -1},
        {&english, "1,662.5", 1662.5F},
        {&english, "1662.5", 1662.5F},
        {&english, "1,6", -1},
        {&english, "1,662,5", -1},
        {&swiss, "1'662.5", 1662.5F},
        {&french, "1 662,5", 1662.5F},
        {&french, "1.662,5", -1},
        {&comma, "1.111.111.111.111.111.111.111.111.111.111.111.111.111.111.111.11", -1},
        {&comma, "1.111.111.111.111.111.111.111.111.111.111.111.111.111.111.111.1111", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *cell = cases[i].cell;
        float number = -1;
        const bool read = td_cell_number(cases[i].field, (td_str){cell, strlen(cell)}, &number);
        cr_expect_eq(read, cases[i].number != -1, "%zu: '%s'", i, cell);
        if (read)
            cr_expect_eq(number, cases[i].number, "'%s' is %g", cell, (double)number);
    }
}
