/* A data file that contradicts itself is refused: each case changes one thing of a good file behind
 * its back. */
#include "job.h"
#include "sample.h"
#include "store/checksum.h"

#include <hdf5.h>
#include <math.h>

MPI_SUITE(hostile_dataset)

/* One thing to change in a good file, and what must be said of it. Datasets: element index of name
 * becomes value; attributes: index is negative. */
typedef struct {
    const char *name;
    int64_t index;
    double value;
    const char *words;
} change;

static const change changes[] = {
    {"schema/user@vocabulary", -1, 1, "attribute 'vocabulary' of 'schema/user' from 2"},
    {"schema/user@vocabulary", -1, 1e6, "attribute 'vocabulary' of 'schema/user' from 2"},
    {"schema/user@vocabulary", -1, 51,
     "'train/user_offsets' of row 0 of the user at place 50 is impossible"},
    {"file_users", -1, 2147483647, "attribute 'file_users'"},
    {"file_users", -1, 1000, "expected 'train/user_offsets' with 1001 values"},
    {"schema/item@vocabulary", -1, 40, "'vocabularies/item/offsets'"},
    {"schema/item@vocabulary", -1, -1, "attribute 'vocabulary' of 'schema/item'"},
    {"catalog", -1, 41, "'catalog/item'"},
    {"train_rows", -1, 0, "attribute 'train_rows' from 1"},
    {"train_rows", -1, 2401, "'train/fields/item' with 2401"},
    {"test_rows", -1, 1e13, "'test/fields/item'"},
    {"test_rows", -1, -1, "attribute 'test_rows'"},
    {"validation_rows", -1, 1, "'validation/fields/item'"},
    {"schema/rating@vocabulary", -1, 2, "attribute 'vocabulary' of 'schema/rating'"},
    {"schema/rating@width", -1, 2, "attribute 'width' of 'schema/rating'"},
    {"schema/rating@place", -1, 1, "attribute 'place' of 'schema/"},
    {"schema/rating@place", -1, 5, "attribute 'place' of 'schema/rating'"},
    {"schema/timestamp@missing", -1, -1, "attribute 'missing' of 'schema/timestamp'"},
    {"schema/item@missing", -1, 1, "'missing' of 0"},
    {"schema/timestamp@low", -1, -1e12, "attribute 'low' of 'schema/timestamp'"},
    {"schema/timestamp@high", -1, 1e12, "'schema/timestamp'"},
    {"schema/timestamp@high", -1, 1, "attribute 'high' of 'schema/timestamp'"},
    {"schema/timestamp@mean", -1, NAN, "attribute 'mean' of 'schema/timestamp'"},
    {"schema/timestamp@variance", -1, -1, "attribute 'variance' of 'schema/timestamp'"},
    {"schema/timestamp@variance", -1, INFINITY, "attribute 'variance' of 'schema/timestamp'"},
    {"train/user_offsets", 0, 1, "'train/user_offsets' do not rise from 0"},
    {"test/user_offsets", 109, 0, "'test/user_offsets' do not rise from 0 to 600"},
    {"train/user_offsets", 3, 1e15, "'train/user_offsets' do not rise"},
    {"train/user_offsets", 3, -5, "'train/user_offsets' do not rise"},
    {"train/fields/item", 5, 0, "'train/fields/item'"},
    {"train/fields/item", 5, 41, "'train/fields/item'"},
    {"train/fields/item", 5, -7, "'train/fields/item'"},
    {"test/fields/item", 0, 1e9, "'test/fields/item'"},
    {"train/row", 7, 3000, "'train/row'"},
    {"train/row", 7, -1, "'train/row'"},
    {"train/row", 2399, 0, "'train/row'"},
    {"train/fields/rating", 9, NAN, "'train/fields/rating'"},
    {"train/fields/weight", 9, 0, "'train/fields/weight'"},
    {"test/fields/weight", 9, INFINITY, "'test/fields/weight'"},
    {"test/fields/timestamp", 9, -1e12, "'test/fields/timestamp'"},
    {"users/seen/offsets", 2, 1e15, "'users/seen/offsets' do not rise"},
    {"users/seen/values", 0, 0, "'users/seen/values' to rise"},
    {"users/seen/values", 1, 1, "'users/seen/values' to rise"},
    {"users/seen/values", 0, 41, "'users/seen/values' to rise"},
    {"catalog/item", 2, 41, "'catalog/item' from 1 to 40, found 41"},
    {"catalog/item", 2, 0, "'catalog/item' from 1 to 40, found 0"},
    {"items/train_counts", 0, 1, "'items/train_counts' of id 0"},
    {"items/train_counts", 4, -1, "'items/train_counts' of id 4"},
    {"items/train_counts", 4, 1e6, "'items/train_counts' of id 4"},
    {"items/train_counts", 40, 0, "'items/train_counts' miss"},
    {"vocabularies/user/offsets", 3, 1e15, "vocabularies/user"},
    {"vocabularies/item/bytes", 0, 0xff, "string 0 of 'vocabularies/item' is not UTF-8"},
};

