/* Each format's files, written by hand, give the items and interactions that one reads in them. */
#include "../data/sample.h"
#include "job.h"

MPI_SUITE(formats)

typedef struct {
    td_comm *comm;
    char folder[PATH_BYTES];
    td_prepare_options options;
    td_prepare_report report;
    td_dataset *data;
    td_rows rows; /* the training rows, which are all */
    td_strings users, items;
} fixture;

static fixture *begin(const char *format)
{
    fixture *f = TD_NEW(fixture, 1);
    f->comm = job_comm();
    make_folder(f->comm, f->folder);
    f->options = td_prepare_defaults();
    f->options.format = format;
    f->options.input = f->folder;
    f->options.test_fraction = 0;
    return f;
}

static const char *put(fixture *f, const char *name, const char *text)
{
    static char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s", in_folder(f->folder, name));
    put_text(f->comm, path, text);
    return path;
}

static void prepare_and_read(fixture *f)
{
    const char *out = in_folder(f->folder, "out.h5");
    td_status status = td_prepare(f->comm, &f->options, out, &f->report);
    cr_assert_eq(status, TD_OK, "%s", td_message());
    f->data = sample_open(f->comm, out);
    int64_t *offsets, users = td_dataset_info(f->data)->file_users;
    status = td_dataset_read_users(f->data, TD_TRAIN, 0, users, NULL, &offsets, &f->rows);
    cr_assert_eq(status, TD_OK, "%s", td_message());
    td_free(offsets);
    cr_assert_eq(td_dataset_read_user_names(f->data, &f->users), TD_OK);
    cr_assert_eq(td_dataset_read_item_names(f->data, &f->items), TD_OK);
}

static void assert_failure(fixture *f, td_status expected, const char *words)
{
    td_status status = td_prepare(f->comm, &f->options, in_folder(f->folder, "x.h5"), &f->report);
    cr_assert_eq(status, expected, "%s: %s", td_status_text(status), td_message());
    cr_assert_not_null(strstr(td_message(), words), "%s", td_message());
}

static void end(fixture *f)
{
    td_rows_free(&f->rows);
    td_strings_free(&f->users);
    td_strings_free(&f->items);
    td_dataset_close(f->data);
    remove_folder(f->comm, f->folder);
    td_free(f);
}

static bool names(const td_strings *names, int64_t place, const char *text)
{
    size_t length = (size_t)(names->offsets[place + 1] - names->offsets[place]);
    return length == strlen(text) &&
           memcmp(names->bytes + names->offsets[place], text, length) == 0;
}

/* Asserts that input row number is of this user and item. */
static void assert_row(const fixture *f, int64_t number, const char *user, const char *item,
                       float rating, int64_t time)
{
    for (int64_t i = 0; i < f->rows.count; i++) {
        if (f->rows.row[i] != number)
            continue;
        cr_assert(names(&f->users, f->rows.user[i] - 1, user), "user of row %d", (int)number);
        cr_assert(names(&f->items, f->rows.item[i] - 1, item), "item of row %d", (int)number);
        cr_assert_eq(f->rows.rating[i], rating, "row %d", (int)number);
        cr_assert_eq(f->rows.timestamp[i], time, "row %d", (int)number);
        return;
    }
    cr_assert_fail("row %d is missing", (int)number);
}

/* The field with a role, NULL if there is none. */
static const td_schema_field *with_role(const fixture *f, td_role role)
{
    return td_schema_with_role(&td_dataset_info(f->data)->schema, role);
}

