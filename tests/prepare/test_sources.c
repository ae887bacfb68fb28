/* Fields of every kind, of rows, users and items, from a source that no format describes: what was
 * in the tables is in the data file, the same on any number of ranks. */
#include "../data/sample.h"
#include "job.h"
#include "prepare/prepare.h"

#include <math.h>

MPI_SUITE(sources)

enum { ROWS = 1200, PEOPLE = 90, THINGS = 30 };

static const char *const genres[] = {"Action", "Comedy", "Drama"};

/* Person p is "p<p>", of age p + 1 and with one of 7 occupations; of every tenth nothing is told.
 * Thing t has the genres of its bits, and a year. */
static int occupation_of(int person)
{
    return person % 7;
}

static void write_tables(td_comm *comm, const char *folder)
{
    static char rows[64 * ROWS], people[64 * (PEOPLE + 5)], things[64 * THINGS];
    size_t used = (size_t)sprintf(rows, "who,what,stars,event,tags\n");
    for (int i = 0; i < ROWS; i++) {
        const int person = (i * 7 + i / PEOPLE) % PEOPLE, thing = i % THINGS;
        used += (size_t)sprintf(rows + used, "p%d,t%d,%d,%s,%s\n", person, thing, i % 5,
                                i % 3 ? "view" : "buy", i % 4 ? "new|old" : "");
    }
    used = (size_t)sprintf(people, "id,age,job\n");
    for (int p = PEOPLE + 4; p >= 0; p--)
        if (p % 10 != 9)
            used += (size_t)sprintf(people + used, "p%d,%d,job%d\n", p, p + 1, occupation_of(p));
    used = 0;
    for (int t = 0; t < THINGS; t++)
        used += (size_t)sprintf(things + used, "t%d;The %d;%d;%d;%d;%d\n", t, t, t & 1, t >> 1 & 1,
                                t >> 2 & 1, 1950 + t);
    put_text(comm, in_folder(folder, "rows.csv"), rows);
    put_text(comm, in_folder(folder, "people.csv"), people);
    put_text(comm, in_folder(folder, "things"), things);
}

static td_source_field *add(td_source_table *table, const char *name, td_kind kind, td_role role,
                            const char *column)
{
    return td_source_add_field(table,
                               (td_source_field){.name = name,
                                                 .kind = kind,
                                                 .role = role,
                                                 .column = td_source_add_column(table, column),
                                                 .columns = 1});
}

static td_source describe(const char *folder)
{
    td_source source = {
        .item_key = TD_KEY_TITLE, .format = "of a test", .split = td_split_words_none()};
    td_source_table *rows = &source.table[TD_OF_ROW], *people = &source.table[TD_OF_USER];
    td_source_table *things = &source.table[TD_OF_ITEM];
    rows->form = people->form = (td_table_form){
        .kind = TD_TABLE_DELIMITED, .fields = {.separator = ","}, .first_line = TD_FIRST_HEADER};
    things->form = (td_table_form){
        .kind = TD_TABLE_DELIMITED, .fields = {.separator = ";"}, .first_line = TD_FIRST_ROW};
    td_source_add_file(&rows->form, in_folder(folder, "rows.csv"));
    td_source_add_file(&people->form, in_folder(folder, "people.csv"));
    td_source_add_file(&things->form, in_folder(folder, "things"));
    add(rows, "person", TD_KIND_CATEGORY, TD_ROLE_USER, "who");
    add(rows, "thing", TD_KIND_CATEGORY, TD_ROLE_ITEM, "what");
    add(rows, "stars", TD_KIND_NUMBER, TD_ROLE_LABEL, "stars");
    add(rows, "event", TD_KIND_CATEGORY, TD_ROLE_NONE, "event");
    add(rows, "tags", TD_KIND_CATEGORIES, TD_ROLE_NONE, "tags")->separator = "|";
    people->key = td_source_add_column(people, "id");
    add(people, "age", TD_KIND_NUMBER, TD_ROLE_NONE, "age");
    add(people, "occupation", TD_KIND_CATEGORY, TD_ROLE_NONE, "job");
    things->key = td_source_add_column(things, "1");
    add(things, "name", TD_KIND_TEXT, TD_ROLE_TITLE, "2");
    td_source_field *flags = add(things, "genres", TD_KIND_CATEGORIES, TD_ROLE_NONE, "3");
    flags->columns = 3;
    flags->flags = memcpy(TD_NEW(const char *, 3), genres, sizeof genres);
    td_source_add_column(things, "4");
    td_source_add_column(things, "5");
    add(things, "year", TD_KIND_NUMBER, TD_ROLE_NONE, "6");
    return source;
}

