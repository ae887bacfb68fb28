/* Reading a data file by users and shards. */
#include "sample.h"

#include "job.h"
#include "text/fields.h"

MPI_SUITE(dataset)

/* The shards' beginnings by their definition, from all offsets. */
static void cut_by_definition(int64_t rows, int64_t users, const int64_t *offsets, int64_t shards,
                              int64_t *first_user)
{
    for (int64_t s = 0; s < shards; s++) {
        int64_t u = 0;
        while (offsets[u] * shards < rows * s)
            u++;
        first_user[s] = u;
    }
    first_user[shards] = users;
}

MPI_TEST(dataset, cuts_shards_of_nearly_equal_rows)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    const td_data_info *info = td_dataset_info(data);
    int64_t *offsets;
    td_rows rows;
    td_status status =
        td_dataset_read_users(data, TD_TRAIN, 0, info->file_users, NULL, &offsets, &rows);
    assert_on_all(comm, status == TD_OK, "all users on every rank");
    for (int64_t shards = 1; shards <= 400; shards = 2 * shards + 1) {
        int64_t found[512], expected[512];
        status = td_dataset_cut_shards(data, shards, found);
        cut_by_definition(info->rows[TD_TRAIN], info->file_users, offsets, shards, expected);
        bool same = memcmp(found, expected, (size_t)(shards + 1) * sizeof *found) == 0;
        assert_on_all(comm, status == TD_OK && same, "shards");
    }
    td_rows_free(&rows);
    td_free(offsets);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

MPI_TEST(dataset, reads_nobody_on_a_rank_that_asks_for_nobody)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    int64_t all = td_dataset_info(data)->file_users, *offsets, *seen_offsets;
    int64_t users = td_comm_rank(comm) == 0 ? 0 : 3;
    int32_t *seen;
    td_rows rows;
    td_status status =
        td_dataset_read_users(data, TD_TRAIN, all - users, users, NULL, &offsets, &rows);
    assert_on_all(comm, status == TD_OK && offsets[0] == 0 && offsets[users] == rows.count, "rows");
    assert_on_all(comm, users > 0 || rows.count == 0, "no rows of no users");
    status = td_dataset_read_seen(data, all - users, users, &seen_offsets, &seen);
    assert_on_all(comm, status == TD_OK && seen_offsets[0] == 0, "seen items");
    td_rows_free(&rows);
    td_free(offsets);
    td_free(seen_offsets);
    td_free(seen);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

static td_str string_at(const td_strings *strings, int64_t i)
{
    const int64_t *at = strings->offsets + i;
    return (td_str){strings->bytes + at[0], (size_t)(at[1] - at[0])};
}

static bool is_text(td_str field, const char *text)
{
    return field.length == strlen(text) && memcmp(field.text, text, field.length) == 0;
}

/* What a file says of titles. */
typedef struct {
    td_strings tokens, items; /* of ids from 1 on */
    td_frame fields;
    const int64_t *offsets;
    const int32_t *ids;
} title_tokens;

static title_tokens read_title_tokens(td_comm *comm, td_dataset *data)
{
    title_tokens t;
    const char *const title[] = {"title", NULL};
    assert_on_all(comm, td_dataset_read_vocabulary(data, "title", &t.tokens) == TD_OK, "tokens");
    assert_on_all(comm, td_dataset_read_item_names(data, &t.items) == TD_OK, "items");
    assert_on_all(comm, td_dataset_read_item_fields(data, title, &t.fields) == TD_OK, "titles");
    t.offsets = t.fields.field[0].offsets;
    t.ids = t.fields.field[0].values;
    return t;
}

static void free_title_tokens(title_tokens *t)
{
    td_strings_free(&t->tokens);
    td_strings_free(&t->items);
    td_frame_free(&t->fields);
}

/* The tokens of the item with this id, joined by spaces. */
static void join_tokens(const title_tokens *t, int64_t id, char joined[64])
{
    size_t used = 0;
    joined[0] = '\0';
    for (int64_t i = t->offsets[id]; i < t->offsets[id + 1] && used < 32; i++) {
        td_str token = string_at(&t->tokens, t->ids[i] - 1);
        used += (size_t)snprintf(joined + used, 64 - used, "%s%.*s", used > 0 ? " " : "",
                                 (int)token.length, token.text);
    }
}

