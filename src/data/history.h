/* What users had before, or whom items had: lists of ids for the encoder `history`, made of the
 * training rows.
 *
 * A user's rows stand in the order of (time, place in the file), or of the file where there are no
 * times. A query gets those that a rule takes, in that order: all of them, or those before its time
 * (a row of the same time is not before it, nor is one without a time); without those of its own
 * item, if the rule drops them; of what is left the last N. Where an item's users are asked for,
 * the same of the item's rows, all of them.
 */
#ifndef TD_DATA_HISTORY_H
#define TD_DATA_HISTORY_H

#include "base/range.h"
#include "data/frame.h"
#include "data/schema.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_dataset; /* data/dataset.h, which knows files */

/* What a feature takes. */
typedef struct {
    char *name;   /* of the lists: "history/FEATURE", no field's of a file */
    td_of of;     /* users' items, or items' users */
    char *values; /* the field of those items or users that is read; NULL: their ids */
    const td_field
        *field;        /* of items, by id: the values, for whom the spec is bound (model/spec.h) */
    const char *where; /* a condition on rows, in the configuration's memory; "": all */
    bool is_before;    /* rows before the query's time alone */
    bool drops_own;    /* without the rows of the query's own item */
    int64_t last;      /* at most so many rows; 0: all */
    int64_t seconds;   /* none that is so much older than the query, or more; 0: any */
} td_history_rule;

/* Begins as {0}; td_history_rules_free frees what it holds. */
typedef struct {
    size_t count;
    td_history_rule *rule; /* (count) */
} td_history_rules;

void td_history_rules_free(td_history_rules *rules);

/* Local. Returns the rule of this name, NULL if there is none. */
const td_history_rule *td_history_rules_find(const td_history_rules *rules, const char *name);

/* The rows of some users, for one rule. */
typedef struct {
    const td_history_rule *rule;
    int64_t *offsets; /* (users + 1) */
    int32_t *items;   /* user u's are items[offsets[u]] to items[offsets[u + 1]] */
    int64_t *times;   /* likewise, ascending; NULL unless the rule asks for those before */
} td_history;

/* Histories by the rules that are of users. Begins as {0}; td_histories_free frees it. */
typedef struct {
    td_range users; /* of whom: ids */
    size_t count;
    td_history *history; /* (count) */
} td_histories;

/* Collective, each rank its own users: ids, from 1. Keeps rules by reference. TD_ERR_CONFIG if a
 * condition cannot be one. */
td_status td_histories_read(struct td_dataset *data, const td_history_rules *rules, td_range users,
                            td_histories *histories);
void td_histories_free(td_histories *histories);

/* Who asks for histories; plain data. */
typedef struct {
    int64_t count;
    const int32_t *users; /* (count): ids; 0, who has none, or one whose histories were read */
    const int32_t *items; /* (count): own ones; NULL: none */
    const int64_t *times; /* (count): in seconds; needed by a rule for what is before */
} td_history_queries;

/* Local. Sets a frame to count rows with the list of every rule, by its name. What the frame had is
 * replaced; its memory is used again. */
void td_histories_list(const td_histories *histories, const td_history_queries *queries,
                       td_frame *lists);

/* Local. Makes room in a frame for the lists of count queries of these users, however long. */
void td_histories_reserve(const td_histories *histories, int64_t count, td_frame *lists);

/* Collective. Adds to the fields of items, by id, the lists of the rules that are of items, whole
 * on every rank; users are the fields of users, by id. */
td_status td_histories_add_to_items(struct td_dataset *data, const td_history_rules *rules,
                                    const td_frame *users, td_frame *items);

#endif
