/* Sessions in the place of users: a user's rows by time, cut where so much time lies between two of
 * them. */
#include "base/memory.h"
#include "data/half_life.h"
#include "prepare/row_rules.h"

#include <stdio.h>
#include <string.h>

/* The sessions so far. Session s, from 0, is number s + 1 in names. */
typedef struct {
    td_vocabulary *names;
    int32_t *first; /* (users + 1) the first session of each user */
} sessions;

/* Adds the next session of a user: "NAME#1" is the first. */
static int32_t add_session(sessions *s, td_str user, int64_t number)
{
    const size_t size = user.length + sizeof "#9223372036854775807";
    char *name = TD_NEW(char, size);
    memcpy(name, user.text, user.length);
    const int digits = snprintf(name + user.length, size - user.length, "#%lld", (long long)number);
    const int32_t id = td_vocabulary_add(s->names, (td_str){name, user.length + (size_t)digits});
    td_free(name);
    return id;
}

/* Cuts the rows of each user, and gives them the numbers of their sessions in s. */
static void cut(td_row_choice *rows, int64_t gap, int32_t *session, sessions *s)
{
    const td_strings *users = &rows->p->owners.names;
    const td_row_order order = td_by_time(rows);
    for (int64_t u = 0; u < users->count; u++) {
        int64_t *row = rows->row + rows->offsets[u], number = 0;
        const int64_t n = td_sort_left(rows, rows->offsets[u + 1] - rows->offsets[u], row, &order);
        s->first[u] = td_vocabulary_count(s->names);
        for (int64_t i = 0; i < n; i++) {
            const bool begins =
                i == 0 || td_age_between(rows->time[row[i]], rows->time[row[i - 1]]) > gap;
            session[row[i]] =
                begins ? add_session(s, td_string_at(users, u), ++number) : session[row[i - 1]];
        }
    }
    s->first[users->count] = td_vocabulary_count(s->names);
}

/* What is told of a user is told of each of its sessions. */
static void tell_sessions(td_records *others, const sessions *s)
{
    const int32_t *user = td_frame_values(&others->frame, TD_FIELD_KEY);
    td_vocabulary *names = td_vocabulary_create();
    int64_t count = 0, told = 0;
    for (int64_t i = 0; i < others->frame.count; i++)
        count += s->first[user[i]] - s->first[user[i] - 1];
    int64_t *place = TD_NEW(int64_t, (size_t)count);
    int32_t *key = TD_NEW(int32_t, (size_t)count);
    for (int64_t i = 0; i < others->frame.count; i++)
        for (int32_t id = s->first[user[i] - 1] + 1; id <= s->first[user[i]]; id++) {
            place[told] = i;
            key[told++] = td_vocabulary_add(names, td_vocabulary_name(s->names, id));
        }
    const td_frame frame = td_frame_gather(&others->frame, count, place);
    td_frame_free(&others->frame);
    others->frame = frame;
    memcpy(td_frame_values(&others->frame, TD_FIELD_KEY), key, (size_t)count * sizeof *key);
    others->names[0] = names;
    td_free(place);
    td_free(key);
}

void td_cut_sessions(td_preparing *p)
{
    td_row_choice rows = td_row_choice_begin(p);
    sessions s = {td_vocabulary_create(), TD_NEW(int32_t, (size_t)p->owners.count + 1)};
    int32_t *session = TD_NEW(int32_t, (size_t)p->rows.frame.count);
    td_group_rows(&rows);
    cut(&rows, p->source->rules.session_gap, session, &s);
    memcpy(td_user_of(p, &p->rows), session, (size_t)p->rows.frame.count * sizeof *session);
    if (p->others.table)
        tell_sessions(&p->others, &s);
    td_records_give_names(&p->rows, td_source_with_role(p->source, TD_ROLE_USER)->name, s.names);
    td_row_choice_end(&rows);
    td_free(session);
    td_free(s.first);
}
