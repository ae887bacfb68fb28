/* What schemas tell of users and items is in the data file, by user and by item, on any ranks. */
#include "../data/sample.h"
#include "data/names.h"
#include "job.h"
#include "store/npy.h"

#include <math.h>
#include <unistd.h>

MPI_SUITE(fields)

typedef struct {
    td_comm *comm;
    char folder[PATH_BYTES];
    td_prepare_options options;
    td_prepare_report report;
    td_dataset *data;
    td_strings user_names, item_names;
    td_frame users, items; /* by place, by id */
} fixture;

static fixture *begin(void)
{
    fixture *f = TD_NEW(fixture, 1);
    f->comm = job_comm();
    make_folder(f->comm, f->folder);
    f->options = td_prepare_defaults();
    f->options.input = f->folder;
    return f;
}

static void put(fixture *f, const char *name, const char *text)
{
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s", in_folder(f->folder, name));
    put_text(f->comm, path, text);
}

static void prepare(fixture *f)
{
    char out[2 * PATH_BYTES];
    snprintf(out, sizeof out, "%s", in_folder(f->folder, "out.h5"));
    const td_status status = td_prepare(f->comm, &f->options, out, &f->report);
    assert_on_all(f->comm, status == TD_OK, td_message());
    f->data = sample_open(f->comm, out);
    const td_range all = {0, td_dataset_info(f->data)->file_users};
    bool right = td_dataset_read_user_names(f->data, &f->user_names) == TD_OK;
    right = td_dataset_read_item_names(f->data, &f->item_names) == TD_OK && right;
    right = td_dataset_read_user_fields(f->data, all, NULL, &f->users) == TD_OK && right;
    right = td_dataset_read_item_fields(f->data, NULL, &f->items) == TD_OK && right;
    assert_on_all(f->comm, right, td_message());
}

static void end(fixture *f)
{
    td_strings_free(&f->user_names);
    td_strings_free(&f->item_names);
    td_frame_free(&f->users);
    td_frame_free(&f->items);
    td_dataset_close(f->data);
    remove_folder(f->comm, f->folder);
    td_free(f);
}

/* Returns the place of a text among strings, -1 if it is not there. */
static int64_t place(const td_strings *strings, const char *text)
{
    for (int64_t i = 0; i < strings->count; i++) {
        const td_str s = td_string_at(strings, i);
        if (s.length == strlen(text) && memcmp(s.text, text, s.length) == 0)
            return i;
    }
    return -1;
}

/* Tells whether the categories of a row are these names, joined by ','. */
static bool is_named(fixture *f, const td_frame *frame, const char *name, int64_t row,
                     const char *expected)
{
    char found[512] = "";
    td_strings names = {0};
    const td_field *field = td_frame_find(frame, name);
    const bool is_read = field && td_dataset_read_vocabulary(f->data, name, &names) == TD_OK;
    assert_on_all(f->comm, is_read, name);
    if (!field)
        return false;
    const int32_t *ids = field->values;
    const int64_t first = field->offsets ? field->offsets[row] : row;
    const int64_t last = field->offsets ? field->offsets[row + 1] : row + 1;
    for (int64_t i = first; i < last && ids[i] > 0; i++) {
        const td_str s = td_string_at(&names, ids[i] - 1);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%.*s",
                 i > first ? "," : "", (int)s.length, s.text);
    }
    td_strings_free(&names);
    if (strcmp(found, expected) != 0)
        fprintf(stderr, "%s of row %d: expected '%s', found '%s'\n", name, (int)row, expected,
                found);
    return strcmp(found, expected) == 0;
}

static bool is_number(const td_frame *frame, const char *name, int64_t row, float expected)
{
    const float found = ((const float *)td_frame_values(frame, name))[row];
    return found == expected || (isnan(found) && isnan(expected));
}

