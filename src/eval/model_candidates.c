/* From the item list to columns. */
#include "eval/model_candidates.h"

#include "base/memory.h"
#include "eval/embedding.h"

td_status td_candidates_count(td_dataset *data, int choice, int32_t **weight)
{
    const td_data_info *info = td_dataset_info(data);
    int32_t *catalog;
    TD_TRY(td_dataset_read_catalog(data, &catalog));
    *weight = TD_NEW(int32_t, (size_t)info->items + 1);
    for (int64_t i = 0; i < info->catalog; i++) {
        int32_t *w = &(*weight)[catalog[i]];
        *w = choice == TD_CANDIDATES_UNIQUE ? 1 : *w + 1;
    }
    td_free(catalog);
    return TD_OK;
}

typedef struct {
    td_comm *comm;
    const td_model *model;
} source;

/* C */
static void embed_items(const void *context, size_t n, const int32_t *items, float *v)
{
    const source *from = context;
    td_embed_candidates(from->comm, from->model, n, items, v);
}

void td_candidates_embed(td_candidates *candidates, td_comm *comm, const td_model *model,
                         const int32_t *weight)
{
    const source from = {comm, model};
    td_candidates_create(candidates, comm, model->spec->items, weight, model->candidate.width,
                         embed_items, &from);
}