/* The same of a file with titles. */
static const change title_changes[] = {
    {"schema/title@vocabulary", -1, 1, "attribute 'vocabulary' of 'schema/title'"},
    {"schema/title@vocabulary", -1, 42, "'vocabularies/title/offsets' with 42 values"},
    {"schema/title@vocabulary", -1, 2147483647, "'vocabularies/title/offsets' with 2147483647"},
    {"schema/item@vocabulary", -1, 40, "'items/fields/title/offsets'"},
    {"items/fields/title/offsets", 0, -1, "'items/fields/title/offsets' do not rise from 0"},
    {"items/fields/title/offsets", 0, 1, "'items/fields/title/offsets' do not rise from 0"},
    {"items/fields/title/offsets", 1, 4, "item 0 of 'items/fields/title' has 4 values"},
    {"items/fields/title/offsets", 3, 1e15, "'items/fields/title/offsets' do not rise"},
    {"items/fields/title/offsets", 3, 3, "found 3 at place 3"},
    {"items/fields/title/offsets", 41, 155, "'items/fields/title/offsets' do not rise"},
    {"items/fields/title/offsets", 41, 157, "found 157 at place 41"},
    {"items/fields/title/values", 5, 0, "'items/fields/title' from 1 to 42, found 0 at place 5"},
    {"items/fields/title/values", 5, 43, "'items/fields/title' from 1 to 42, found 43"},
    {"items/fields/title/values", 155, -1, "'items/fields/title' from 1 to 42, found -1"},
    {"vocabularies/title/offsets", 3, 1e15, "vocabularies/title"},
    {"vocabularies/title/bytes", 5, 0xff, "of 'vocabularies/title' is not UTF-8"},
    {"catalog/title/bytes", 0, 0xff, "string 0 of 'catalog/title' is not UTF-8"},
    {"catalog/id/bytes", 0, 0xff, "string 0 of 'catalog/id' is not UTF-8"},
};

/* The attribute of the root, or, with an '@' in its name, of the group before it. */
static bool change_attribute(hid_t file, const change *c)
{
    char name[64];
    snprintf(name, sizeof name, "%s", c->name);
    char *at = strchr(name, '@');
    if (at)
        *at = '\0';
    hid_t group = H5Gopen2(file, at ? name : "/", H5P_DEFAULT);
    hid_t id = H5Aopen(group, at ? at + 1 : name, H5P_DEFAULT);
    bool done = H5Awrite(id, H5T_NATIVE_DOUBLE, &c->value) >= 0;
    H5Aclose(id);
    H5Gclose(group);
    return done;
}

static bool change_element(hid_t file, const change *c)
{
    hid_t id = H5Dopen2(file, c->name, H5P_DEFAULT), space = H5Dget_space(id);
    hsize_t place = (hsize_t)c->index, one = 1;
    hid_t memory = H5Screate_simple(1, &one, NULL);
    bool done = H5Sselect_elements(space, H5S_SELECT_SET, 1, &place) >= 0 &&
                H5Dwrite(id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &c->value) >= 0;
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(id);
    return done;
}

/* Writes the checksum that the values have now, as one who means harm would. */
static bool change_checksum(const char *path, uint64_t checksum)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, checksum);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t id = H5Aopen(file, "checksum", H5P_DEFAULT), type = H5Aget_type(id);
    bool done = H5Awrite(id, type, text) >= 0;
    H5Tclose(type);
    H5Aclose(id);
    return H5Fclose(file) >= 0 && done;
}

/* Makes the checksum of folder/bad.h5 right. */
static void hide_the_change(td_comm *comm, const char *folder)
{
    const char *const everything[] = {"", NULL};
    td_file *file;
    uint64_t checksum = 0;
    bool read = td_file_open(comm, in_folder(folder, "bad.h5"), NULL, 0, &file) == TD_OK;
    assert_on_all(comm, read && td_checksum_groups(file, everything, &checksum) == TD_OK, "read");
    td_file_discard(file);
    td_comm_barrier(comm);
    bool done = td_comm_rank(comm) != 0 || change_checksum(in_folder(folder, "bad.h5"), checksum);
    assert_on_all(comm, done, "its checksum");
}

