/* tandem neighbors: the items that are near to one, as a table. */
#include "tandem/neighbors.h"

#include "arguments.h"
#include "jobs.h"
#include "model_choice.h"
#include "query_options.h"

enum { KEY_ITEM = 0x100 };

typedef struct {
    model_choice model;
    td_neighbors_options options;
    const char *item;
} arguments;

static const struct argp_option options[] = {
    {.name = "item", .key = KEY_ITEM, .arg = "TITLE", .doc = "whose neighbors to list"},
    {.key = 'k', .arg = "N", .doc = "how many; default: 10"},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->model;
        return 0;
    case KEY_ITEM:
        a->item = text;
        return 0;
    case 'k':
        a->options.k = query_k(state, text);
        return 0;
    case ARGP_KEY_END:
        if (!a->item)
            argp_error(state, "--item is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static td_status neighbors(td_comm *comm, const arguments *a)
{
    td_ranked_items list;
    TD_TRY(td_neighbors(comm, &a->options, a->item, &list));
    if (td_comm_rank(comm) == 0)
        print_ranked_items(&list, "cosine");
    td_ranked_items_free(&list);
    return TD_OK;
}

int run_neighbors(int argc, char **argv)
{
    static const struct argp_child children[] = {{&model_choice_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Lists the items nearest to one, by the cosine of the embeddings that the candidate "
               "tower gives them.",
        .children = children};
    arguments a = {.options = {.k = 10}};
    parse_arguments(&argp, argc, argv, &a);
    a.options.model = model_choice_options(&a.model);
    td_comm *comm = td_comm_start();
    return finish(comm, neighbors(comm, &a));
}