MPI_TEST(formats, movielens_100k)
{
    fixture *f = begin("movielens-100k");
    put(f, "u.data", "7\t2\t3\t881250949\n10\t1\t5\t881250950\n7\t3\t1\t881250951\n");
    put(f, "u.item", "1|Same (1995)|01-Jan-1995||http://x\n2|Caf\xe9 (1996)|x\n3|Same (1995)|y\n");
    prepare_and_read(f);
    cr_assert_eq(f->report.items, 2);
    cr_assert_eq(f->report.catalog, 3);
    cr_assert(names(&f->items, 0, "Caf\xc3\xa9 (1996)") && names(&f->items, 1, "Same (1995)"));
    assert_row(f, 0, "7", "Caf\xc3\xa9 (1996)", 3, 881250949);
    assert_row(f, 1, "10", "Same (1995)", 5, 881250950);
    assert_row(f, 2, "7", "Same (1995)", 1, 881250951);
    int32_t *catalog;
    cr_assert_eq(td_dataset_read_catalog(f->data, &catalog), TD_OK);
    cr_assert(catalog[0] == 2 && catalog[1] == 1 && catalog[2] == 2);
    td_free(catalog);
    td_strings tokens; /* learned from all rows of the item list, so "same" is there twice */
    const char *const learned[] = {"[UNK]", "same", "1995", "caf\xc3\xa9", "1996"};
    cr_assert_eq(td_dataset_read_vocabulary(f->data, "title", &tokens), TD_OK);
    cr_assert_eq(tokens.count, 5);
    for (int i = 0; i < 5; i++)
        cr_assert(names(&tokens, i, learned[i]), "token %d", i);
    td_strings_free(&tokens);
    cr_assert(with_role(f, TD_ROLE_LABEL) && with_role(f, TD_ROLE_TIME) &&
              with_role(f, TD_ROLE_TITLE) && !with_role(f, TD_ROLE_WEIGHT));
    const td_summary times = with_role(f, TD_ROLE_TIME)->summary;
    cr_assert(times.low == 881250949 && times.high == 881250951);
    cr_assert(times.mean == 881250950 && times.variance == 2.0 / 3);
    end(f);
}

MPI_TEST(formats, movielens_1m)
{
    fixture *f = begin("movielens-1m");
    put(f, "ratings.dat", "1::20::4::978300760\r\n2::3::2::978300761\r\n");
    put(f, "movies.dat", "3::Mis\xe9rables, Les: Part::Drama\r\n20::Heat (1995)::Action\r\n");
    prepare_and_read(f);
    assert_row(f, 0, "1", "Heat (1995)", 4, 978300760);
    assert_row(f, 1, "2", "Mis\xc3\xa9rables, Les: Part", 2, 978300761);
    end(f);
}

MPI_TEST(formats, movielens_csv)
{
    fixture *f = begin("movielens-csv");
    put(f, "ratings.csv",
        "\xef\xbb\xbfuserId,movieId,rating,timestamp\n1,11,4.5,964982703\n"
        "2,5,0.5,964982704");
    put(f, "movies.csv",
        "movieId,title,genres\n11,\"American President, The (1995)\",Drama\n"
        "5,\"The \"\"Best\"\"\",(no genres listed)\n");
    prepare_and_read(f);
    assert_row(f, 0, "1", "American President, The (1995)", 4.5F, 964982703);
    assert_row(f, 1, "2", "The \"Best\"", 0.5F, 964982704);
    end(f);
}

MPI_TEST(formats, delimited_by_numbers)
{
    fixture *f = begin("delimited");
    f->options.separator = "tab";
    f->options.user_column = "3";
    f->options.item_column = "1";
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s",
             put(f, "r", "song\tx\tann\nb\"and\ty\tann\n\nsong\tz\tbob\n"));
    f->options.input = path;
    prepare_and_read(f);
    assert_row(f, 0, "ann", "song", 0, 0);
    assert_row(f, 1, "ann", "b\"and", 0, 0);
    assert_row(f, 2, "bob", "song", 0, 0);
    const td_data_info *info = td_dataset_info(f->data);
    cr_assert_not(with_role(f, TD_ROLE_LABEL) || with_role(f, TD_ROLE_TIME) ||
                  with_role(f, TD_ROLE_TITLE) || with_role(f, TD_ROLE_WEIGHT));
    cr_assert_eq(info->catalog, 2);
    cr_assert_eq(f->rows.weight[0], 1);
    end(f);
}

/* Where titles are shared, empty, or not wanted. */
MPI_TEST(formats, delimited_with_an_item_list)
{
    fixture *f = begin("delimited");
    char ratings[2 * PATH_BYTES], items[2 * PATH_BYTES];
    snprintf(ratings, sizeof ratings, "%s", put(f, "r", "u,i\na,1\na,2\nb,3\nb,4\n"));
    snprintf(items, sizeof items, "%s",
             put(f, "i", "name,id\nX,1\n\"X\",2\n,3\nnever rated,9\nY,4"));
    f->options.input = ratings;
    f->options.items = items;
    f->options.header = TD_HEADER_YES;
    f->options.items_id_column = "id";
    f->options.items_title_column = "name";
    f->options.item_key = TD_KEY_TITLE;
    prepare_and_read(f);
    cr_assert_eq(f->report.items, 4);
    assert_row(f, 0, "a", "X", 0, 0);
    assert_row(f, 1, "a", "X", 0, 0);
    assert_row(f, 2, "b", "3", 0, 0);
    assert_row(f, 3, "b", "Y", 0, 0);
    cr_assert_eq(f->report.duplicates, 1);
    td_dataset_close(f->data);
    td_rows_free(&f->rows);
    td_strings_free(&f->users);
    td_strings_free(&f->items);

    f->options.item_key = TD_KEY_AS_TOLD;
    prepare_and_read(f);
    cr_assert_eq(f->report.items, 5);
    cr_assert_eq(f->report.duplicates, 0);
    assert_row(f, 0, "a", "1", 0, 0);
    cr_assert(with_role(f, TD_ROLE_TITLE));
    end(f);
}

