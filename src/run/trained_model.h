/* From a run folder to one of its checkpoints as a model, with the data file that it was trained on
 * open beside it.
 */
#ifndef TD_RUN_TRAINED_MODEL_H
#define TD_RUN_TRAINED_MODEL_H

#include "comm/comm.h"
#include "data/alive.h"
#include "data/dataset.h"
#include "run/checkpoint.h"
#include "run/model_data.h"
#include "run/run_folder.h"
#include "run/untrained_rows.h"
#include "tandem/trained_model.h"

typedef struct {
    td_config config; /* the run's, all keys */
    td_path data_path;
    td_path checkpoint;
    td_checkpoint_info info;
    td_dataset *data;
    td_model_data model_data;
    td_model *model;
    td_untrained_rows untrained; /* of its tables, once it is loaded for use */
} td_trained_model;

/* Collective. Opens the run, its checkpoint and its data file, starts the threads and kernels, and
 * loads the model to be read, not trained: its tables whole on every rank, with what stands for
 * untrained rows (untrained_rows.h), the optimizer's state not at all. TD_ERR_FILE: no run, no
 * checkpoint; TD_ERR_MISMATCH: other data than the run's, or without what the model reads;
 * TD_ERR_INPUT: no best checkpoint yet; TD_ERR_USAGE, TD_ERR_FORMAT. Free it with
 * td_trained_model_close, also after a failure. */
td_status td_trained_model_open(td_comm *comm, const td_trained_options *options,
                                td_trained_model *trained);

/* The same in two steps, for who embeds by td_embed alone (eval/embedding.h): between them
 * trained->config may change, whose placement.* says where the rows of tables are loaded to. data
 * is the name of the option that options->data comes from, for messages. */
td_status td_trained_model_find(td_comm *comm, const td_trained_options *options, const char *data,
                                td_trained_model *trained);
td_status td_trained_model_load(td_comm *comm, const td_trained_options *options,
                                td_trained_model *trained);

/* Local. Sets keys of trained->config that do not shape the model: "key=value", ending with NULL;
 * NULL for none. TD_ERR_CONFIG. */
td_status td_trained_model_set(const char *const *set, td_trained_model *trained);

/* Collective. The first step of the first step, for who wants the data alone: nothing that a model
 * reads of them is read. */
td_status td_trained_model_find_data(td_comm *comm, const td_trained_options *options,
                                     const char *data, td_trained_model *trained);

/* Collective. Loads what was found with these kernels and rows, as training left it, untrained rows
 * too; with the optimizer's state, unless the placement is only for reading. */
td_status td_trained_model_place(td_comm *comm, const td_kernels *kernels,
                                 const td_placement *placement, td_trained_model *trained);
void td_trained_model_close(td_trained_model *trained);

/* Local. Sets a frame to the histories of count queries by users, whose histories were read, at
 * times in seconds. One at the last time of the data comes after all rows of that time. */
void td_trained_model_histories(const td_trained_model *trained, const td_histories *histories,
                                int64_t count, const int32_t *users, const int64_t *times,
                                td_frame *lists);

/* Collective. Reads when items are alive, for queries at a time. Where the data have no times of
 * rows and none is asked for (TD_TIME_LATEST), that is said, and all are. Free it with
 * td_alive_free. */
td_status td_trained_model_alive(const td_trained_model *trained, int64_t seconds, td_alive *alive);

/* Local. The time in seconds that TD_TIME_LATEST stands for, or seconds itself. */
int64_t td_trained_model_time(const td_trained_model *trained, int64_t seconds);

#endif