/* Makes bad.h5 of sample.h5 on rank 0. */
static void make_bad(td_comm *comm, const char *folder, const change *c)
{
    bool made = true;
    td_comm_barrier(comm);
    if (td_comm_rank(comm) == 0) {
        char command[4 * PATH_BYTES];
        snprintf(command, sizeof command, "cp '%s' '%s'", in_folder(folder, "sample.h5"),
                 in_folder(folder, "bad.h5"));
        made = system(command) == 0;
        hid_t file = H5Fopen(in_folder(folder, "bad.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
        made = made && (c->index < 0 ? change_attribute(file, c) : change_element(file, c));
        made = H5Fclose(file) >= 0 && made;
    }
    assert_on_all(comm, made, c->name);
}

/* Reads all there is, each rank a share of the users. */
static td_status read_everything(td_comm *comm, td_dataset *data)
{
    int64_t first, users, *offsets, *counts, shards[9];
    int32_t *items;
    td_rows rows;
    td_strings names;
    td_comm_share(comm, td_dataset_info(data)->file_users, &first, &users);
    for (td_split s = TD_TRAIN; s <= TD_TEST; s++) {
        TD_TRY(td_dataset_read_users(data, s, first, users, NULL, &offsets, &rows));
        td_rows_free(&rows);
        td_free(offsets);
    }
    TD_TRY(td_dataset_read_seen(data, first, users, &offsets, &items));
    td_free(offsets);
    td_free(items);
    TD_TRY(td_dataset_read_catalog(data, &items));
    td_free(items);
    TD_TRY(td_dataset_read_item_counts(data, &counts));
    td_free(counts);
    TD_TRY(td_dataset_read_user_names(data, &names));
    td_strings_free(&names);
    TD_TRY(td_dataset_read_item_names(data, &names));
    td_strings_free(&names);
    return td_dataset_cut_shards(data, 8, shards);
}

/* Reads what there is of titles and of the item list. */
static td_status read_titles(td_dataset *data)
{
    td_frame items;
    td_strings names;
    TD_TRY(td_dataset_read_catalog_ids(data, &names));
    td_strings_free(&names);
    if (!td_schema_with_role(&td_dataset_info(data)->schema, TD_ROLE_TITLE))
        return TD_OK;
    TD_TRY(td_dataset_read_item_fields(data, NULL, &items));
    td_frame_free(&items);
    TD_TRY(td_dataset_read_catalog_titles(data, &names));
    td_strings_free(&names);
    TD_TRY(td_dataset_read_vocabulary(data, "title", &names));
    td_strings_free(&names);
    return TD_OK;
}

static td_status open_and_read(td_comm *comm, const char *path)
{
    td_dataset *data;
    TD_TRY(td_dataset_open(comm, path, &data));
    td_status status = read_everything(comm, data);
    if (status == TD_OK)
        status = read_titles(data);
    td_dataset_close(data);
    return status;
}

/* Asserts that folder/sample.h5 can be read, and not with any of the changes. */
static void assert_all_refused(td_comm *comm, const char *folder, size_t count, const change *list)
{
    assert_on_all(comm, open_and_read(comm, in_folder(folder, "sample.h5")) == TD_OK, "good");
    for (size_t i = 0; i < count; i++) {
        make_bad(comm, folder, &list[i]);
        hide_the_change(comm, folder);
        td_status status = open_and_read(comm, in_folder(folder, "bad.h5"));
        assert_refused(comm, status, TD_ERR_FORMAT, list[i].words);
    }
}

MPI_TEST(hostile_dataset, refuses_titles_that_contradict_the_rest)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare_titled(comm, folder, 10000);
    assert_all_refused(comm, folder, sizeof title_changes / sizeof *title_changes, title_changes);
    remove_folder(comm, folder);
}

MPI_TEST(hostile_dataset, refuses_a_file_that_contradicts_itself)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    assert_all_refused(comm, folder, sizeof changes / sizeof *changes, changes);
    remove_folder(comm, folder);
}

/* One number for the first training and the first validation row of a user who has both: the larger
 * becomes the smaller, so that the rows of either split still rise. */