static const char shop[] = "interactions:\n"
                           "  file: clicks.csv\n"
                           "  fields:\n"
                           "    who: {kind: category, role: user}\n"
                           "    what: {kind: category, role: item}\n"
                           "    event: {kind: category, missing: '?'}\n"
                           "items:\n"
                           "  file: items.csv\n"
                           "  key: sku\n"
                           "  fields:\n"
                           "    price: {kind: number, missing: [NA, '-1']}\n"
                           "    tags: {kind: categories, separator: '|'}\n"
                           "    usual: {column: tags, kind: categories, separator: '|', "
                           "min_count: 2}\n"
                           "users:\n"
                           "  file: users.csv\n"
                           "  key: id\n"
                           "  fields:\n"
                           "    country: {kind: category, missing: none}\n"
                           "    home: {column: country, kind: category, min_count: 2}\n"
                           "    since: {kind: time}\n"
                           "    hobbies: {kind: categories, flags: [chess, go]}\n";

MPI_TEST(fields, are_by_user_and_item)
{
    static const char *const users[] = {"a", "b", "c", "d", "e", "zoe"}; /* e has no line */
    static const char *const countries[] = {"ch", "", "fr", "ch", "", "us"};
    static const char *const hobbies[] = {"chess,go", "", "go", "chess", "", "chess,go"};
    fixture *f = begin();
    char schema[2 * PATH_BYTES];
    put(f, "shop.yaml", shop);
    put(f, "clicks.csv",
        "who,what,event\na,x,see\nb,y,?\nc,x,buy\nd,z,\ne,y,see\na,z,see\nb,x,see\n"
        "c,y,see\nd,x,see\ne,z,buy\n");
    put(f, "items.csv", "sku,tags,price\ny,new|red,2.5\nx,red,NA\nz,,1e2\nnever,old,-1\n");
    put(f, "users.csv",
        "id,country,since,chess,go\nd,ch,1998-04-23,1,0\nzoe,us,5,1,1\n"
        "a,ch,60,1,1\nb,none,,0,0\nc,fr,0,,1\n");
    snprintf(schema, sizeof schema, "%s", in_folder(f->folder, "shop.yaml"));
    f->options.schema = schema;
    f->options.test_fraction = 0;
    prepare(f);
    bool right = f->report.rows == 10 && f->report.items == 4 && f->report.catalog == 4;
    const int64_t *since = td_frame_values(&f->users, "since");
    for (int u = 0; u < 6; u++) {
        const int64_t row = place(&f->user_names, users[u]);
        right = right && row >= 0 && is_named(f, &f->users, "country", row, countries[u]) &&
                is_named(f, &f->users, "hobbies", row, hobbies[u]);
    }
    right = right && since[place(&f->user_names, "d")] == 893289600;
    right = right && since[place(&f->user_names, "c")] == 0;
    right = right && since[place(&f->user_names, "e")] == INT64_MIN;
    right = right && is_named(f, &f->users, "home", place(&f->user_names, "a"), "ch");
    right = right && is_named(f, &f->users, "home", place(&f->user_names, "c"), "");
    right = right && td_schema_find(&td_dataset_info(f->data)->schema, "home")->vocabulary == 2;
    const int64_t x = place(&f->item_names, "x") + 1, y = place(&f->item_names, "y") + 1;
    right = right && is_named(f, &f->items, "tags", x, "red");
    right = right && is_named(f, &f->items, "tags", y, "new,red");
    right = right && is_named(f, &f->items, "usual", y, "red");
    right = right && is_named(f, &f->items, "usual", place(&f->item_names, "never") + 1, "");
    right = right && is_named(f, &f->items, "tags", 0, "") && is_number(&f->items, "price", 0, NAN);
    right =
        right && is_number(&f->items, "price", x, NAN) && is_number(&f->items, "price", y, 2.5F);
    const td_schema_field *event = td_schema_find(&td_dataset_info(f->data)->schema, "event");
    right =
        right && event && event->of == TD_OF_ROW && event->missing == 2 && event->vocabulary == 3;
    assert_on_all(f->comm, right, "the fields");
    end(f);
}

