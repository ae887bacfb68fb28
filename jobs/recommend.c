/* tandem recommend: a user's best items as a table, or those of all users as a file. */
#include "tandem/recommend.h"

#include "base/log.h"
#include "command.h"
#include "ranked_items.h"

#include <inttypes.h>

typedef struct {
    td_recommend_options options;
    const char *user;
    bool all_users;
    const char *out;
} request;

static const option options[] = {
    MODEL_OPTIONS(options.model),
    TEXT(user, "user", "USER", "whom to recommend to"),
    LENGTH_OPTION(options.k),
    TIME(options.at, "at",
         "the time of the query: Unix seconds or ISO 8601; default: the data's latest"),
    FLAG(options.exclude_seen, "exclude-seen", "leave out what is in the user's training rows"),
    CHOICE(options.unknown, "unknown", "row|fail",
           "an unknown user: answer for all unknown ones (row 0 of the table), or fail; "
           "default: row"),
    FLAG(all_users, "all-users", "list for every user that the model knows, into --out"),
    TEXT(out, "out", "FILE", "HDF5 if it ends with .h5, else text with tabs"),
    {0}};

static td_status check(const void *context)
{
    const request *a = context;
    if (!a->user && !a->all_users)
        return td_fail(TD_ERR_USAGE, "--user or --all-users is needed");
    if (a->user && a->all_users)
        return td_fail(TD_ERR_USAGE, "expected --user or --all-users, found both");
    if (a->all_users != (a->out != NULL))
        return td_fail(TD_ERR_USAGE, "--all-users and --out go together");
    return TD_OK;
}

static td_status recommend(td_comm *comm, void *context)
{
    const request *a = context;
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

const command recommend_command = {
    .name = "recommend",
    .does = "list the best items for a user, or for all",
    .table = {NULL,
              "Lists the items of the highest scores for a user, best first; of equal scores, the "
              "first by name. The list is the same on any number of ranks.",
              options},
    .size = sizeof(request),
    .check = check,
    .run = recommend};
