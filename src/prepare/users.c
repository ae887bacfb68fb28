/* From rows in the order of the input to those of a rank's users, and the users' fields. */
#include "base/memory.h"
#include "data/frame_alltoallv.h"
#include "data/rows.h"
#include "prepare/preparing.h"
#include "prepare/shared_names.h"
#include "prepare/split_rule.h"
#include "text/decimal.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Returns the name of the field that says whose a record is. */
static const char *user_field(const td_preparing *p, const td_records *records)
{
    return records->keys > 0 ? TD_FIELD_KEY : td_source_with_role(p->source, TD_ROLE_USER)->name;
}

int32_t *td_user_of(const td_preparing *p, const td_records *records)
{
    return td_frame_values(&records->frame, user_field(p, records));
}

/* Users that only their own table names are users as well. */
static void join_users(td_preparing *p, td_vocabulary *users)
{
    td_records *others = &p->others;
    td_vocabulary *theirs = td_records_take_names(others, TD_FIELD_KEY);
    int32_t *user = td_user_of(p, others), count = td_vocabulary_count(theirs);
    int32_t *number = TD_NEW(int32_t, (size_t)count + 1);
    td_strings names = td_vocabulary_list(theirs);
    td_vocabulary_free(theirs);
    td_vocabulary_add_strings(users, &names, number + 1);
    for (int64_t i = 0; i < others->frame.count; i++)
        user[i] = number[user[i]];
    td_free(number);
    td_strings_free(&names);
}

/* Collective. Rows go to the owners of their users, and get the users' numbers there. */
static void send_records(const td_preparing *p, td_records *records)
{
    const td_user_owner *of = p->owners.of;
    td_frame *frame = &records->frame;
    int32_t *user = td_user_of(p, records), *to = TD_NEW(int32_t, (size_t)frame->count);
    for (int64_t i = 0; i < frame->count; i++) {
        to[i] = of[user[i]].rank;
        user[i] = of[user[i]].user;
    }
    td_frame_alltoallv(p->comm, to, frame);
    td_free(to);
}

/* Collective. Finds the owners of all users that the rows name, and sends them their rows. */
static td_status send_all(td_preparing *p)
{
    td_vocabulary *users = td_records_take_names(&p->rows, user_field(p, &p->rows));
    if (p->others.table)
        join_users(p, users);
    td_shared_names names = td_shared_names_make(p->comm, users);
    td_vocabulary_free(users);
    td_status status = td_check_names(p, "users", names.total);
    if (status == TD_OK)
        status = td_check_keys(p, "users", names.owned);
    if (status == TD_OK)
        p->owners = td_user_owners_find(p->comm, &names, p->options->seed);
    td_shared_names_free(&names);
    TD_TRY(status);
    send_records(p, &p->rows);
    if (p->others.table)
        send_records(p, &p->others);
    td_free(p->owners.of);
    p->owners.of = NULL;
    return TD_OK;
}

/* Leaves the records out that have no user. */
static void drop_nobody(const td_preparing *p, td_records *records)
{
    td_frame *frame = &records->frame;
    const int32_t *user = td_user_of(p, records);
    bool *keep = TD_NEW(bool, (size_t)frame->count);
    for (int64_t i = 0; i < frame->count; i++)
        keep[i] = user[i] > 0;
    td_frame_keep(frame, keep);
    td_free(keep);
}

/* Collective. Leaves the rows out that have no user. */
static void drop_without_user(td_preparing *p)
{
    drop_nobody(p, &p->rows);
    p->total = p->rows.frame.count;
    td_comm_sum(p->comm, 1, &p->total);
    p->report->left_out[TD_LEFT_WITHOUT_USER] = p->rows.total - p->total;
}

/* Whether a name is "#" and a number. */
static bool is_numbered(td_str name)
{
    int64_t number;
    return name.length > 1 && name.text[0] == '#' &&
           td_decimal_whole(name.text + 1, name.length - 1, INT64_MAX, &number);
}

/* No user of records may be called as rows without one are. */
static td_status check_names(td_preparing *p, td_records *records)
{
    const char *field = user_field(p, records);
    td_vocabulary *users = td_records_take_names(records, field);
    td_status status = TD_OK;
    for (int32_t i = 1; i <= td_vocabulary_count(users) && status == TD_OK; i++)
        if (is_numbered(td_vocabulary_name(users, i)))
            status = td_fail(TD_ERR_INPUT,
                             "%s: expected names of users other than '#' and a number, as rows "
                             "without a user are called so (without_user: alone); found '%s'",
                             records->table->form.path,
                             td_excerpt_of_str(td_vocabulary_name(users, i)).text);
    td_records_give_names(records, field, users);
    return td_comm_agree(p->comm, status);
}

/* Collective. Makes each row without a user one of its own, which is called "#" and the row's
 * number. */
