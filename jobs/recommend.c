/* tandem recommend: a user's best items as a table, or those of all users as a file. */
#include "tandem/recommend.h"

#include "arguments.h"
#include "base/log.h"
#include "jobs.h"
#include "model_choice.h"
#include "query_options.h"

#include <inttypes.h>

enum { KEY_USER = 0x100, KEY_AT, KEY_EXCLUDE_SEEN, KEY_UNKNOWN, KEY_ALL_USERS, KEY_OUT };

typedef struct {
    model_choice model;
    td_recommend_options options;
    const char *user;
    bool all_users;
    const char *out;
} arguments;

static const struct argp_option options[] = {
    {.name = "user", .key = KEY_USER, .arg = "USER", .doc = "whom to recommend to"},
    {.key = 'k', .arg = "N", .doc = "items of a list; default: 10"},
    {.name = "at",
     .key = KEY_AT,
     .arg = "TIME",
     .doc = "the time of the query: Unix seconds or ISO 8601; default: the data's latest"},
    {.name = "exclude-seen",
     .key = KEY_EXCLUDE_SEEN,
     .doc = "leave out what is in the user's training rows"},
    {.name = "unknown",
     .key = KEY_UNKNOWN,
     .arg = "row|fail",
     .doc = "an unknown user: answer for all unknown ones (row 0 of the table), or fail; "
            "default: row"},
    {.name = "all-users",
     .key = KEY_ALL_USERS,
     .doc = "list for every user that the model knows, into --out"},
    {.name = "out",
     .key = KEY_OUT,
     .arg = "FILE",
     .doc = "HDF5 if it ends with .h5, else text with tabs"},
    {0}};

static void check_complete(struct argp_state *state, const arguments *a)
{
    if (!a->user && !a->all_users)
        argp_error(state, "--user or --all-users is needed");
    if (a->user && a->all_users)
        argp_error(state, "expected --user or --all-users, found both");
    if (a->all_users != (a->out != NULL))
        argp_error(state, "--all-users and --out go together");
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->model;
        return 0;
    case KEY_USER:
        a->user = text;
        return 0;
    case 'k':
        a->options.k = query_k(state, text);
        return 0;
    case KEY_AT:
        a->options.at = query_time(state, text);
        return 0;
    case KEY_EXCLUDE_SEEN:
        a->options.exclude_seen = true;
        return 0;
    case KEY_UNKNOWN:
        a->options.unknown = query_unknown(state, text);
        return 0;
    case KEY_ALL_USERS:
        a->all_users = true;
        return 0;
    case KEY_OUT:
        a->out = text;
        return 0;
    case ARGP_KEY_END:
        check_complete(state, a);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static td_status recommend(td_comm *comm, const arguments *a)
{
    if (a->all_users) {
        int64_t users;
        TD_TRY(td_recommend_all(comm, &a->options, a->out, &users));
        td_log("wrote the lists of %" PRId64 " users to %s", users, a->out);
        return TD_OK;
    }
    td_ranked_items list;
    TD_TRY(td_recommend(comm, &a->options, a->user, &list));
    if (td_comm_rank(comm) == 0)
        print_ranked_items(&list, "score");
    td_ranked_items_free(&list);
    return TD_OK;
}

int run_recommend(int argc, char **argv)
{
    static const struct argp_child children[] = {{&model_choice_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Lists the items of the highest scores for a user, best first; of equal scores, the "
               "first by name. The list is the same on any number of ranks.",
        .children = children};
    arguments a = {.options = {.k = 10, .at = TD_TIME_LATEST}};
    parse_arguments(&argp, argc, argv, &a);
    a.options.model = model_choice_options(&a.model);
    td_comm *comm = td_comm_start();
    return finish(comm, recommend(comm, &a));
}
