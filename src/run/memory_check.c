/* Every rank gathers all ranks' needs and rooms, so the verdict is the same on all. */
#include "run/memory_check.h"

#include "base/log.h"
#include "base/range.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 6 }; /* ranks with columns of their own */

/* A need, on its way. */
typedef struct {
    char what[48];
    char keys[112];
    int64_t bytes;
    int32_t rank;
    bool is_certain;
} sent_need;

/* A rank, on its way. */
typedef struct {
    char host[64];
    td_memory_room room;
    int64_t certain;
    int64_t all;
    int32_t node;
} sent_rank;

typedef struct {
    size_t ranks;
    sent_rank *rank; /* (ranks) */
    size_t needs;
    sent_need *need; /* (needs): rank by rank */
} gathered;

void td_memory_needs_free(td_memory_needs *needs)
{
    td_memory_plan_free(&needs->certain);
    td_memory_plan_free(&needs->at_most);
}

static int64_t sum_of(const td_memory_plan *plan)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < plan->count; i++)
        bytes += (int64_t)plan->need[i].bytes;
    return bytes;
}

static void put_needs(const td_comm *comm, const td_memory_plan *plan, bool is_certain,
                      sent_need *sent)
{
    for (size_t i = 0; i < plan->count; i++) {
        const td_memory_purpose *purpose = &plan->need[i].purpose;
        sent[i] = (sent_need){.bytes = (int64_t)plan->need[i].bytes,
                              .rank = td_comm_rank(comm),
                              .is_certain = is_certain};
        snprintf(sent[i].what, sizeof sent[i].what, "%s", purpose->what);
        snprintf(sent[i].keys, sizeof sent[i].keys, "%s", purpose->keys ? purpose->keys : "");
    }
}

/* C */
static gathered gather(td_comm *comm, const td_memory_needs *needs, const td_memory_room *room)
{
    gathered all;
    const size_t certain = needs->certain.count, mine = certain + needs->at_most.count;
    sent_need *sent = TD_NEW(sent_need, mine);
    sent_rank rank;
    memset(&rank, 0, sizeof rank);
    rank.room = *room;
    rank.certain = sum_of(&needs->certain);
    rank.all = rank.certain + sum_of(&needs->at_most);
    rank.node = td_comm_node(comm);
    snprintf(rank.host, sizeof rank.host, "%s", td_comm_host(comm));
    put_needs(comm, &needs->certain, true, sent);
    put_needs(comm, &needs->at_most, false, sent + certain);
    all.rank = td_comm_allgatherv(comm, &rank, 1, sizeof rank, &all.ranks);
    all.need = td_comm_allgatherv(comm, sent, mine, sizeof *sent, &all.needs);
    td_free(sent);
    return all;
}

static double megabytes(int64_t bytes)
{
    return (double)bytes * 1e-6;
}

static bool is_same(const sent_need *a, const sent_need *b)
{
    return a->is_certain == b->is_certain && strcmp(a->what, b->what) == 0 &&
           strcmp(a->keys, b->keys) == 0;
}

/* One purpose's bytes by rank, then its keys. Of many ranks only the most and all together. */
static void print_bytes(FILE *out, const char *what, const int64_t *bytes, size_t ranks,
                        const char *keys)
{
    int64_t most = 0, sum = 0;
    fprintf(out, "%-36s", what);
    for (size_t r = 0; r < ranks; r++) {
        if (ranks <= COLUMNS)
            fprintf(out, " %11.1f", megabytes(bytes[r]));
        most = td_larger(most, bytes[r]);
        sum += bytes[r];
    }
    if (ranks > COLUMNS)
        fprintf(out, " %11.1f %11.1f", megabytes(most), megabytes(sum));
    fprintf(out, "%s%s\n", *keys ? "  " : "", keys);
}

static void print_heading(FILE *out, size_t ranks)
{
    fprintf(out, "%-36s", "memory in MB");
    for (size_t r = 0; ranks <= COLUMNS && r < ranks; r++)
        fprintf(out, " %6s %4zu", "rank", r);
    if (ranks > COLUMNS)
        fprintf(out, " %11s %11s", "of a rank", "of all");
    fprintf(out, "  because of\n");
}

/* The lines of what is certain, or of the rest, each purpose once. */
static void print_needs(FILE *out, const gathered *all, bool is_certain)
{
    int64_t *bytes = TD_NEW(int64_t, all->ranks);
    for (size_t i = 0; i < all->needs; i++) {
        const sent_need *need = &all->need[i];
        bool is_first = need->is_certain == is_certain;
        for (size_t j = 0; j < i; j++)
            is_first = is_first && !is_same(&all->need[j], need);
        memset(bytes, 0, all->ranks * sizeof *bytes);
        for (size_t j = i; j < all->needs; j++)
            if (is_same(&all->need[j], need))
                bytes[all->need[j].rank] += all->need[j].bytes;
        if (is_first)
            print_bytes(out, need->what, bytes, all->ranks, need->keys);
    }
    for (size_t r = 0; r < all->ranks; r++)
        bytes[r] = is_certain ? all->rank[r].certain : all->rank[r].all;
    print_bytes(out, is_certain ? "certain" : "at most", bytes, all->ranks, "");
    td_free(bytes);
}