static const char pieces[] = "interactions:\n"
                             "  file: clicks.csv\n"
                             "  fields:\n"
                             "    who: {kind: category, role: user}\n"
                             "    what: {kind: category, role: item}\n"
                             "    comment: {kind: text}\n"
                             "items:\n"
                             "  file: items.csv\n"
                             "  key: sku\n"
                             "  fields:\n"
                             "    sort: {kind: categories, path: /}\n"
                             "    mix: {kind: categories, separator: '|', weighted: yes}\n"
                             "    brand: {kind: category, hash_buckets: 1000}\n"
                             "    picture: {kind: vector, width: 2}\n"
                             "    code: {kind: category, prefix: 2}\n"
                             "    look: {kind: vector, file: look.npy}\n"
                             "users:\n"
                             "  file: users.csv\n"
                             "  key: id\n"
                             "  fields:\n"
                             "    bio: {kind: text}\n"
                             "    taste: {kind: vector, file: taste.npy, width: 3}\n";

/* Row i of an array is that of row i of its table, a bad row included. */
static void put_vectors(fixture *f)
{
    static const double look[3][2] = {{0.5, -2}, {NAN, NAN}, {1e-3, 7}};
    static const float taste[4][3] = {{0, 1, 2}, {3, 4, 5}, {9, 9, 9}, {6, 7, 8}};
    bool written = true;
    if (td_comm_rank(f->comm) == 0) {
        const td_shape pairs = {TD_FLOAT64, 3, 2}, triples = {TD_FLOAT32, 4, 3};
        written = td_npy_save(in_folder(f->folder, "look.npy"), pairs, look) == TD_OK &&
                  td_npy_save(in_folder(f->folder, "taste.npy"), triples, taste) == TD_OK;
    }
    assert_on_all(f->comm, written, "arrays");
}

static void put_pieces(fixture *f)
{
    put(f, "pieces.yaml", pieces);
    put(f, "clicks.csv", "who,what,comment\na,x,So good\nb,y,so bad so\nc,x,\na,y,good\n");
    put(f, "items.csv",
        "sku,sort,mix,brand,picture,code\nx,a/b/c,comedy:0.5|drama,acme,0.5 -1,ab12\n"
        "y,a//d/,drama:2,zorg,\"[1  , 2]\",a\xc4\x8d\nz,,,,,\n");
    put(f, "users.csv", "id,bio\na,\"Loves old films, old books\"\n\nb,old Cats\nd,\xff\nc,\n");
    put_vectors(f);
}

/* Tells whether the weights of an item's mix are these. */
static bool is_weighed(const fixture *f, int64_t item, int64_t count, const float *expected)
{
    const td_field *weights = td_frame_find(&f->items, "mix_weights");
    const int64_t first = weights->offsets[item];
    const float *found = weights->values;
    bool right = weights->offsets[item + 1] - first == count;
    for (int64_t i = 0; right && i < count; i++)
        right = found[first + i] == expected[i];
    return right;
}

static const td_schema_field *about(const fixture *f, const char *name)
{
    return td_schema_find(&td_dataset_info(f->data)->schema, name);
}

/* The comments of all rows, each in its user's part; "so" is told three times, "good" twice. */
static void check_comments(fixture *f)
{
    int64_t *offsets, first, users;
    td_rows rows;
    bool right = true;
    td_comm_share(f->comm, td_dataset_info(f->data)->file_users, &first, &users);
    const td_status status =
        td_dataset_read_users(f->data, TD_TRAIN, first, users, NULL, &offsets, &rows);
    assert_on_all(f->comm, status == TD_OK, "rows");
    const td_field *comment = td_frame_find(&rows.frame, "comment");
    static const int32_t expected[][4] = {{2, 2, 3}, {3, 2, 4, 2}, {0}, {1, 3}};
    for (int64_t i = 0; i < rows.count; i++) {
        const int32_t *ids = (const int32_t *)comment->values + comment->offsets[i];
        const int32_t *list = expected[rows.row[i]];
        right = right && comment->offsets[i + 1] - comment->offsets[i] == *list;
        for (int32_t t = 0; right && t < *list; t++)
            right = ids[t] == list[1 + t];
    }
    assert_on_all(f->comm, right, "tokens of comments");
    td_rows_free(&rows);
    td_free(offsets);
}

