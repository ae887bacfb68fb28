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
    MODEL_OPTIONS(offsetof(request, options.model)),
    {.name = "user",
     .kind = OPTION_TEXT,
     .place = offsetof(request, user),
     .value = "USER",
     .help = "whom to recommend to"},
    LENGTH_OPTION(offsetof(request, options.k)),
    {.name = "at",
     .kind = OPTION_TIME,
     .place = offsetof(request, options.at),
     .value = "TIME",
     .help = "the time of the query: Unix seconds or ISO 8601; default: the data's latest"},
    {.name = "exclude-seen",
     .kind = OPTION_FLAG,
     .place = offsetof(request, options.exclude_seen),
     .help = "leave out what is in the user's training rows"},
    {.name = "unknown",
     .kind = OPTION_CHOICE,
     .place = offsetof(request, options.unknown),
     .value = "row|fail",
     .help = "an unknown user: answer for all unknown ones (row 0 of the table), or fail; "
             "default: row"},
    {.name = "all-users",
     .kind = OPTION_FLAG,
     .place = offsetof(request, all_users),
     .help = "list for every user that the model knows, into --out"},
    {.name = "out",
     .kind = OPTION_TEXT,
     .place = offsetof(request, out),
     .value = "FILE",
     .help = "HDF5 if it ends with .h5, else text with tabs"},
    {0}};

static void start(void *context)
{
    request *a = context;
    a->options.k = 10;
    a->options.at = TD_TIME_LATEST;
}

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
    .start = start,
    .check = check,
    .run = recommend};
