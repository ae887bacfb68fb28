/* Which rows are left, whose they are and what they weigh, by what a schema says: small logs, and
 * what of them must be in the data file, worked out by hand. The same on any ranks. */
#include "../data/sample.h"
#include "job.h"

#include <math.h>

MPI_SUITE(rows)

enum { TEXT = 1 << 14, LINES = 256 };

typedef struct {
    td_comm *comm;
    char folder[PATH_BYTES];
    td_prepare_options options;
    td_prepare_report report;
    char found[TEXT]; /* the rows, as list_rows says */
} fixture;

static fixture *begin(void)
{
    fixture *f = TD_NEW(fixture, 1);
    f->comm = job_comm();
    make_folder(f->comm, f->folder);
    f->options = td_prepare_defaults();
    f->options.test_fraction = 0;
    return f;
}

static void end(fixture *f)
{
    remove_folder(f->comm, f->folder);
    td_free(f);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* Joins the rows, sorted, each as USER/ITEM:ROW, with =WEIGHT
 * if that is not 1. */
static void list_rows(fixture *f, td_dataset *data)
{
    static char line[LINES][64];
    int64_t *offsets;
    td_strings users, items;
    size_t count = 0, used = 0;
    bool read = td_dataset_read_user_names(data, &users) == TD_OK;
    read = td_dataset_read_item_names(data, &items) == TD_OK && read;
    for (int s = 0; s < TD_SPLITS; s++) {
        td_rows rows;
        read = td_dataset_read_users(data, (td_split)s, 0, users.count, NULL, &offsets, &rows) ==
                   TD_OK &&
               read;
        for (int64_t u = 0; read && u < users.count; u++)
            for (int64_t i = offsets[u]; i < offsets[u + 1]; i++) {
                const td_str user = td_string_at(&users, u);
                const td_str item = td_string_at(&items, rows.item[i] - 1);
                char weight[16] = "";
                if (rows.weight[i] != 1)
                    snprintf(weight, sizeof weight, "=%.6g", (double)rows.weight[i]);
                snprintf(line[count++], sizeof line[0], "%.*s/%.*s:%d%s ", (int)user.length,
                         user.text, (int)item.length, item.text, (int)rows.row[i], weight);
            }
        td_rows_free(&rows);
        td_free(offsets);
    }
    assert_on_all(f->comm, read, "the rows");
    qsort(line, count, sizeof line[0], by_text);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(f->found + used, TEXT - used, "%s", line[i]);
    td_strings_free(&users);
    td_strings_free(&items);
}

static td_status try_to_prepare(fixture *f, const char *schema, const char *log)
{
    char yaml[2 * PATH_BYTES], input[2 * PATH_BYTES], out[2 * PATH_BYTES];
    snprintf(yaml, sizeof yaml, "%s", in_folder(f->folder, "s.yaml"));
    snprintf(input, sizeof input, "%s", in_folder(f->folder, "log.csv"));
    snprintf(out, sizeof out, "%s", in_folder(f->folder, "out.h5"));
    put_text(f->comm, yaml, schema);
    put_text(f->comm, input, log);
    f->options.schema = yaml;
    f->options.input = input;
    const td_status status = td_prepare(f->comm, &f->options, out, &f->report);
    f->options.schema = f->options.input = NULL;
    return status;
}

static void expect(fixture *f, const char *schema, const char *log, const char *expected)
{
    const td_status status = try_to_prepare(f, schema, log);
    assert_on_all(f->comm, status == TD_OK, schema);
    td_dataset *data = sample_open(f->comm, in_folder(f->folder, "out.h5"));
    list_rows(f, data);
    td_dataset_close(data);
    if (strcmp(f->found, expected) != 0)
        fprintf(stderr, "expected %s\nfound    %s\n", expected, f->found);
    assert_on_all(f->comm, strcmp(f->found, expected) == 0, schema);
}

static void expect_failure(fixture *f, const char *schema, const char *log, const char *message)
{
    const td_status status = try_to_prepare(f, schema, log);
    assert_on_all(f->comm, status != TD_OK && strstr(td_message(), message), message);
}

#define FIELDS                                                                                     \
    "  fields:\n"                                                                                  \
    "    user: {kind: category, role: user}\n"                                                     \
    "    item: {kind: category, role: item}\n"                                                     \
    "    event: {kind: category}\n"                                                                \
    "    time: {kind: time, role: time}\n"
#define RULES(text)  "interactions:\n" text FIELDS
#define WEIGHT(text) "    weight: {role: weight, " text "}\n"

static const char visits[] = "user,item,event,time\n"
                             "a,x,view,100\n"
                             "a,x,view,86500\n"
                             "a,y,cart,200\n"
                             "b,x,view,100\n"
                             "b,y,buy,400\n"
                             "c,x,view,100\n"
                             "d,y,view,100\n"
                             "d,x,view,50\n"
                             "d,z,view,20\n"
                             "d,z,view,10\n"
                             "d,z,,30\n";

/* Fields of users and items are known, and who or what has a row of a table stays without one. */
static void expect_conditions_on_tables(fixture *f)
{
    put_text(f->comm, in_folder(f->folder, "u.csv"), "id,age\na,20\nc,40\nd,30\nnobody,50\n");
    put_text(f->comm, in_folder(f->folder, "i.csv"), "id,tags\nx,new red\ny,old\nz,red\n");
    expect(f,
           RULES("  where: users.age >= 30 and tags = red\n") "users:\n  file: u.csv\n  key: id\n  "
                                                              "fields:\n    age: {kind: number}\n"
                                                              "items:\n  file: i.csv\n  key: id\n  "
                                                              "fields:\n"
                                                              "    tags: {kind: categories, "
                                                              "separator: ' '}\n",
           visits, "c/x:0 d/x:1 d/z:2 d/z:3 d/z:4 ");
    td_dataset *data = sample_open(f->comm, in_folder(f->folder, "out.h5"));
    const td_data_info *info = td_dataset_info(data);
    const bool right = info->file_users == 4 && info->users == 2 && info->items == 3 &&
                       td_schema_find(&info->schema, "event")->vocabulary == 2;
    td_dataset_close(data);
    assert_on_all(f->comm, right, "a and nobody stay, y stays, b and the other events do not");
}

MPI_TEST(rows, are_left_by_conditions)
{
    fixture *f = begin();
    expect(f, RULES("  where: event in [cart, buy]\n"), visits, "a/y:0 b/y:1 ");
    assert_on_all(f->comm,
                  f->report.left_out[TD_LEFT_BY_WHERE] == 9 && f->report.users == 2 &&
                      f->report.items == 1,
                  "rows, users and items left out");
    expect(f, RULES("  where: user = d and not time < 30\n"), visits, "d/x:1 d/y:0 d/z:2 ");
    f->options.where = "event is missing";
    expect(f, RULES("  where: time <= 30 and item != x\n"), visits, "d/z:0 ");
    f->options.where = "item = nothing";
    expect_failure(f, RULES(""), visits, "all 11 are left out: 11 by where");
    f->options.where = "evnt = buy";
    expect_failure(f, RULES(""), visits,
                   "--where: column 1 of the condition 'evnt = buy': expected a field (the nearest "
                   "is 'event'");
    f->options.where = NULL;
    expect_conditions_on_tables(f);
    end(f);
}

/* Options take the place of a schema's rules. */
MPI_TEST(rows, are_left_by_options)
{
    fixture *f = begin();
    f->options.repeats = TD_REPEATS_LAST;
    expect(f, RULES("  repeats_by: []\n"), visits,
           "a/x:0 a/y:1 b/x:2 b/y:3 c/x:4 d/x:6 d/y:5 d/z:7 ");
    f->options.repeats = TD_REPEATS_SUM;
    f->options.where = "user = a";
    expect(f, RULES("  repeats: first\n  repeats_by: []\n"), visits, "a/x:0=2 a/y:1 ");
    f->options.where = NULL;
    f->options.repeats = TD_REPEATS_AS_TOLD;
    f->options.max_user_rows = 1;
    expect(f, RULES("  max_user_rows: 3\n"), visits, "a/x:0 b/y:1 c/x:2 d/y:3 ");
    f->options.max_user_rows = 0;
    f->options.min_user_items = 3;
    expect(f, RULES("  min_user_items: 2\n"), visits, "d/x:1 d/y:0 d/z:2 d/z:3 d/z:4 ");
    f->options.min_user_items = 0;
    f->options.min_item_users = 4;
    expect(f, RULES(""), visits, "a/x:0 a/x:1 b/x:2 c/x:3 d/x:4 ");
    end(f);
}

#define LIST                                                                                       \
    "items:\n  file: i.csv\n  key: id\n  fields:\n"                                                \
    "    price: {kind: number}\n    tags: {kind: categories, separator: ' '}\n"

/* Of the items w, x, y and z, the last of which the list lacks. */
static bool is_listed(td_dataset *data)
{
    static const int32_t item[] = {3, 1, 2, 4};
    static const float price[] = {4, 8, 2};
    static const int64_t tags[] = {0, 0, 2, 3, 4, 4};
    td_strings ids;
    int32_t *rows = NULL;
    td_frame fields;
    if (td_dataset_read_catalog(data, &rows) != TD_OK ||
        td_dataset_read_catalog_ids(data, &ids) != TD_OK ||
        td_dataset_read_item_fields(data, NULL, &fields) != TD_OK)
        return false;
    const float *found = td_frame_values(&fields, "price");
    const td_str last = td_string_at(&ids, 3);
    const bool right = memcmp(rows, item, sizeof item) == 0 && ids.count == 4 && last.length == 1 &&
                       *last.text == 'z' && fields.count == 5 &&
                       memcmp(found + 1, price, sizeof price) == 0 && isnan(found[0]) &&
                       isnan(found[4]) &&
                       memcmp(td_frame_find(&fields, "tags")->offsets, tags, sizeof tags) == 0;
    td_free(rows);
    td_strings_free(&ids);
    td_frame_free(&fields);
    return right;
}

/* x and y are in the list, w is in it alone, z only in rows, and n in one that is left out. */
MPI_TEST(rows, may_have_items_that_the_list_lacks)
{
    static const char log[] = "user,item,event,time\na,z,view,1\nb,y,view,2\nc,x,view,3\n"
                              "b,n,back,4\na,x,view,5\n";
    fixture *f = begin();
    put_text(f->comm, in_folder(f->folder, "i.csv"),
             "id,price,tags\ny,2,old\nw,4,new red\nx,8,red\n");
    expect(f, RULES("  where: event = view\n") LIST, log, "a/x:3 a/z:0 b/y:1 c/x:2 ");
    td_dataset *data = sample_open(f->comm, in_folder(f->folder, "out.h5"));
    const bool right = is_listed(data) && f->report.catalog == 4 && f->report.items == 4;
    td_dataset_close(data);
    assert_on_all(f->comm, right, "the items and their fields");
    expect(f, RULES("") LIST, log, "a/x:4 a/z:0 b/n:3 b/y:1 c/x:2 ");
    expect_failure(f, RULES("") LIST "  unlisted: bad\n", log,
                   "log.csv:2: expected an item of the item list, found 'z'");
    expect_failure(f, RULES("") LIST "  unlisted: none\n", log, "expected bad or item");
    end(f);
}

MPI_TEST(rows, that_repeat_each_other_become_one)
{
    fixture *f = begin();
    const char *untouched = "a/x:0 a/x:1 a/y:2 b/x:3 b/y:4 c/x:5 d/x:7 d/y:6 d/z:10 d/z:8 d/z:9 ";
    expect(f, RULES("  repeats: keep\n"), visits, untouched);
    expect(f, RULES("  repeats: last\n"), visits,
           "a/x:0 a/y:1 b/x:2 b/y:3 c/x:4 d/x:6 d/y:5 d/z:7 d/z:8 ");
    assert_on_all(f->comm, f->report.left_out[TD_LEFT_AS_REPEATED] == 2, "two");
    /* d's z of 30 has another event, so that it is no repetition unless events do not count. */
    expect(f, RULES("  repeats: first\n  repeats_by: []\n"), visits,
           "a/x:0 a/y:1 b/x:2 b/y:3 c/x:4 d/x:6 d/y:5 d/z:7 ");
    expect(f, RULES("  repeats: sum\n  where: user = d\n"), visits, "d/x:1 d/y:0 d/z:2=2 d/z:3 ");
    /* a's x of 100 is a day old when it is seen again. */
    expect(f,
           RULES("  repeats: sum\n  where: user != d\n")
               WEIGHT("from: event, values: {view: 0.5}, others: 4, half_life: 1d"),
           visits, "a/x:0=0.75 a/y:1=2.00161 b/x:2=0.25 b/y:3=2.00482 c/x:4=0.25 ");
    expect(f,
           RULES("  repeats: max\n  where: item = x\n") WEIGHT("from: event, values: {view: 0.5}"),
           visits, "a/x:0=0.5 b/x:1=0.5 c/x:2=0.5 d/x:3=0.5 ");
    expect_failure(f, RULES("  repeats: max\n"), visits,
                   "repeats: max: expected a field with the role weight");
    expect_failure(
        f, RULES("") WEIGHT("from: event, values: {view: 0.5, buy: 2}"), visits,
        "s.yaml:7:34: expected a value for each name of event that rows have, found none "
        "for '', of rows without one");
    expect_failure(f,
                   RULES("  where: user != d\n") WEIGHT("from: event, values: {view: 0.5, buy: 2}"),
                   visits, "found none for 'cart': add it to values");
    end(f);
}

MPI_TEST(rows, are_the_newest_and_those_of_the_core)
{
    fixture *f = begin();
    expect(f, RULES("  max_user_rows: 2\n"), visits, "a/x:0 a/y:1 b/x:2 b/y:3 c/x:4 d/x:6 d/y:5 ");
    /* Without z, which d alone has, and c, who has x alone. */
    expect(f, RULES("  min_user_items: 2\n  min_item_users: 3\n"), visits,
           "a/x:0 a/x:1 a/y:2 b/x:3 b/y:4 d/x:6 d/y:5 ");
    assert_on_all(f->comm,
                  f->report.left_out[TD_LEFT_BY_CORE] == 4 && f->report.users == 3 &&
                      f->report.items == 2,
                  "users and items of the core");
    expect(f, RULES("  min_user_items: 3\n"), visits, "d/x:1 d/y:0 d/z:2 d/z:3 d/z:4 ");
    /* x and y lose d when it has but z; then y has two users and a has y, and so on to none. */
    expect_failure(f, RULES("  min_item_users: 4\n  min_user_items: 2\n"), visits,
                   "all 11 are left out: 11 by core");
    end(f);
}

/* Few rows of a user are sorted in another way than many. */
MPI_TEST(rows, of_one_time_are_in_the_order_of_the_input)
{
    enum { MANY = 40 };
    fixture *f = begin();
    char log[32 * (MANY + 3)];
    int used = snprintf(log, sizeof log, "user,item,event,time\nb,x,view,5\nb,y,view,5\n");
    for (int i = 0; i < MANY; i++)
        used += snprintf(log + used, sizeof log - (size_t)used, "a,i%d,view,5\n", i);
    expect(f, RULES("  max_user_rows: 1\n"), log, "a/i39:1 b/y:0 ");
    end(f);
}

MPI_TEST(rows, have_times_that_are_written_as_the_one_before)
{
    fixture *f = begin();
    expect(f, RULES("  where: time < 500\n"),
           "user,item,event,time\na,x,view,400\nb,x,view,400\nc,x,view,4000\nd,x,view,400\n",
           "a/x:0 b/x:1 d/x:2 ");
    expect_failure(f, RULES(""), "user,item,event,time\na,x,view,\n", "log.csv:2: expected ");
    expect_failure(f, RULES(""), "user,item,event,time\na,x,view,400\nb,x,view,\n",
                   "log.csv:3: expected ");
    end(f);
}

/* a's rows at 0, 1800 and 3601 are two sessions, whatever their order; b's are one. */
MPI_TEST(rows, are_those_of_sessions)
{
    static const char log[] = "user,item,event,time\n"
                              "a,x,view,3601\n"
                              "b,x,view,100\n"
                              ",y,view,50\n"
                              "a,y,view,0\n"
                              "b,y,buy,100\n"
                              ",z,view,60\n"
                              "a,z,view,1800\n"
                              "a,x,view,9000\n";
    fixture *f = begin();
    expect(f, RULES("  session: {by: user, gap: 30min}\n  without_user: drop\n"), log,
           "a#1/y:2 a#1/z:4 a#2/x:0 a#3/x:5 b#1/x:1 b#1/y:3 ");
    assert_on_all(f->comm, f->report.left_out[TD_LEFT_WITHOUT_USER] == 2 && f->report.users == 4,
                  "rows without a user");
    expect(f, RULES("  without_user: alone\n  where: item != x\n"), log,
           "#2/y:0 #5/z:3 a/y:1 a/z:4 b/y:2 ");
    expect_failure(
        f, RULES("  without_user: alone\n"),
        "user,item,event,time\n#7,x,view,1\n,x,view,1\n#a,y,view,1\n",
        "log.csv: expected names of users other than '#' and a number, as rows without a "
        "user are called so (without_user: alone); found '#7'");
    /* What is told of a is told of each session of a that is left. */
    put_text(f->comm, in_folder(f->folder, "u.csv"), "id,age\na,20\nc,40\n");
    expect(f,
           RULES("  session: {by: user, gap: 1h}\n  without_user: drop\n"
                 "  where: users.age = 20 and item = x\n") "users:\n  file: u.csv\n  key: id\n  "
                                                           "fields:\n    age: {kind: number}\n",
           log, "a#1/x:0 a#2/x:1 ");
    assert_on_all(f->comm, f->report.users == 2 && f->report.test_only_users == 0, "two sessions");
    expect_failure(f, RULES(""), log,
                   "log.csv:4: expected a user, found an empty field; --without-user, or "
                   "without_user in a schema, says what");
    expect_failure(f, RULES("  session: {by: item, gap: 1h}\n"), log,
                   "s.yaml:2:12: expected sessions by the field with the role user, 'user'; found "
                   "'item'");
    expect_failure(f, RULES("  without_user: drop\n"), "user,item,event,time\n,x,view,1\n",
                   "all 1 are left out: 1 by without_user");
    end(f);
}

/* What an option says is what the key of its name would. */
MPI_TEST(rows, options_say_what_keys_of_a_schema_do)
{
    static const char log[] = "user,item,event,time\n"
                              "a,x,view,9\n"
                              ",x,view,50\n"
                              "a,x,buy,2000\n"
                              "a,x,view,2001\n"
                              "b,y,buy,7\n";
    fixture *f = begin();
    f->options.without_user = TD_WITHOUT_USER_DROP;
    expect(f, RULES(""), log, "a/x:0 a/x:1 a/x:2 b/y:3 ");
    f->options.without_user = TD_WITHOUT_USER_BAD;
    expect_failure(f, RULES("  without_user: drop\n"), log, "log.csv:3: expected a user");
    f->options.without_user = TD_WITHOUT_USER_ALONE;
    f->options.session = "30min";
    expect(f, RULES("  session: {by: user, gap: 1h}\n"), log,
           "#1#1/x:1 a#1/x:0 a#2/x:2 a#2/x:3 b#1/y:4 ");
    f->options.session = "{by: user, gap: 1h}";
    expect(f, RULES("  session: 30min\n"), log, "#1#1/x:1 a#1/x:0 a#1/x:2 a#1/x:3 b#1/y:4 ");
    f->options.session = NULL;
    f->options.repeats = TD_REPEATS_FIRST;
    expect(f, RULES(""), log, "#1/x:1 a/x:0 a/x:2 b/y:3 ");
    f->options.repeats_by = "[]";
    expect(f, RULES("  repeats_by: [event]\n"), log, "#1/x:1 a/x:0 b/y:2 ");
    f->options.repeats_by = "[event, time]";
    expect(f, RULES("  repeats_by: []\n"), log, "#1/x:1 a/x:0 a/x:2 a/x:3 b/y:4 ");
    f->options.repeats_by = "[evnt]";
    expect_failure(f, RULES(""), log,
                   "--repeats-by: expected fields of interactions; found 'evnt'");
    f->options.repeats_by = "event";
    expect_failure(f, RULES(""), log, "--repeats-by: interactions.repeats_by: expected a list");
    f->options.repeats_by = NULL;
    f->options.session = "30";
    expect_failure(f, RULES(""), log, "--session: interactions.session: expected a duration");
    end(f);
}

/* A rank's part of 3,000 rows is a piece of each user's; all steps must join them. */
MPI_TEST(rows, give_the_bytes_of_a_single_rank)
{
    fixture *f = begin();
    char *log = TD_NEW(char, 40 * SAMPLE_ROWS), command[4 * PATH_BYTES];
    size_t used = (size_t)sprintf(log, "user,item,event,time\n");
    for (int64_t i = 0; i < SAMPLE_ROWS; i++) {
        const sample_row r = sample_at(i);
        used += (size_t)sprintf(log + used, "u%d,i%d,e%d,%d\n", r.user, r.item, (int)r.weight,
                                (int)(r.time / 1000000));
    }
    const char *schema = RULES("  session: {by: user, gap: 15s}\n"
                               "  where: not (event = e3 and time < 950)\n  repeats: sum\n"
                               "  max_user_rows: 12\n  min_user_items: 4\n  min_item_users: 20\n")
        WEIGHT("from: event, values: {e1: 1, e2: 3}, others: 0.1, half_life: 7s");
    f->options.test_fraction = 0.2;
    assert_on_all(f->comm, try_to_prepare(f, schema, log) == TD_OK, "many");
    td_comm *alone = td_comm_alone(f->comm), *comm = f->comm;
    const td_prepare_report many = f->report;
    snprintf(command, sizeof command, "mv '%s' '%s'", in_folder(f->folder, "out.h5"),
             in_folder(f->folder, "many.h5"));
    bool right = true;
    if (td_comm_rank(comm) == 0) {
        f->comm = alone;
        right = system(command) == 0 && try_to_prepare(f, schema, log) == TD_OK;
        snprintf(command, sizeof command, "cmp '%s' '%s'", in_folder(f->folder, "out.h5"),
                 in_folder(f->folder, "many.h5"));
        right = right && system(command) == 0;
        f->comm = comm;
    }
    for (int reason = TD_LEFT_BY_WHERE; reason < TD_LEFT_OUTS; reason++)
        right = right && many.left_out[reason] > 0;
    td_comm_free(alone);
    assert_on_all(comm, right, "equal bytes");
    td_free(log);
    end(f);
}