MPI_TEST(fields, are_cut_from_cells)
{
    fixture *f = begin();
    char schema[2 * PATH_BYTES];
    int32_t id = 0;
    put_pieces(f);
    snprintf(schema, sizeof schema, "%s", in_folder(f->folder, "pieces.yaml"));
    f->options.schema = schema;
    f->options.test_fraction = 0;
    f->options.skip_bad = 1;
    prepare(f);
    const int64_t x = place(&f->item_names, "x") + 1, y = place(&f->item_names, "y") + 1;
    const int64_t z = place(&f->item_names, "z") + 1;
    const int32_t *brand = td_frame_values(&f->items, "brand");
    const float *picture = td_frame_values(&f->items, "picture");
    bool right = is_named(f, &f->items, "sort", x, "a,a/b,a/b/c") &&
                 is_named(f, &f->items, "sort", y, "a,a//d") &&
                 is_named(f, &f->items, "mix", x, "comedy,drama") &&
                 is_named(f, &f->items, "mix", y, "drama") &&
                 is_weighed(f, x, 2, (const float[]){0.5F, 1}) &&
                 is_weighed(f, y, 1, (const float[]){2}) && is_weighed(f, z, 0, NULL);
    assert_on_all(f->comm, right, "paths and weights");
    right = is_named(f, &f->items, "code", x, "ab") &&
            is_named(f, &f->items, "code", y, "a\xc4\x8d") && picture[2 * x] == 0.5F &&
            picture[2 * x + 1] == -1 && picture[2 * y] == 1 && picture[2 * y + 1] == 2 &&
            isnan(picture[2 * z]) && about(f, "picture")->missing == 1;
    assert_on_all(f->comm, right, "prefixes and vectors");
    right = brand[x] == td_names_hash((td_str){"acme", 4}, 1000) && brand[z] == 0 &&
            about(f, "brand")->is_hashed && about(f, "brand")->vocabulary == 1001 &&
            td_dataset_find_id(f->data, about(f, "brand"), (td_str){"", 0}, &id) == TD_OK &&
            id == 139; /* XXH3 of nothing is 2d06800538d394c2 */
    assert_on_all(f->comm, right, "hashes");
    right =
        is_named(f, &f->users, "bio", place(&f->user_names, "a"), "loves,old,films,old,books") &&
        is_named(f, &f->users, "bio", place(&f->user_names, "c"), "") &&
        about(f, "bio")->vocabulary == 7;
    assert_on_all(f->comm, right, "bios");
    check_comments(f);
    const float *look = td_frame_values(&f->items, "look");
    const float *taste = td_frame_values(&f->users, "taste");
    const int64_t a = place(&f->user_names, "a"), b = place(&f->user_names, "b"),
                  c = place(&f->user_names, "c");
    right = look[2 * x] == 0.5F && look[2 * x + 1] == -2 && isnan(look[2 * y]) &&
            look[2 * z] == 1e-3F && look[2 * z + 1] == 7 && about(f, "look")->width == 2 &&
            about(f, "look")->missing == 1;
    right = right && taste[3 * a] == 0 && taste[3 * b] == 3 && taste[3 * b + 2] == 5 &&
            taste[3 * c] == 6 && taste[3 * c + 2] == 8;
    assert_on_all(f->comm, right, "vectors beside the tables");
    end(f);
}