/* Twenty users of one row each: those of the test rows come last and have no id, unless the
 * statistics are of all rows. */
MPI_TEST(formats, users_without_a_training_row)
{
    fixture *f = begin("delimited");
    char path[2 * PATH_BYTES], text[512] = "";
    for (int u = 0; u < 20; u++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "u%d,i,%d\n", u, 100 + u);
    snprintf(path, sizeof path, "%s", put(f, "r", text));
    f->options.input = path;
    f->options.timestamp_column = "3";
    f->options.test_fraction = 0.25;
    for (td_statistics s = TD_STATISTICS_TRAIN; s <= TD_STATISTICS_ALL; s++) {
        f->options.statistics = s;
        prepare_and_read(f);
        const td_data_info *info = td_dataset_info(f->data);
        bool all = s == TD_STATISTICS_ALL;
        cr_assert_eq(info->file_users, 20);
        cr_assert_eq(info->users, all ? 20 : 15);
        cr_assert_eq(f->report.test_only_users, 5);
        double sum = 0;
        for (int64_t i = 0; i < f->rows.count; i++) {
            cr_assert(f->rows.user[i] > 0, "training rows have users with an id");
            sum += (double)f->rows.timestamp[i];
        }
        cr_assert_eq(with_role(f, TD_ROLE_TIME)->summary.mean, all ? 109.5 : sum / 15);
        int64_t *offsets;
        td_rows test;
        cr_assert_eq(td_dataset_read_users(f->data, TD_TEST, 0, 20, NULL, &offsets, &test), TD_OK);
        for (int64_t i = 0; i < test.count; i++)
            cr_assert_eq(test.user[i] == 0, !all);
        cr_assert_eq(offsets[15] == 0, !all, "users without an id come last");
        td_free(offsets);
        td_rows_free(&test);
        td_rows_free(&f->rows);
        td_strings_free(&f->users);
        td_strings_free(&f->items);
        td_dataset_close(f->data);
        f->data = NULL;
    }
    end(f);
}

MPI_TEST(formats, options_that_contradict_each_other)
{
    fixture *f = begin("netflix");
    assert_failure(f, TD_ERR_USAGE, "found 'netflix'");
    f->options.format = NULL; /* it is guessed, and the folder has no file */
    assert_failure(f, TD_ERR_FILE, "expected files in the folder, found none");
    f->options.format = "movielens-1m";
    f->options.rating_column = "3";
    assert_failure(f, TD_ERR_USAGE, "for the formats auto, csv");
    f->options.format = "delimited";
    f->options.separator = "";
    assert_failure(f, TD_ERR_USAGE, "separator: expected one character or more");
    f->options.separator = NULL;
    f->options.input = put(f, "r", "a,b,3\n");
    f->options.header = TD_HEADER_NO;
    f->options.user_column = "who";
    assert_failure(f, TD_ERR_USAGE, "file without header, found 'who'");
    f->options.user_column = NULL;
    f->options.seed = (uint64_t)INT64_MAX + 1;
    assert_failure(f, TD_ERR_USAGE, "seed");
    f->options.seed = 1;
    for (int64_t tokens = 1; tokens <= INT32_MAX; tokens += INT32_MAX - 1) {
        f->options.max_tokens = tokens;
        assert_failure(f, TD_ERR_USAGE, "tokens: expected from 2 to 2147483646");
    }
    f->options.max_tokens = 2;
    f->options.test_fraction = 1;
    assert_failure(f, TD_ERR_USAGE, "expected a number in [0, 1), found 1");
    f->options.test_fraction = 0.5;
    assert_failure(f, TD_ERR_INPUT, "holds all 1 out");
    end(f);
}