static change same_number(td_comm *comm, const char *folder)
{
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    int64_t *offsets[2], users = td_dataset_info(data)->file_users, user = 0;
    td_rows rows[2];
    for (int s = 0; s < 2; s++)
        assert_on_all(comm,
                      td_dataset_read_users(data, s == 0 ? TD_TRAIN : TD_VALIDATION, 0, users, NULL,
                                            &offsets[s], &rows[s]) == TD_OK,
                      "a split");
    while (offsets[0][user] == offsets[0][user + 1] || offsets[1][user] == offsets[1][user + 1])
        user++;
    const int64_t row[2] = {rows[0].row[offsets[0][user]], rows[1].row[offsets[1][user]]};
    const int larger = row[1] > row[0];
    const change found = {larger ? "validation/row" : "train/row", offsets[larger][user],
                          (double)row[!larger], "have the same number of the user at place"};
    for (int s = 0; s < 2; s++) {
        td_rows_free(&rows[s]);
        td_free(offsets[s]);
    }
    td_dataset_close(data);
    return found;
}

/* Each split of the file is sound; only where both are training rows do they contradict. */
MPI_TEST(hostile_dataset, refuses_joined_rows_of_one_number)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES], input[2 * PATH_BYTES];
    td_dataset *data;
    make_folder(comm, folder);
    sample_write(comm, folder);
    snprintf(input, sizeof input, "%s", in_folder(folder, "sample.csv"));
    td_prepare_options options = sample_options(input);
    options.validation_fraction = 0.3;
    sample_prepare_with(comm, folder, &options);
    const change c = same_number(comm, folder);
    make_bad(comm, folder, &c);
    hide_the_change(comm, folder);
    assert_on_all(comm, open_and_read(comm, in_folder(folder, "bad.h5")) == TD_OK, "its splits");
    data = sample_open(comm, in_folder(folder, "bad.h5"));
    assert_on_all(comm, td_dataset_join_validation(data) == TD_OK, "td_dataset_join_validation");
    assert_refused(comm, read_everything(comm, data), TD_ERR_FORMAT, c.words);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

/* Values that could well be those of another file. */
static const change possible_changes[] = {
    {"train/fields/rating", 9, 1, NULL},
    {"test/fields/rating", 0, 1, NULL},
    {"train/fields/weight", 2399, 7, NULL},
    {"test/fields/timestamp", 9, 12345, NULL},
    {"catalog/item", 2, 1, NULL},
    {"catalog/id/bytes", 0, 'z', NULL},
    {"vocabularies/user/bytes", 1, 'z', NULL},
    {"train/user_offsets", 1, 1, NULL},
};

MPI_TEST(hostile_dataset, refuses_values_that_were_not_written)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    for (size_t i = 0; i < sizeof possible_changes / sizeof *possible_changes; i++) {
        td_dataset *data;
        make_bad(comm, folder, &possible_changes[i]);
        assert_refused(comm, td_dataset_open(comm, in_folder(folder, "bad.h5"), &data),
                       TD_ERR_FORMAT, "bad.h5: it is damaged: its values have the checksum");
    }
    remove_folder(comm, folder);
}

MPI_TEST(hostile_dataset, refuses_what_is_no_data_file)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    td_dataset *data;
    make_folder(comm, folder);
    assert_refused(comm, td_dataset_open(comm, in_folder(folder, "none.h5"), &data), TD_ERR_FILE,
                   "none.h5");
    put_text(comm, in_folder(folder, "text.h5"), "user,item\n");
    assert_refused(comm, td_dataset_open(comm, in_folder(folder, "text.h5"), &data), TD_ERR_FORMAT,
                   "text.h5");
    td_file *file;
    td_status status = td_file_create(comm, in_folder(folder, "other.h5"), "other", 1, &file);
    assert_on_all(comm, status == TD_OK && td_file_publish(file) == TD_OK, "another format");
    assert_refused(comm, td_dataset_open(comm, in_folder(folder, "other.h5"), &data), TD_ERR_FORMAT,
                   "other");
    status = td_file_create(comm, in_folder(folder, "bare.h5"), "tandem-data", 2, &file);
    assert_on_all(comm, status == TD_OK && td_file_publish(file) == TD_OK, "an empty one");
    assert_refused(comm, td_dataset_open(comm, in_folder(folder, "bare.h5"), &data), TD_ERR_FORMAT,
                   "checksum");
    status = td_file_create(comm, in_folder(folder, "old.h5"), "tandem-data", 1, &file);
    assert_on_all(comm, status == TD_OK && td_file_publish(file) == TD_OK, "an old one");
    assert_refused(comm, td_dataset_open(comm, in_folder(folder, "old.h5"), &data), TD_ERR_FORMAT,
                   "this tandem reads version 2: make it again");
    remove_folder(comm, folder);
}
