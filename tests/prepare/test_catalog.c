/* Item lists of several ranks, one of which found another size than the others: no rank goes on. */
#include "../data/scratch.h"
#include "job.h"
#include "prepare/catalog.h"
#include "prepare/source.h"

MPI_SUITE(catalog)

/* Reads text on this rank alone, so that nobody compares the files. The list needs the source. */
static td_catalog read_alone(td_comm *comm, const char *text, td_source *source)
{
    td_catalog list;
    td_bad_lines none = {.limit = 0};
    td_comm *alone = td_comm_alone(comm);
    const scratch folder = scratch_make();
    const scratch_path path = scratch_text(&folder, "items", text);
    td_prepare_options options = td_prepare_defaults();
    options.format = "delimited";
    options.item_key = TD_KEY_TITLE;
    options.input = options.items = path.text;
    cr_assert_eq(td_source_describe(&options, NULL, source), TD_OK, "%s", td_message());
    cr_assert_eq(td_catalog_read(alone, source, &none, &list), TD_OK, "%s", td_message());
    scratch_remove(&folder);
    td_comm_free(alone);
    return list;
}

/* The last rank's list is other, the others' is "1,One 2,Two". */
static void expect(td_comm *comm, const char *other, td_status expected)
{
    const bool is_last = td_comm_rank(comm) == td_comm_size(comm) - 1;
    td_source source;
    td_catalog list = read_alone(comm, is_last ? other : "1,One\n2,Two\n", &source);
    const td_status status = td_catalog_agree(comm, "items", &list);
    char culprit[32];
    snprintf(culprit, sizeof culprit, "items: rank %d on ", td_comm_size(comm) - 1);
    cr_expect_eq(status, expected, "%s", other);
    cr_expect(status == TD_OK || strstr(td_message(), culprit), "%s", td_message());
    td_catalog_free(&list);
    td_source_free(&source);
}

MPI_TEST(catalog, has_one_size_on_all_ranks)
{
    td_comm *comm = job_comm();
    expect(comm, "1,One\n2,Two\n", TD_OK);
    expect(comm, "1,One\n2,Two\n3,Three\n", TD_ERR_INPUT);
    expect(comm, "1,One\n", TD_ERR_INPUT);
    expect(comm, "1,One\n2,One\n", TD_ERR_INPUT);
    expect(comm, "1,One\n2,\n3,\n", TD_ERR_INPUT);
}
