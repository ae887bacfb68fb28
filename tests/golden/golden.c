/* Replays reference vectors of the real TensorFlow Recommenders through this library and prints,
 * a line a file, how far the two are apart.
 *
 *     [mpirun -n N] golden [--kernels fixed|openblas] FILE.h5...
 *
 * Exit status 0 if every file passes or needs what is not built yet (which it says, and counts), 1
 * if one fails or cannot be read, 2 for a wrong command line. */
#include "case.h"
#include "comm/comm.h"
#include "replay.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* What agreement with the reference means (README.md of the reference vectors). */
static const double losses_limit = 1e-5, others_limit = 1e-4, hits_limit = 0.03;

typedef enum { PASSED, FAILED, NOT_YET, VERDICTS } verdict;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static verdict judge(const golden_errors *e)
{
    bool near = e->losses <= losses_limit && e->gradients <= others_limit &&
                e->parameters <= others_limit && e->embeddings <= others_limit;
    bool ranks = e->fewest_hits >= 0 && (double)e->most_hits <= hits_limit * (double)e->queries &&
                 e->lists == 0;
    return near && ranks ? PASSED : FAILED;
}

static void print_head(void)
{
    printf("%-26s %9s %9s %10s %10s %7s %6s\n", "file", "losses", "gradients", "parameters",
           "embeddings", "hits", "lists");
}

static void print_errors(const golden_errors *e, verdict result)
{
    char hits[48];
    snprintf(hits, sizeof hits, "%+lld..%+lld", (long long)e->fewest_hits, (long long)e->most_hits);
    printf("%9.1e %9.1e %10.1e %10.1e %7s %6lld  %s\n", e->losses, e->gradients, e->parameters,
           e->embeddings, hits, (long long)e->lists, result == PASSED ? "pass" : "FAIL");
}

/* C. Replays a file and prints the rest of its line on rank 0. */
static verdict replay_opened(td_comm *comm, const golden_file *file, bool openblas, bool speaks)
{
    golden_case golden;
    golden_errors errors;
    verdict result = NOT_YET;
    td_status status = td_comm_agree(comm, golden_case_read(file, openblas, &golden));
    if (status == TD_OK && golden.lacks[0]) {
        if (speaks)
            printf("not yet: %s\n", golden.lacks);
        return NOT_YET;
    }
    if (status == TD_OK)
        status = golden_replay(comm, file, &golden, &errors);
    result = status == TD_OK ? judge(&errors) : FAILED;
    if (speaks && status == TD_OK)
        print_errors(&errors, result);
    if (speaks && status != TD_OK)
        printf("FAIL: %s\n", td_message());
    return result;
}

static verdict replay_file(td_comm *comm, const char *path, bool openblas)
{
    const bool speaks = td_comm_rank(comm) == 0;
    golden_file file;
    verdict result = FAILED;
    if (speaks)
        printf("%-26s ", base_name(path));
    td_status status = td_comm_agree(comm, golden_file_open(path, &file));
    if (status == TD_OK)
        result = replay_opened(comm, &file, openblas, speaks);
    else if (speaks)
        printf("FAIL: %s\n", td_message());
    golden_file_close(&file);
    return result;
}

static bool parse(int argc, char **argv, bool *openblas)
{
    const struct option options[] = {{"kernels", required_argument, NULL, 'k'}, {0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool is_openblas = optarg && strcmp(optarg, "openblas") == 0;
        bool is_fixed = optarg && strcmp(optarg, "fixed") == 0;
        if (option != 'k' || (!is_openblas && !is_fixed))
            return false;
        *openblas = is_openblas;
    }
    return optind < argc;
}

static int replay_all(td_comm *comm, int n, char **paths, bool openblas)
{
    int count[VERDICTS] = {0};
    const bool speaks = td_comm_rank(comm) == 0;
    if (speaks)
        print_head();
    for (int i = 0; i < n; i++)
        count[replay_file(comm, paths[i], openblas)]++;
    if (speaks)
        printf("%d passed, %d FAILED, %d not yet (%d rank%s, kernels %s)\n", count[PASSED],
               count[FAILED], count[NOT_YET], td_comm_size(comm), td_comm_size(comm) > 1 ? "s" : "",
               openblas ? "openblas" : "fixed");
    return count[FAILED] > 0;
}

int main(int argc, char **argv)
{
    bool openblas = false;
    int status = 2;
    td_comm *comm = td_comm_start();
    opterr = td_comm_rank(comm) == 0;
    if (parse(argc, argv, &openblas))
        status = replay_all(comm, argc - optind, argv + optind, openblas);
    else if (td_comm_rank(comm) == 0)
        fprintf(stderr, "usage: golden [--kernels fixed|openblas] FILE.h5...\n");
    td_comm_stop(comm);
    return status;
}
