#include "serve/user_embeddings.h"

#include "base/memory.h"
#include "eval/embedding.h"

td_status td_embed_users(td_comm *comm, const td_trained_model *trained, int32_t user, size_t users,
                         int64_t time, float **u)
{
    td_histories histories;
    td_frame lists = {0};
    const int64_t first = user == 0 ? 1 : user;
    TD_TRY(td_histories_read(trained->data, &trained->model_data.spec->histories,
                             td_range_to(first, user + (int64_t)users), &histories));
    int32_t *id = TD_NEW(int32_t, users), *moments = TD_NEW(int32_t, users);
    int64_t *times = TD_NEW(int64_t, users);
    for (size_t i = 0; i < users; i++) {
        id[i] = user + (int32_t)i;
        times[i] = time;
    }
    td_trained_model_histories(trained, &histories, (int64_t)users, id, times, &lists);
    td_frame context = td_model_data_context(&trained->model_data, 1, &time);
    *u = TD_NEW(float, users * trained->model->query.width);
    td_embed_queries(comm, trained->model, &(td_queries){users, id, &context, moments, &lists},
                     true, *u);
    td_frame_free(&context);
    td_frame_free(&lists);
    td_histories_free(&histories);
    td_free(id);
    td_free(moments);
    td_free(times);
    return TD_OK;
}