static td_status name_without_user(td_preparing *p)
{
    TD_TRY(check_names(p, &p->rows));
    if (p->others.table)
        TD_TRY(check_names(p, &p->others));
    const char *field = user_field(p, &p->rows);
    td_vocabulary *users = td_records_take_names(&p->rows, field);
    int32_t *user = td_user_of(p, &p->rows);
    for (int64_t i = 0; i < p->rows.frame.count; i++) {
        char name[32];
        if (user[i] > 0)
            continue;
        snprintf(name, sizeof name, "#%" PRId64, p->rows.first + i);
        user[i] = td_vocabulary_add(users, (td_str){name, strlen(name)});
    }
    td_records_give_names(&p->rows, field, users);
    return TD_OK;
}

/* Says of each row which files it is from, where some are for validation or testing. */
static void add_files(td_preparing *p)
{
    td_frame *frame = &p->rows.frame;
    const int64_t *from = p->rows.held_out;
    if (p->source->table[TD_OF_ROW].held_out[0] == 0)
        return;
    uint8_t *of = td_frame_add(frame, TD_FIELD_FILES, TD_UINT8, 1)->values;
    for (int64_t i = 0; i < frame->count; i++)
        of[i] = i < from[0] ? TD_TRAIN : i < from[1] ? TD_VALIDATION : TD_TEST;
}

/* Collective. Leaves the first row of each user where their table's rows are the interactions,
 * which come to their owners in the order of the input, and warns of those that differ. Once is
 * enough. */
static void keep_first_rows(td_preparing *p)
{
    td_frame *frame = &p->others.frame;
    if (!p->others.table || !p->others.table->is_of_rows)
        return;
    const int32_t *user = td_user_of(p, &p->others);
    int64_t *first = TD_NEW(int64_t, (size_t)p->owners.count), differing = 0; /* 0: none so far */
    bool *keep = TD_NEW(bool, (size_t)frame->count);
    bool *differs = TD_NEW(bool, (size_t)p->owners.count);
    for (int64_t i = 0; i < frame->count; i++) {
        const int32_t u = user[i] - 1;
        keep[i] = first[u] == 0;
        if (keep[i])
            first[u] = i + 1;
        else if (!differs[u] && !td_frame_same_rows(frame, first[u] - 1, i))
            differs[u] = true;
    }
    for (int64_t u = 0; u < p->owners.count; u++)
        differing += differs[u];
    td_frame_keep(frame, keep);
    td_comm_sum(p->comm, 1, &differing);
    td_source_warn_of_differing(p->others.table, TD_OF_USER, differing);
    td_free(first);
    td_free(keep);
    td_free(differs);
}

td_status td_send_to_owners(td_preparing *p)
{
    const td_row_rules *rules = &p->source->rules;
    td_frame *frame = &p->rows.frame;
    int64_t *row = td_frame_add(frame, TD_FIELD_ROW, TD_INT64, 1)->values;
    for (int64_t i = 0; i < frame->count; i++)
        row[i] = p->rows.first + i;
    add_files(p);
    if (rules->without_user == TD_WITHOUT_USER_DROP)
        drop_without_user(p);
    if (rules->without_user == TD_WITHOUT_USER_ALONE)
        TD_TRY(name_without_user(p));
    if (p->source->table[TD_OF_USER].is_of_rows)
        drop_nobody(p, &p->others);
    if (rules->session_gap > 0) {
        TD_TRY(send_all(p));
        keep_first_rows(p);
        td_cut_sessions(p);
        td_user_owners_free(&p->owners);
    }
    TD_TRY(send_all(p));
    keep_first_rows(p);
    return TD_OK;
}

td_status td_collect_users(td_preparing *p)
{
    td_frame_extend(&p->users, p->owners.count);
    if (!p->others.table)
        return TD_OK;
    td_frame *frame = &p->others.frame;
    const int32_t *user = td_user_of(p, &p->others);
    int64_t *place = TD_NEW(int64_t, (size_t)p->owners.count);
    td_status status = TD_OK;
    for (int64_t u = 0; u < p->owners.count; u++)
        place[u] = frame->count;
    for (int64_t i = 0; i < frame->count && status == TD_OK; i++) {
        int64_t *at = &place[user[i] - 1];
        const td_str name = td_string_at(&p->owners.names, user[i] - 1);
        if (*at != frame->count)
            status = td_fail(TD_ERR_INPUT, "%s: expected each user once, found '%s' again",
                             p->others.table->form.path, td_excerpt_of_str(name).text);
        *at = i;
    }
    status = td_comm_agree(p->comm, status);
    if (status == TD_OK) {
        const bool may_be_alone = p->source->rules.session_gap == 0 && !p->others.table->is_of_rows;
        p->is_told = may_be_alone ? TD_NEW(bool, (size_t)p->owners.count) : NULL;
        for (int64_t u = 0; p->is_told && u < p->owners.count; u++)
            p->is_told[u] = place[u] != frame->count;
        td_frame_remove(frame, TD_FIELD_KEY);
        td_frame_extend(frame, 1);
        td_frame_free(&p->users);
        p->users = td_frame_gather(frame, p->owners.count, place);
    }
    td_free(place);
    return status;
}
