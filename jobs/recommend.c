/* tandem recommend: users' best items, as tables or as records. */
#include "tandem/recommend.h"

#include "base/log.h"
#include "command.h"
#include "ranked_items.h"
#include "shown.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct {
    td_recommend_options options;
    text_list set;
    text_list users;
    text_list described;
    const char *history;
    const char *file;
    bool all_users;
    output_options output;
} request;

static const option options[] = {
    MODEL_OPTIONS(options.model),
    TEXTS(users, "user", "USER", "whom to recommend to; may be repeated"),
    TEXTS(described, "features", "FIELD=VALUE,..",
          "recommend to a user who is told by fields of users and rows, such as "
          "age=30,occupation=artist; what is not told is missing. May be repeated"),
    TEXT(history, "history", "FILE|ITEM,..",
         "the items that this user had, the oldest first: names or titles with commas between, or "
         "a file of them, one a line; also of a user of whom nothing else is told"),
    TEXT(file, "users", "FILE",
         "recommend to the users of a table, one a line: its first line names the columns, fields "
         "as for --features, and that of the users' names"),
    FLAG(all_users, "all-users", "list for every user that the model knows, into --out"),
    LENGTH_OPTION(options.k),
    TEXT(options.system, "system", "SYSTEM",
         "what scores: model, the default, or by the training rows alone popularity, "
         "recent_popularity, item_neighbors, rp3beta or ease, which go by the items that a user "
         "has, or is told by --history to have; by items' fields, too, category_popularity or "
         "content_neighbors"),
    TEXTS(set, "set", "KEY=VALUE",
          "set a key baseline.* of the run's configuration; may be repeated"),
    TIME(options.at, "at",
         "the time of the query, at which listed items must be alive where the data say when they "
         "are: Unix seconds or ISO 8601; default: the data's latest, not the clock's"),
    TEXT(options.candidates, "candidates", "FILE",
         "list these items alone, one a line by name or title: what is in stock"),
    CHOICE(
        options.cold, "cold-items", "known|none|all",
        "items without training rows: list those of which the model knows anything, a field that "
        "it reads; none of them; or all. Default: known"),
    TEXT(options.exclude, "exclude", "FILE",
         "leave these out: a line is an item, for everybody, or a user, a tab and an item"),
    MAYBE(options.exclude_seen, "exclude-seen", "CONDITION",
          "leave out what is in the user's training rows, or in those of them that satisfy a "
          "condition, such as 'event = purchase'"),
    CHOICE(options.unknown, "unknown", "auto|allow|refuse",
           "a name that the data lack, with nothing else told: allow lists the most popular items "
           "and says so; auto, the default, refuses it after --user and --features, and allows it "
           "in a table"),
    FORMAT_OPTION(output.format),
    TEXT(output.path, "out", "FILE", "where records go; HDF5 if it ends with .h5"),
    {0}};

static td_status check(const void *context)
{
    const request *a = context;
    const bool some = a->users.count > 0 || a->described.count > 0 || a->history || a->file;
    if (!some && !a->all_users)
        return td_fail(TD_ERR_USAGE, "--user, --features, --users or --all-users is needed");
    if (some && a->all_users)
        return td_fail(TD_ERR_USAGE, "expected --all-users or some of them, found both");
    if (a->all_users && !a->output.path && a->output.format == 0)
        return td_fail(TD_ERR_USAGE, "--all-users needs --out or --format");
    return TD_OK;
}

/* Tables one below the other; one alone needs no heading. */
static void print_tables(const td_ranked_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->count > 1)
            printf("%suser %s\n\n", i > 0 ? "\n" : "", shown(lists->lists[i].of));
        print_ranked_items(&lists->lists[i], "score");
    }
}

static td_status recommend(td_comm *comm, void *context)
{
    request *a = context;
    const td_asked_users users = {.all = a->all_users,
                                  .count = a->users.count,
                                  .names = a->users.text,
                                  .described = a->described.count,
                                  .features = a->described.text,
                                  .history = a->history,
                                  .file = a->file};
    td_output output;
    a->options.set = a->set.text;
    if (asks_for_records(&a->output, &output)) {
        int64_t count;
        TD_TRY(td_recommend_write(comm, &a->options, &users, &output, &count));
        if (output.path)
            td_log("wrote the lists of %" PRId64 " %s to %s", count, count == 1 ? "user" : "users",
                   output.path);
        return TD_OK;
    }
    td_ranked_lists lists;
    TD_TRY(td_recommend(comm, &a->options, &users, &lists));
    if (td_comm_rank(comm) == 0)
        print_tables(&lists);
    td_ranked_lists_free(&lists);
    return TD_OK;
}

const command recommend_command = {
    .name = "recommend",
    .does = "list the best items for users",
    .table =
        {NULL,
         "Lists the items of the highest scores for users, best first; of equal scores, in the "
         "order of a hash. The lists are the same on any number of ranks.",
         options},
    .size = sizeof(request),
    .check = check,
    .run = recommend};