static td_prepare_report prepare(td_comm *comm, const char *folder, const char *out)
{
    td_prepare_report report;
    td_prepare_options options = td_prepare_defaults();
    td_source source = describe(folder);
    options.format = "of a test";
    options.input = source.table[TD_OF_ROW].form.path;
    td_status status = td_prepare_source(comm, &options, &source, in_folder(folder, out), &report);
    assert_on_all(comm, status == TD_OK, "td_prepare_source");
    td_source_free(&source);
    return report;
}

/* A field's vocabulary, as text. */
static bool is_called(td_dataset *data, const char *field, int32_t id, const char *name)
{
    td_strings names;
    if (td_dataset_read_vocabulary(data, field, &names) != TD_OK || id < 1 || id > names.count)
        return false;
    const td_str found = td_string_at(&names, id - 1);
    const bool same = found.length == strlen(name) && memcmp(found.text, name, found.length) == 0;
    td_strings_free(&names);
    return same;
}

/* The number at the end of a name. */
static int number_in(td_str name, size_t from)
{
    char *text = td_str_copy(name);
    const int number = atoi(text + from);
    td_free(text);
    return number;
}

static void check_users(td_comm *comm, td_dataset *data)
{
    const int64_t users = td_dataset_info(data)->file_users;
    td_frame fields;
    td_strings names;
    bool right = users == PEOPLE + 5; /* five of them without a row */
    assert_on_all(comm, td_dataset_read_user_names(data, &names) == TD_OK, "names");
    assert_on_all(comm,
                  td_dataset_read_user_fields(data, (td_range){0, users}, NULL, &fields) == TD_OK,
                  "fields of users");
    const float *age = td_frame_values(&fields, "age");
    const int32_t *occupation = td_frame_values(&fields, "occupation");
    for (int64_t u = 0; u < users; u++) {
        const int person = number_in(td_string_at(&names, u), 1);
        if (person % 10 == 9)
            right = right && isnan(age[u]) && occupation[u] == 0;
        else
            right = right && age[u] == (float)(person + 1) &&
                    occupation[u] == occupation_of(person) + 1;
    }
    assert_on_all(comm, right, "ages and occupations");
    assert_on_all(comm, is_called(data, "occupation", 3, "job2"), "job2");
    td_strings_free(&names);
    td_frame_free(&fields);
}

static void check_items(td_comm *comm, td_dataset *data)
{
    td_frame fields;
    td_strings names;
    bool right = true;
    assert_on_all(comm, td_dataset_read_item_names(data, &names) == TD_OK, "names");
    assert_on_all(comm, td_dataset_read_item_fields(data, NULL, &fields) == TD_OK, "of items");
    const td_field *genre = td_frame_find(&fields, "genres");
    const float *year = td_frame_values(&fields, "year");
    right = right && isnan(year[0]) && genre->offsets[1] == 0;
    for (int64_t item = 1; item <= THINGS; item++) {
        const int thing = number_in(td_string_at(&names, item - 1), 4); /* "The 7" */
        int64_t at = genre->offsets[item];
        for (int g = 0; g < 3; g++)
            if (thing >> g & 1) {
                right = right && at < genre->offsets[item + 1] &&
                        ((int32_t *)genre->values)[at] == g + 1;
                at++;
            }
        right = right && at == genre->offsets[item + 1] && year[item] == (float)(1950 + thing);
    }
    assert_on_all(comm, right, "genres and years");
    for (int g = 0; g < 3; g++)
        assert_on_all(comm, is_called(data, "genres", g + 1, genres[g]), genres[g]);
    td_strings_free(&names);
    td_frame_free(&fields);
}

