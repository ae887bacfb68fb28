/* When a checkpoint is written, and where. */
#include "train/session.h"

#include "train/run_folder.h"

td_status td_session_save(td_session *s)
{
    const td_path file = td_run_checkpoint(s->options->run, s->position.step);
    return td_checkpoint_save(s->comm, file.path, s->model, &s->position, &s->metrics,
                              td_session_data_checksum(s));
}

bool td_session_is_save_due(const td_session *s)
{
    const int64_t every = s->config->checkpoint_every_steps;
    return every > 0 && s->position.step % every == 0;
}
