/* tandem synth: writes generated ratings as a folder in MovieLens's CSV layout. */
#include "tandem/synth.h"

#include "base/log.h"
#include "command.h"

#define MOST      (INT64_C(1) << 40) /* td_synth_check knows each number's own limit */
#define MOST_SEED ((INT64_C(1) << 53) - 1)

typedef struct {
    td_synth_options options;
    const char *folder;
} request;

static const option options[] = {
    NEEDED(folder, "out", "DIR", "the folder for ratings.csv and movies.csv"),
    INTEGER(options.users, "users", 1, MOST, "users (default 943)"),
    INTEGER(options.items, "items", 1, MOST, "items (default 1682)"),
    INTEGER(options.ratings, "ratings", 1, MOST, "ratings (default 100000)"),
    INTEGER(options.seed, "seed", 0, MOST_SEED, "another seed gives other data (default 1)"),
    {0}};

static void start(void *context)
{
    td_synth_defaults(&((request *)context)->options);
}

static td_status synth(td_comm *comm, void *context)
{
    const request *a = context;
    TD_TRY(td_synth(comm, &a->options, a->folder));
    td_log("wrote %lld ratings of %lld items by %lld users to %s", (long long)a->options.ratings,
           (long long)a->options.items, (long long)a->options.users, a->folder);
    return TD_OK;
}

const command synth_command = {
    .name = "synth",
    .does = "write generated ratings, of any size",
    .table = {NULL,
              "Writes generated ratings with the properties of real ones: DIR/ratings.csv and "
              "DIR/movies.csv, for `tandem prepare --format movielens-csv DIR`. The sizes and the "
              "seed decide every byte, on every machine.",
              options},
    .size = sizeof(request),
    .start = start,
    .run = synth};