static void check_rows(td_comm *comm, td_dataset *data)
{
    const td_data_info *info = td_dataset_info(data);
    int64_t first, users, *offsets;
    bool right = true;
    td_comm_share(comm, info->file_users, &first, &users);
    for (int s = 0; s < TD_SPLITS; s++) {
        td_rows rows;
        td_status status =
            td_dataset_read_users(data, (td_split)s, first, users, NULL, &offsets, &rows);
        assert_on_all(comm, status == TD_OK, "rows");
        const int32_t *event = td_frame_values(&rows.frame, "event");
        const td_field *tags = td_frame_find(&rows.frame, "tags");
        for (int64_t i = 0; i < rows.count; i++) {
            const int64_t row = rows.row[i], begin = tags->offsets[i];
            const int32_t *ids = (int32_t *)tags->values + begin;
            right = right && rows.rating[i] == (float)(row % 5) && event[i] == (row % 3 ? 2 : 1);
            right = right && tags->offsets[i + 1] - begin == (row % 4 ? 2 : 0);
            right = right && (row % 4 == 0 || (ids[0] == 1 && ids[1] == 2));
        }
        td_rows_free(&rows);
        td_free(offsets);
    }
    assert_on_all(comm, right, "ratings, events and tags");
    assert_on_all(comm, is_called(data, "event", 2, "view") && is_called(data, "tags", 1, "new"),
                  "events and tags");
}

MPI_TEST(sources, keep_fields_of_every_kind)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    write_tables(comm, folder);
    td_prepare_report report = prepare(comm, folder, "out.h5");
    td_dataset *data = sample_open(comm, in_folder(folder, "out.h5"));
    const td_schema *schema = &td_dataset_info(data)->schema;
    const td_schema_field *age = td_schema_find(schema, "age");
    const td_schema_field *stars = td_schema_find(schema, "stars");
    assert_on_all(comm, report.rows == ROWS && schema->count == 10, "ten fields");
    assert_on_all(comm, stars->summary.low == 0 && stars->summary.high == 4, "range of stars");
    assert_on_all(comm, age->missing == 9 && age->summary.count == 86, "ages that are missing");
    assert_on_all(comm, age->summary.low == 1 && age->summary.high == 95, "range of ages");
    check_users(comm, data);
    check_items(comm, data);
    check_rows(comm, data);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

MPI_TEST(sources, give_the_bytes_of_a_single_rank)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES], command[4 * PATH_BYTES];
    make_folder(comm, folder);
    write_tables(comm, folder);
    prepare(comm, folder, "many.h5");
    td_comm *alone = td_comm_alone(comm);
    if (td_comm_rank(comm) == 0)
        prepare(alone, folder, "one.h5");
    td_comm_free(alone);
    td_comm_barrier(comm);
    snprintf(command, sizeof command, "cmp '%s' '%s'", in_folder(folder, "one.h5"),
             in_folder(folder, "many.h5"));
    assert_on_all(comm, system(command) == 0, "equal bytes");
    remove_folder(comm, folder);
}

MPI_TEST(sources, refuse_a_user_who_is_told_of_twice)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    write_tables(comm, folder);
    put_text(comm, in_folder(folder, "people.csv"), "id,age,job\np1,1,a\np2,2,a\np1,3,b\n");
    td_prepare_report report;
    td_prepare_options options = td_prepare_defaults();
    td_source source = describe(folder);
    options.format = "of a test";
    options.input = source.table[TD_OF_ROW].form.path;
    td_status status =
        td_prepare_source(comm, &options, &source, in_folder(folder, "x.h5"), &report);
    assert_on_all(comm, status == TD_ERR_INPUT, "twice");
    assert_on_all(comm,
                  strstr(td_message(), "people.csv: expected each user once, found 'p1'") != NULL,
                  "the user is named");
    td_source_free(&source);
    remove_folder(comm, folder);
}
