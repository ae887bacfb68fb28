/* Line ends are counted first: every line then knows its number, whichever rank reads it, and how
 * much memory a part needs is known. */
#include "prepare/parts.h"

#include "base/range.h"

static td_part share_of(td_comm *comm, int64_t length)
{
    td_part part = {.begin = 0};
    td_comm_share(comm, length, &part.begin, &part.end);
    part.end += part.begin;
    return part;
}

static bool is_packed(td_table *table)
{
    return td_input_is_packed(td_lines_input(td_table_lines(table)));
}

/* Rank 0's length is everybody's, should the file be growing. */
static td_status find_part(td_comm *comm, td_table *table, td_part *part)
{
    td_lines *lines = td_table_lines(table);
    int64_t length = td_input_length(td_lines_input(lines)), count = 0;
    td_comm_broadcast(comm, 0, &length, sizeof length);
    *part = share_of(comm, length);
    TD_TRY(td_comm_agree(comm, td_lines_count_ends(lines, part->begin, part->end, &count)));
    part->lines = count + 1; /* the last one may lack its end */
    td_comm_exscan(comm, 1, &count, &part->ends);
    return TD_OK;
}

td_status td_part_open(td_comm *comm, const td_table_form *form, int64_t bad_lines,
                       td_table **table, td_part *part)
{
    td_status status = td_table_open(comm, form, table);
    if (status == TD_OK && !is_packed(*table)) {
        td_table_look_ahead(*table, bad_lines);
        status = find_part(comm, *table, part);
    } else if (status == TD_OK) {
        *part = (td_part){.end = td_comm_rank(comm) == 0 ? INT64_MAX : 0};
    }
    if (status == TD_OK)
        return TD_OK;
    td_table_close(*table);
    *table = NULL;
    return status;
}

td_status td_part_begin(td_table *table, const td_part *part)
{
    if (is_packed(table))
        return TD_OK; /* that is where it is */
    return td_table_select(table, part->begin, part->end, part->ends);
}