MPI_TEST(fields, say_which_line_is_wrong)
{
    static const struct {
        const char *file, *text, *message;
    } wrong[] = {
        {"users.csv", "id,country,since,chess,go\na,ch,1,1,1\na,ch,1,1,1\n",
         "users.csv: expected each user once, found 'a' again"},
        {"users.csv", "id,country,since,chess,go\n,ch,1,1,1\n",
         "users.csv:2: expected a user id, found an empty field"},
        {"users.csv", "id,country,since,chess,go\na,ch,1,1,3\n",
         "users.csv:2: expected 0 or 1 for go of hobbies, found '3'"},
        {"users.csv", "id,country,since,chess\na,ch,1,1\n", "the column 'go'"},
        {"items.csv", "sku,tags,price\nx,red,dear\n",
         "items.csv:2: expected a finite number as price, found 'dear'"},
    };
    fixture *f = begin();
    char schema[2 * PATH_BYTES], out[2 * PATH_BYTES];
    snprintf(schema, sizeof schema, "%s", in_folder(f->folder, "shop.yaml"));
    snprintf(out, sizeof out, "%s", in_folder(f->folder, "x.h5"));
    f->options.schema = schema;
    put(f, "shop.yaml", shop);
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        put(f, "clicks.csv", "who,what,event\na,x,see\n");
        put(f, "items.csv", "sku,tags,price\nx,red,1\n");
        put(f, "users.csv", "id,country,since,chess,go\na,ch,1,1,1\n");
        put(f, wrong[w].file, wrong[w].text);
        const td_status status = td_prepare(f->comm, &f->options, out, &f->report);
        assert_on_all(f->comm, status == TD_ERR_INPUT, td_message());
        assert_on_all(f->comm, strstr(td_message(), wrong[w].message) != NULL, td_message());
    }
    end(f);
}

MPI_TEST(fields, say_what_is_wrong_in_a_cell)
{
    static const char *const wrong[][2] = {
        {"x,a,comedy:dear,,,\n", "items.csv:2: expected names with weights above 0 (name:0.5) as "
                                 "mix_weights, found 'comedy:dear'"},
        {"x,a,comedy:0,,,\n", "items.csv:2: expected names with weights above 0"},
        {"x,a,,,1,\n", "items.csv:2: expected 2 finite numbers as picture, found '1'"},
        {"x,a,,,1 2 3,\n", "items.csv:2: expected 2 finite numbers as picture, found '1 2 3'"},
    };
    fixture *f = begin();
    char schema[2 * PATH_BYTES], out[2 * PATH_BYTES], items[128];
    snprintf(schema, sizeof schema, "%s", in_folder(f->folder, "pieces.yaml"));
    snprintf(out, sizeof out, "%s", in_folder(f->folder, "x.h5"));
    f->options.schema = schema;
    put_pieces(f);
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        snprintf(items, sizeof items, "sku,sort,mix,brand,picture,code\n%s", wrong[w][0]);
        put(f, "items.csv", items);
        const td_status status = td_prepare(f->comm, &f->options, out, &f->report);
        assert_on_all(f->comm, status == TD_ERR_INPUT, td_message());
        assert_on_all(f->comm, strstr(td_message(), wrong[w][1]) != NULL, td_message());
    }
    end(f);
}

