#include "prepare/summary.h"

#include "base/log.h"
#include "base/memory.h"
#include "data/moments.h"
#include "data/summary.h"
#include "prepare/odd.h"
#include "prepare/preparing.h"

#include <math.h>

/* Which values count. */
typedef struct {
    const td_field *field;
    int64_t rows;
    const uint8_t *split;
    bool all;
} chosen;

/* Whether row i counts, unless its value is missing. */
static inline bool counts(const chosen *c, int64_t i)
{
    return c->all || c->split[i] == TD_TRAIN;
}

/* Collective. */
static td_moments join(td_comm *comm, const td_moments *mine)
{
    td_moments moments = {0};
    size_t ranks;
    td_moments *of = td_comm_allgatherv(comm, mine, 1, sizeof *mine, &ranks);
    for (size_t rank = 0; rank < ranks; rank++)
        td_moments_join(&moments, &of[rank]);
    td_free(of);
    return moments;
}

static td_summary of_times(td_comm *comm, const chosen *c)
{
    const int64_t *times = c->field->values;
    td_moments mine = {0};
    for (int64_t i = 0; i < c->rows; i++)
        if (counts(c, i) && times[i] != INT64_MIN)
            td_moments_add(&mine, times[i]);
    const td_moments moments = join(comm, &mine);
    return (td_summary){moments.count, (double)moments.first, (double)moments.last,
                        td_moments_mean(&moments), td_moments_variance(&moments)};
}

static int64_t group_of(const void *context, int64_t i)
{
    return counts(context, i) ? 0 : -1;
}

td_summary td_summarize(td_comm *comm, const td_field *field, int64_t rows, const uint8_t *split,
                        bool all)
{
    const chosen c = {field, rows, split, all};
    td_summary summary;
    if (field->type == TD_INT64)
        return of_times(comm, &c);
    td_summarize_groups(comm, rows, field->values, 1, group_of, &c, &summary);
    return summary;
}

int64_t td_count_missing(const td_field *field, int64_t rows)
{
    int64_t missing = 0;
    if (!field->offsets)
        return td_missing_count(field->type, rows * field->width, field->values) / field->width;
    for (int64_t i = 0; i < rows; i++)
        missing += field->offsets[i + 1] == field->offsets[i];
    return missing;
}

/* Collective. Warns of a number that may stand for none: it is learned as it stands. */
static void warn_of_odd(td_comm *comm, const td_schema_field *about, const float *numbers,
                        int64_t rows)
{
    td_ends mine = td_ends_begin(), all = td_ends_begin();
    size_t ranks;
    for (int64_t i = 0; i < rows; i++)
        if (!isnan(numbers[i]))
            td_ends_add(&mine, (double)numbers[i], 1);
    td_ends *of = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &ranks);
    for (size_t rank = 0; rank < ranks; rank++)
        td_ends_join(&all, &of[rank]);
    td_free(of);
    td_comm_sum(comm, 1, &rows);
    const td_odd odd = td_ends_odd(&all, rows);
    if (odd == TD_ODD_NONE)
        return;
    const double value = odd == TD_ODD_LOW ? all.low : all.high;
    const int64_t count = odd == TD_ODD_LOW ? all.lows : all.highs;
    td_warn("%s: %.1f %% of the %ss have %g, far from all others: if it stands for none, say "
            "--missing %g, or missing: ['%g'] in a schema",
            about->name, 100 * (double)count / (double)rows, td_of_name(about->of), value, value,
            value);
}

/* Of users and items all count; every rank has all items, with one missing row before them. */
void td_describe_fields(td_preparing *p)
{
    const bool all = p->options->statistics == TD_STATISTICS_ALL;
    td_frame *const frames[TD_OFS] = {&p->rows.frame, &p->users, &p->items};
    for (size_t f = 0; f < p->prepared.schema.count; f++) {
        td_schema_field *about = &p->prepared.schema.fields[f];
        const td_frame *frame = frames[about->of];
        const td_field *field = td_frame_find(frame, about->name);
        const bool mine = about->of != TD_OF_ITEM || td_comm_rank(p->comm) == 0;
        const int64_t rows = mine ? frame->count : 0;
        about->missing = td_count_missing(field, rows) - (rows > 0 && about->of == TD_OF_ITEM);
        td_comm_sum(p->comm, 1, &about->missing);
        if (about->kind == TD_KIND_NUMBER && about->role != TD_ROLE_WEIGHT)
            warn_of_odd(p->comm, about, field->values, rows);
        if (about->kind == TD_KIND_NUMBER || about->kind == TD_KIND_TIME)
            about->summary =
                td_summarize(p->comm, field, rows, p->split, all || about->of != TD_OF_ROW);
    }
}
