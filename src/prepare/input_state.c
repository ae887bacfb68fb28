/* By what the file system says of them: file, length, time of the last change. */
#include "prepare/input_state.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>

static td_status look(const char *path, struct stat *state)
{
    return stat(path, state) == 0 ? TD_OK : td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
}

td_status td_input_states_find(const td_source *source, td_input_states *states)
{
    for (int of = 0; of < TD_OFS; of++) {
        const td_table_form *form = &source->table[of].form;
        for (size_t f = 0; f < form->files && form->is_file; f++) {
            states->state = td_grow(states->state, states->count, sizeof *states->state);
            TD_TRY(look(form->file[f], &states->state[states->count]));
            states->count++;
        }
    }
    return TD_OK;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

td_status td_input_states_check(const td_source *source, const td_input_states *states)
{
    const struct stat *before = states->state;
    for (int of = 0; of < TD_OFS; of++) {
        const td_table_form *form = &source->table[of].form;
        for (size_t f = 0; f < form->files && form->is_file; f++, before++) {
            struct stat now;
            TD_TRY(look(form->file[f], &now));
            if (S_ISREG(before->st_mode) && !is_same(before, &now))
                return td_fail(TD_ERR_FILE,
                               "%s was changed while it was read: prepare again, or from a copy "
                               "where others go on writing",
                               form->file[f]);
        }
    }
    return TD_OK;
}
