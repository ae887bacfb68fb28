/* When a unit changes. */
#include "model/sum_units.h"

bool td_sum_units_are_finest(size_t count, const td_sum_unit *units)
{
    size_t i = 0;
    while (i < count && units[i].coarser == 0)
        i++;
    return i == count;
}

void td_sum_unit_follow(td_sum_unit *unit, int needed)
{
    if (needed >= unit->coarser) {
        *unit = (td_sum_unit){.coarser = needed};
        return;
    }
    unit->needed = needed > unit->needed ? needed : unit->needed;
    unit->quiet++;
    if (unit->quiet == TD_SUM_UNIT_STEPS)
        *unit = (td_sum_unit){.coarser = unit->needed};
}

bool td_sum_unit_is_sound(const td_sum_unit *unit)
{
    if (unit->coarser < 0 || unit->coarser > TD_EXACT_COARSEST || unit->quiet < 0 ||
        unit->quiet >= TD_SUM_UNIT_STEPS || unit->needed < 0)
        return false;
    return unit->quiet == 0 ? unit->needed == 0 : unit->needed < unit->coarser;
}
