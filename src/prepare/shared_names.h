/* Distinct names that are spread over the ranks, and the numbers that they have together: 1.. in
 * byte order, as if one rank had them all.
 *
 * Each rank owns the names between two of them, whoever has them, and can be asked about them by
 * those who do. Which names the ranks own is no part of the answer. All functions but
 * td_shared_names_free are Collective.
 */
#ifndef TD_PREPARE_SHARED_NAMES_H
#define TD_PREPARE_SHARED_NAMES_H

#include "comm/comm.h"
#include "data/vocabulary.h"

#include <stdint.h>

typedef struct {
    int64_t total;        /* distinct names of all ranks; may be more than TD_VOCABULARY_MAX */
    td_vocabulary *owned; /* sorted; their numbers here begin with 1, together with first + 1 */
    int64_t first;

    int64_t mine;       /* names that this rank has */
    int32_t *sent;      /* their numbers in its vocabulary, in the order they went to the owners */
    int64_t *sent_to;   /* (size + 1) */
    int32_t *came;      /* numbers in owned of the names that came from others */
    int64_t *came_from; /* (size + 1) */
} td_shared_names;

/* Shares out the names of every rank's vocabulary. The caller frees names with
 * td_shared_names_free. */
td_shared_names td_shared_names_make(td_comm *comm, const td_vocabulary *mine);
void td_shared_names_free(td_shared_names *names);

/* Returns what the owners answer, by a rank's own numbers (mine + 1; zero for 0): answers has an
 * element of size bytes for each owned name. The caller frees it. */
void *td_shared_names_answer(td_comm *comm, const td_shared_names *names, size_t size,
                             const void *answers);

/* Returns the numbers among all names, by a rank's own (mine + 1; 0 stays 0); the caller frees
 * them. */
int32_t *td_shared_names_numbers(td_comm *comm, const td_shared_names *names);

/* Returns all names of all ranks, sorted, on every rank; the caller frees the vocabulary. */
td_vocabulary *td_shared_names_gather(td_comm *comm, const td_shared_names *names);

#endif