/* Each item's tokens are those of its title, which names it; "i39" has none. */
static bool have_their_tokens(const title_tokens *t)
{
    bool right = t->offsets[1] == 0;
    for (int64_t id = 1; id <= SAMPLE_ITEMS; id++) {
        int part, number;
        char joined[64], expected[64] = "", name[32];
        td_str item = string_at(&t->items, id - 1);
        snprintf(name, sizeof name, "%.*s", (int)item.length, item.text);
        if (sscanf(name, "Part %d, the %d", &part, &number) == 2)
            snprintf(expected, sizeof expected, "part %d the %d", part, number);
        else
            right = right && strcmp(name, "i39") == 0;
        join_tokens(t, id, joined);
        right = right && strcmp(joined, expected) == 0;
    }
    return right;
}

MPI_TEST(dataset, reads_titles_as_tokens)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_prepare_report report = sample_prepare_titled(comm, folder, 10000);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    title_tokens t = read_title_tokens(comm, data);
    const int64_t ids = td_schema_find(&td_dataset_info(data)->schema, "title")->vocabulary;
    bool counted =
        ids == 2 + 2 + SAMPLE_ITEMS - 1 && report.tokens == ids && t.tokens.count == ids - 1;
    assert_on_all(comm, counted, "padding, [UNK], two words and the numbers");
    const char *const first[] = {"[UNK]", "the", "part"};
    for (int i = 0; i < 3; i++)
        assert_on_all(comm, is_text(string_at(&t.tokens, i), first[i]), first[i]);
    assert_on_all(comm, have_their_tokens(&t), "the tokens of each item");
    free_title_tokens(&t);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

MPI_TEST(dataset, keeps_as_many_tokens_as_it_may)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    for (int64_t most = 2; most <= 3; most++) {
        sample_prepare_titled(comm, folder, most);
        td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
        title_tokens t = read_title_tokens(comm, data);
        assert_on_all(comm, t.tokens.count == most - 1, "no more tokens");
        int64_t known = 0, count = t.offsets[SAMPLE_ITEMS + 1];
        for (int64_t i = 0; i < count; i++)
            known += t.ids[i] != 1;
        assert_on_all(comm, count == 4L * (SAMPLE_ITEMS - 1), "four words each");
        assert_on_all(comm, known == (most - 2) * (SAMPLE_ITEMS - 1), "only \"the\" is known");
        free_title_tokens(&t);
        td_dataset_close(data);
    }
    remove_folder(comm, folder);
}

MPI_TEST(dataset, reads_the_item_list)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare_titled(comm, folder, 10000);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    td_strings ids, titles;
    assert_on_all(comm, td_dataset_read_catalog_ids(data, &ids) == TD_OK, "ids");
    assert_on_all(comm, td_dataset_read_catalog_titles(data, &titles) == TD_OK, "titles");
    bool right = ids.count == SAMPLE_ITEMS && titles.count == SAMPLE_ITEMS;
    for (int i = 0; i < SAMPLE_ITEMS && right; i++) {
        char id[16], title[SAMPLE_TITLE_BYTES];
        snprintf(id, sizeof id, "i%d", i);
        sample_title(i, title);
        right = is_text(string_at(&ids, i), id) && is_text(string_at(&titles, i), title);
    }
    assert_on_all(comm, right, "ids and titles in the list's order");
    td_strings_free(&ids);
    td_strings_free(&titles);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

MPI_TEST(dataset, has_no_tokens_without_titles)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_prepare_report report = sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    td_strings names;
    assert_on_all(comm, report.tokens == 0, "no tokens");
    assert_on_all(comm, !td_schema_find(&td_dataset_info(data)->schema, "title"), "no titles");
    assert_refused(comm, td_dataset_read_vocabulary(data, "title", &names), TD_ERR_INPUT,
                   "sample.h5: expected a field 'title' with a vocabulary");
    assert_refused(comm, td_dataset_read_catalog_titles(data, &names), TD_ERR_INPUT,
                   "sample.h5: expected the titles of the items");
    assert_on_all(comm, td_dataset_read_catalog_ids(data, &names) == TD_OK, "ids");
    assert_on_all(comm, names.count == SAMPLE_ITEMS, "the items");
    td_strings_free(&names);
    td_dataset_close(data);
    remove_folder(comm, folder);
}
