#include "eval/table_window.h"

#include <string.h>

void td_table_window_create(td_table_window *window, td_comm *comm, const td_tensor *table)
{
    size_t ranks;
    int64_t *owners = td_comm_allgatherv(comm, &table->held.first, 1, sizeof *owners, &ranks);
    owners = td_reallocate(owners, ranks, ranks + 1, sizeof *owners);
    owners[ranks] = (int64_t)table->rows;
    *window = (td_table_window){.ids = {.bytes = 0}};
    td_row_exchange_create(&window->rows, comm, (int64_t)table->rows, owners, false, table->rows,
                           (size_t)table->held.count);
    td_free(owners);
}

void td_table_window_free(td_table_window *window)
{
    td_row_exchange_free(&window->rows);
    td_buffer_free(&window->ids);
    td_buffer_free(&window->values);
    td_buffer_free(&window->my_rows);
}

void td_table_window_meet(td_table_window *window, const td_tensor *table, td_row_sums *named,
                          td_tensor *seen)
{
    td_row_exchange *x = &window->rows;
    const size_t width = table->columns, count = named->count;
    int32_t *ids = td_buffer_fit(&window->ids, count, sizeof *ids);
    if (count > 0)
        memcpy(ids, named->ids, count * sizeof *ids);
    td_row_exchange_meet(x, count, ids);
    td_row_sums_clear(named);
    td_row_sums_touch(named, x->count, x->ids);
    float *my_rows = td_buffer_fit(&window->my_rows, x->my_count * width, sizeof *my_rows);
    float *values = td_buffer_fit(&window->values, x->count * width, sizeof *values);
#pragma omp parallel for
    for (size_t i = 0; i < x->my_count; i++)
        memcpy(my_rows + i * width,
               table->values + (size_t)(x->my_ids[i] - table->held.first) * width,
               width * sizeof *my_rows);
    td_row_exchange_spread(x, width, my_rows, values);
    seen->held = (td_range){0, (int64_t)table->rows};
    seen->values = values;
    seen->places = named->slots;
}