/* Whether a rank is the first of its node. */
static bool is_first_of_node(const gathered *all, size_t rank)
{
    for (size_t r = 0; r < rank; r++)
        if (all->rank[r].node == all->rank[rank].node)
            return false;
    return true;
}

/* What the ranks of a node need together, and the least of them sees available. */
static int64_t add_node(const gathered *all, size_t first, bool is_certain, int64_t *available)
{
    int64_t need = 0;
    *available = INT64_MAX;
    for (size_t r = first; r < all->ranks; r++) {
        if (all->rank[r].node != all->rank[first].node)
            continue;
        need += is_certain ? all->rank[r].certain : all->rank[r].all;
        *available = td_smaller(*available, all->rank[r].room.available);
    }
    return need;
}

/* The same of a control group, which its ranks have taken some of already. */
static int64_t add_group(const gathered *all, size_t first, bool is_certain)
{
    int64_t need = 0;
    for (size_t r = 0; r < all->ranks; r++) {
        const sent_rank *rank = &all->rank[r];
        if (rank->node == all->rank[first].node &&
            strcmp(rank->room.group, all->rank[first].room.group) == 0)
            need += rank->room.own + (is_certain ? rank->certain : rank->all);
    }
    return need;
}

static void print_nodes(FILE *out, const gathered *all)
{
    for (size_t r = 0; r < all->ranks; r++) {
        int64_t available;
        if (!is_first_of_node(all, r))
            continue;
        const int64_t certain = add_node(all, r, true, &available);
        const int64_t most = add_node(all, r, false, &available);
        fprintf(out, "%s: %.1f MB, at most %.1f", all->rank[r].host, megabytes(certain),
                megabytes(most));
        if (available < INT64_MAX)
            fprintf(out, "; %.1f are available", megabytes(available));
        if (all->rank[r].room.limit < INT64_MAX)
            fprintf(out, "; its control group's limit is %.1f", megabytes(all->rank[r].room.limit));
        fprintf(out, "\n");
    }
}

static char *print_table(const gathered *all, const char *largest)
{
    char *table;
    size_t size;
    FILE *out = td_text_writer(&table, &size);
    print_heading(out, all->ranks);
    print_needs(out, all, true);
    print_needs(out, all, false);
    fprintf(out, "largest of tables and layers: %s\n", largest);
    print_nodes(out, all);
    td_text_writer_close(out);
    return table;
}

/* Sets text to what has no room on a rank's machine, in its control group, in its own address
 * space; "" where all has. */
static void judge(const gathered *all, size_t r, bool is_certain, size_t size, char *text)
{
    const sent_rank *rank = &all->rank[r];
    int64_t available;
    const int64_t own = is_certain ? rank->certain : rank->all;
    const int64_t of_node = add_node(all, r, is_certain, &available);
    const int64_t of_group = add_group(all, r, is_certain);
    *text = '\0';
    if (is_first_of_node(all, r) && of_node > available)
        snprintf(text, size, "%s: training needs %.1f MB, and %.1f MB are available", rank->host,
                 megabytes(of_node), megabytes(available));
    else if (rank->room.limit < INT64_MAX && of_group > rank->room.limit)
        snprintf(text, size,
                 "%s: training needs %.1f MB, and its control group has a limit of "
                 "%.1f MB, swap included",
                 rank->host, megabytes(of_group), megabytes(rank->room.limit));
    else if (own > rank->room.space)
        snprintf(text, size,
                 "%s: rank %zu needs %.1f MB, and its address space has %.1f MB left "
                 "(ulimit -v)",
                 rank->host, r, megabytes(own), megabytes(rank->room.space));
}

td_status td_memory_check(td_comm *comm, const td_memory_needs *needs, const td_memory_room *room,
                          char **table)
{
    char text[256];
    td_status status = TD_OK;
    gathered all = gather(comm, needs, room);
    *table = print_table(&all, needs->largest);
    for (size_t r = 0; r < all.ranks && status == TD_OK; r++) {
        judge(&all, r, true, sizeof text, text);
        if (*text)
            status = td_fail(TD_ERR_LAYOUT,
                             "%s; lower a key of the table, or use more machines (--memory-check "
                             "warn tries all the same)",
                             text);
    }
    for (size_t r = 0; r < all.ranks && status == TD_OK; r++) {
        judge(&all, r, false, sizeof text, text);
        if (!*text)
            continue;
        td_warn("%s, where steps bring as much as they may", text);
        break;
    }
    td_free(all.rank);
    td_free(all.need);
    return status;
}
