/* tandem synth: writes generated ratings as a folder in MovieLens's CSV layout. */
#include "tandem/synth.h"
#include "arguments.h"
#include "base/log.h"
#include "jobs.h"

enum { KEY_OUT = 256, KEY_USERS, KEY_ITEMS, KEY_RATINGS, KEY_SEED };

#define MOST      (INT64_C(1) << 40) /* td_synth_check knows each number's own limit */
#define MOST_SEED ((INT64_C(1) << 53) - 1)

typedef struct {
    td_synth_options options;
    const char *folder;
} request;

static const struct argp_option options[] = {
    {"out", KEY_OUT, "DIR", 0, "the folder for ratings.csv and movies.csv", 0},
    {"users", KEY_USERS, "N", 0, "users (default 943)", 0},
    {"items", KEY_ITEMS, "N", 0, "items (default 1682)", 0},
    {"ratings", KEY_RATINGS, "N", 0, "ratings (default 100000)", 0},
    {"seed", KEY_SEED, "N", 0, "another seed gives other data (default 1)", 0},
    {0}};

static error_t take_option(int key, char *text, struct argp_state *state)
{
    request *wanted = state->input;
    td_synth_options *sizes = &wanted->options;
    switch (key) {
    case KEY_OUT:
        wanted->folder = text;
        return 0;
    case KEY_USERS:
        sizes->users = argument_int(state, "--users", text, 1, MOST);
        return 0;
    case KEY_ITEMS:
        sizes->items = argument_int(state, "--items", text, 1, MOST);
        return 0;
    case KEY_RATINGS:
        sizes->ratings = argument_int(state, "--ratings", text, 1, MOST);
        return 0;
    case KEY_SEED:
        sizes->seed = (uint64_t)argument_int(state, "--seed", text, 0, MOST_SEED);
        return 0;
    case ARGP_KEY_END:
        if (!wanted->folder || !*wanted->folder)
            argp_error(state, "expected --out DIR, the folder to write");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = take_option,
    .doc = "Writes generated ratings with the properties of real ones: DIR/ratings.csv and "
           "DIR/movies.csv, for `tandem prepare --format movielens-csv DIR`. The sizes and the "
           "seed decide every byte, on every machine."};

int run_synth(int argc, char **argv)
{
    request wanted = {.folder = NULL};
    td_synth_defaults(&wanted.options);
    parse_arguments(&parser, argc, argv, &wanted);
    td_comm *comm = td_comm_start();
    td_status status = td_synth(comm, &wanted.options, wanted.folder);
    if (status == TD_OK)
        td_log("wrote %lld ratings of %lld items by %lld users to %s",
               (long long)wanted.options.ratings, (long long)wanted.options.items,
               (long long)wanted.options.users, wanted.folder);
    return finish(comm, status);
}
