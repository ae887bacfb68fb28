/* How all systems are fitted and ranked, whatever they are. */
#include "eval/systems.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/embedding.h"
#include "eval/metric.h"

/* C: scores and ranks every item for the one query that stands for all. */
static td_status rank_once(td_fitted *f)
{
    const size_t items = (size_t)f->candidates.table_rows - 1;
    const td_queries one = {.count = 1};
    td_scorer scorer = f->system->score(f, &one, NULL);
    int32_t *item = TD_NEW(int32_t, items), *query = TD_NEW(int32_t, items);
    for (size_t i = 0; i < items; i++)
        item[i] = (int32_t)i + 1;
    const td_ranking ranking = {.queries = 1, .rows = items, .query = query, .item = item};
    f->place = TD_NEW(td_item_place, items + 1);
    f->score = TD_NEW(float, items + 1);
    const td_status status = td_item_places(f->comm, &scorer, &ranking, f->place + 1, f->score + 1);
    td_scorer_free(&scorer);
    td_free(item);
    td_free(query);
    return status;
}

td_status td_system_fit(const td_system *system, td_comm *comm, const td_model *model,
                        td_dataset *data, const td_config *config, const int32_t *weight,
                        td_fitted *fitted)
{
    TD_MEMORY_FOR(system->name, "eval.systems");
    *fitted = (td_fitted){0};
    if (system->check)
        TD_TRY(system->check(data, config));
    *fitted = (td_fitted){.system = system,
                          .comm = comm,
                          .model = model,
                          .config = config,
                          .weight = weight,
                          .targets = td_targets_find(&model->config, model, data)};
    fitted->predicts = TD_NEW(bool, fitted->targets.count);
    const td_status status = system->fit(fitted, data);
    if (status != TD_OK)
        td_system_free(fitted);
    return status;
}

void td_system_free(td_fitted *fitted)
{
    td_candidates_free(&fitted->candidates);
    td_free(fitted->score);
    td_free(fitted->place);
    if (fitted->system && fitted->system->forget)
        fitted->system->forget(fitted->learned);
    td_free(fitted->predicts);
    td_targets_free(&fitted->targets);
    *fitted = (td_fitted){0};
}

int td_system_predicts(const td_fitted *fitted, size_t target)
{
    if (!fitted->predicts[target])
        return 0;
    return fitted->targets.target[target].loss->is_of_classes ? TD_NEEDS_PROBABILITIES
                                                              : TD_NEEDS_PREDICTIONS;
}

td_status td_systems_fit(td_comm *comm, const td_model *model, td_dataset *data,
                         const td_config *config, td_systems *systems)
{
    const td_name_list *names = &config->eval_systems;
    if (!systems->weight)
        TD_TRY(td_candidates_count(data, config->eval_candidates, &systems->weight));
    for (size_t s = 0; s <= names->count; s++) {
        td_fitted *fitted = &systems->fitted[s];
        const td_system *system = s == 0 ? &td_all_systems[0] : td_system_find(names->name[s - 1]);
        if (s > 0 && fitted->system)
            continue;
        td_system_free(fitted);
        TD_TRY(td_system_fit(system, comm, model, data, config, systems->weight, fitted));
    }
    systems->count = names->count + 1;
    return TD_OK;
}

void td_systems_free(td_systems *systems)
{
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        td_system_free(&systems->fitted[s]);
    td_free(systems->weight);
    *systems = (td_systems){.count = 0};
}

/* The place of a row's item among what its user has not seen. */
static td_item_place place_in_unseen(const td_fitted *f, const td_ranking *ranking, size_t row)
{
    const int32_t item = ranking->item[row];
    td_item_place place = f->place[item];
    if (ranking->is_out && ranking->is_out[row])
        return (td_item_place){TD_NOT_RANKED, 0};
    if (!ranking->seen || place.above == TD_NOT_RANKED)
        return place;
    const td_range range = ranking->seen_of_query[ranking->query[row]];
    for (int64_t i = range.first; i < td_range_end(range); i++) {
        const int32_t seen = ranking->seen[i], weight = f->weight[seen] > 0 ? f->weight[seen] : 0;
        place.above -= f->score[seen] > f->score[item] ? weight : 0;
        place.tied -= f->score[seen] == f->score[item] ? weight : 0;
    }
    return place;
}

/* A row's place, from the scores, or, among candidates that are the same for all, from those ranked
 * once. */
td_status td_system_item_places(td_fitted *fitted, const td_scorer *scorer,
                                const td_ranking *ranking, td_item_place *place)
{
    if (!fitted->system->is_same_for_all || ranking->alive)
        return td_item_places(fitted->comm, scorer, ranking, place, NULL);
    if (!fitted->place)
        TD_TRY(rank_once(fitted));
    for (size_t i = 0; i < ranking->rows; i++)
        place[i] = place_in_unseen(fitted, ranking, i);
    return TD_OK;
}