/* What a file is may be guessed: only where it is none of JSON, a separator must be told. */
MPI_TEST(fields, are_lists_of_json_without_a_word)
{
    static const char tags[] = "interactions:\n"
                               "  file: clicks.csv\n"
                               "  fields:\n"
                               "    who: {kind: category, role: user}\n"
                               "    what: {kind: category, role: item}\n"
                               "items:\n"
                               "  file: items\n"
                               "  key: sku\n"
                               "  fields:\n"
                               "    tags: {kind: categories, weighted: yes}\n";
    fixture *f = begin();
    char out[2 * PATH_BYTES], schema[2 * PATH_BYTES];
    snprintf(out, sizeof out, "%s", in_folder(f->folder, "x.h5"));
    snprintf(schema, sizeof schema, "%s", in_folder(f->folder, "tags.yaml"));
    f->options.schema = schema;
    put(f, "tags.yaml", tags);
    put(f, "clicks.csv", "who,what\na,x\nb,y\n");
    put(f, "items", "{\"sku\": \"x\", \"tags\": [\"a b\", \"c|d:2\"]}\n{\"sku\": \"y\"}\n");
    prepare(f);
    assert_on_all(f->comm, is_named(f, &f->items, "tags", 1, "a b,c|d"), "lists of JSON");
    put(f, "items", "sku,tags\nx,a b\ny,\n");
    const td_status status = td_prepare(f->comm, &f->options, out, &f->report);
    assert_on_all(f->comm,
                  status == TD_ERR_CONFIG && strstr(td_message(), "tags.yaml:10:5: expected a "
                                                                  "separator between the names in "
                                                                  "a cell of 'tags'"),
                  td_message());
    end(f);
}

/* Counted by hand in u.item and u.user: 943 users whose ages sum to 32111, 1664 titles, whose first
 * rows have 2863 flags; and what some lines say. */
MPI_TEST(fields, movielens_100k)
{
    const char *data = getenv("TANDEM_DATA");
    char input[1024];
    snprintf(input, sizeof input, "%s/ml-100k/u.user", data ? data : "");
    if (access(input, R_OK) != 0)
        return;
    fixture *f = begin();
    snprintf(input, sizeof input, "%s/ml-100k", data);
    f->options.schema = TESTS_CONFIGS "/schemas/movielens-100k.yaml";
    f->options.input = input;
    f->options.statistics = TD_STATISTICS_ALL;
    prepare(f);
    const float *age = td_frame_values(&f->users, "age");
    const td_field *genres = td_frame_find(&f->items, "genres");
    float sum = 0;
    for (int64_t u = 0; u < f->users.count; u++)
        sum += age[u];
    bool right = f->users.count == 943 && sum == 32111 && f->items.count == 1664 + 1 &&
                 genres->offsets[f->items.count] == 2863;
    const int64_t first = place(&f->user_names, "1"), last = place(&f->user_names, "943");
    const int64_t abroad = place(&f->user_names, "74");
    right =
        right && is_number(&f->users, "age", first, 24) && is_number(&f->users, "age", last, 22);
    right = right && is_named(f, &f->users, "occupation", first, "technician");
    right = right && is_named(f, &f->users, "occupation", last, "student");
    right = right && is_named(f, &f->users, "zip", first, "85711");
    right = right && is_named(f, &f->users, "zip", abroad, "T8H1N");
    right = right && is_named(f, &f->users, "gender", abroad, "M");
    const int64_t toys = place(&f->item_names, "Toy Story (1995)") + 1;
    const int64_t wars = place(&f->item_names, "Star Wars (1977)") + 1;
    right = right && is_named(f, &f->items, "genres", toys, "Animation,Children's,Comedy");
    right = right && is_named(f, &f->items, "genres", wars, "Action,Adventure,Romance,Sci-Fi,War");
    right =
        right && is_named(f, &f->items, "genres", place(&f->item_names, "unknown") + 1, "unknown");
    const int64_t *released = td_frame_values(&f->items, "released");
    const int64_t dwarfs = place(&f->item_names, "Snow White and the Seven Dwarfs (1937)") + 1;
    right = right && released[toys] == 788918400 && released[dwarfs] == -1041379200 &&
            released[place(&f->item_names, "unknown") + 1] == INT64_MIN;
    td_strings names;
    assert_on_all(f->comm, td_dataset_read_vocabulary(f->data, "occupation", &names) == TD_OK,
                  "names");
    right = right && names.count == 20 && place(&names, "none") < 0;
    td_strings_free(&names);
    assert_on_all(f->comm, right, "the fields");
    end(f);
}
