/* A new run's own data file: the data, and the users and items of a warm start's run that they
 * lack. One that goes on has it already. */
#include "base/log.h"
#include "base/memory.h"
#include "prepare/kept.h"
#include "run/checkpoints.h"
#include "run/trained_model.h"
#include "train/session.h"

#include <inttypes.h>

/* C: the session has the run's own data from now on. */
static void use_own(td_session *s, td_dataset *own)
{
    td_dataset_close(s->data);
    s->data = own;
    s->data_path = s->own_data.path;
    s->has_own_data = true;
}

/* C: goes on with the run's own data file, if it has one that was made of these data. */
static td_status find_own(td_session *s)
{
    td_dataset *own;
    bool has;
    TD_TRY(td_run_has(s->comm, s->options->run, TD_RUN_DATA, &has));
    if (!has)
        return TD_OK;
    TD_TRY(td_dataset_open(s->comm, s->own_data.path, &own));
    if (td_dataset_info(own)->extends == td_session_data_checksum(s))
        use_own(s, own);
    else
        td_dataset_close(own);
    return TD_OK;
}

/* C: what is there in the place of the run's own data is such a file, and not the data. */
static td_status check_place(td_session *s)
{
    td_dataset *there;
    bool has, are_the_data, extends = false;
    TD_TRY(td_run_has(s->comm, s->options->run, TD_RUN_DATA, &has));
    if (!has)
        return TD_OK;
    TD_TRY(td_run_is_same(s->comm, s->own_data.path, s->options->data, &are_the_data));
    if (!are_the_data && td_dataset_open(s->comm, s->own_data.path, &there) == TD_OK) {
        extends = td_dataset_info(there)->extends != 0;
        td_dataset_close(there);
    }
    return extends ? TD_OK
                   : td_fail(TD_ERR_FILE,
                             "%s: expected no file, or the run's own data; found another one: move "
                             "it, or choose another --run",
                             s->own_data.path);
}

/* C: with the older run's data open. */
static td_status make_from(td_session *s, td_dataset *older)
{
    int64_t users, items;
    td_dataset *own;
    TD_TRY(check_place(s));
    TD_TRY(td_kept_write(s->comm, s->data, older, s->own_data.path, &users, &items));
    td_log("warm start: keeps %" PRId64 " users and %" PRId64 " items that %s lacks%s%s", users,
           items, s->options->data, users + items > 0 ? ", in " : "",
           users + items > 0 ? s->own_data.path : "");
    if (users + items == 0)
        return TD_OK;
    TD_TRY(td_dataset_open(s->comm, s->own_data.path, &own));
    use_own(s, own);
    return TD_OK;
}

/* C */
static td_status make_own(td_session *s)
{
    const td_trained_options options = {.run = s->options->warm_start,
                                        .data = s->options->warm_start_data};
    td_trained_model older;
    TD_TRY(td_session_take_folder(s));
    td_status status = td_trained_model_find_data(s->comm, &options, "--warm-start-data", &older);
    if (status == TD_OK)
        status = make_from(s, older.data);
    td_trained_model_close(&older);
    return status;
}

td_status td_session_keep_absent(td_session *s)
{
    size_t checkpoints = 0;
    int64_t *steps = NULL;
    bool has_checkpoints = false;
    s->own_data = td_run_file(s->options->run, TD_RUN_DATA);
    if (s->options->resume)
        TD_TRY(td_run_has(s->comm, s->options->run, "checkpoints", &has_checkpoints));
    if (has_checkpoints)
        TD_TRY(td_checkpoints_list(s->comm, s->options->run, &checkpoints, &steps));
    td_free(steps);
    if (checkpoints > 0)
        return find_own(s);
    return s->options->keep_absent ? make_own(s) : TD_OK;
}
