/* Files whose structures contradict themselves, as HDF5's checksums, made right again, would not
 * tell: a good file with a few bytes changed. */
#include "shared.h"

#include "job.h"
#include "store/walk/file_structure.h"

#include <fcntl.h>
#include <unistd.h>

MPI_SUITE(file_structure)

enum { FILE_BYTES = 1 << 16, ROWS = 5, ROOT = 48 };

typedef struct {
    char path[2 * PATH_BYTES];
    unsigned char bytes[FILE_BYTES];
    size_t count;
} content;

/* Two datasets, group/first and group/second, of 5 int64. */
static void write_good(td_comm *comm, content *c)
{
    td_file *file;
    const int64_t values[ROWS] = {1, 2, 3, 4, 5};
    const td_shape shape = {TD_INT64, ROWS, 0};
    cr_assert(td_file_create(comm, c->path, "tandem-test", 1, &file) == TD_OK &&
              td_file_make(file, "group/first", shape) == TD_OK &&
              td_file_make(file, "group/second", shape) == TD_OK &&
              td_file_write_rows(file, "group/first", 0, ROWS, values) == TD_OK &&
              td_file_write_rows(file, "group/second", 0, ROWS, values) == TD_OK &&
              td_file_publish(file) == TD_OK);
    FILE *stream = fopen(c->path, "rb");
    c->count = stream ? fread(c->bytes, 1, FILE_BYTES, stream) : 0;
    cr_assert(c->count > 0 && fclose(stream) == 0);
}

static uint64_t number_at(const unsigned char *place)
{
    uint64_t number;
    memcpy(&number, place, sizeof number);
    return number;
}

static void put_number(unsigned char *place, uint64_t number)
{
    memcpy(place, &number, sizeof number);
}

/* Where the link of this name says at which address its object is. */
static unsigned char *address_of(content *c, const char *name)
{
    unsigned char *place = memmem(c->bytes, c->count, name, strlen(name));
    cr_assert(place);
    return place + strlen(name);
}

/* Where the header of a dataset says at which address its values are; their length follows. */
static unsigned char *values_of(content *c, const char *name)
{
    unsigned char *place = c->bytes + number_at(address_of(c, name));
    while (!(place[0] == 3 && place[1] == 1 && number_at(place + 10) == ROWS * sizeof(int64_t)))
        place++;
    return place + 2;
}

/* The change is undone. */
static void assert_wrong(content *c, unsigned char *place, uint64_t number, const char *words)
{
    const uint64_t right = number_at(place);
    put_number(place, number);
    const int file = open(c->path, O_RDWR);
    cr_assert(pwrite(file, c->bytes, c->count, 0) == (ssize_t)c->count);
    td_status status = td_file_check_structure(c->path, file, c->count);
    close(file);
    cr_assert(status == (*words ? TD_ERR_FORMAT : TD_OK), "expected '%s', found '%s'", words,
              td_message());
    cr_assert(!*words || (strstr(td_message(), words) && strstr(td_message(), c->path)),
              "expected '%s', found '%s'", words, td_message());
    put_number(place, right);
}

MPI_TEST(file_structure, must_not_contradict_itself)
{
    static content c;
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    snprintf(c.path, sizeof c.path, "%s", in_folder(folder, "file.h5"));
    write_good(comm, &c);
    unsigned char *second = address_of(&c, "second"), *group = address_of(&c, "group");
    unsigned char *values = values_of(&c, "second"), *end = c.bytes + 28;
    assert_wrong(&c, end, number_at(end), "");
    assert_wrong(&c, end, c.count + 1, "it is cut short");
    assert_wrong(&c, end - 8, 0, "written by another program"); /* an extension */
    assert_wrong(&c, second, number_at(address_of(&c, "first")), "share the byte at");
    assert_wrong(&c, second, number_at(group), "shares bytes with another object");
    assert_wrong(&c, second, ROOT, "shares bytes with another object");
    assert_wrong(&c, second, c.count - 1, "'group/second' goes beyond the end of the file");
    assert_wrong(&c, second, UINT64_MAX, "'group/second' goes beyond the end of the file");
    assert_wrong(&c, second, number_at(second) + 1, "'group/second' is damaged");
    assert_wrong(&c, values, number_at(values_of(&c, "first")), "share the byte at");
    assert_wrong(&c, values, 0, "share the byte at");
    assert_wrong(&c, values, c.count - 1, "'group/second' goes beyond the end of the file");
    assert_wrong(&c, values, UINT64_MAX, "'group/second' goes beyond the end of the file");
    assert_wrong(&c, values + 8, ROWS, "'group/second' is not stored in one piece");
    remove_folder(comm, folder);
}

/* Every byte of all headers, changed to the values that lead furthest: never more than an error. */
MPI_TEST(file_structure, may_have_any_byte_changed)
{
    static content c;
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    snprintf(c.path, sizeof c.path, "%s", in_folder(folder, "file.h5"));
    write_good(comm, &c);
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    const int file = open(c.path, O_RDWR);
    size_t refused = 0;
    for (size_t i = 0; i < c.count; i++)
        for (size_t v = 0; v < sizeof values; v++) {
            cr_assert(pwrite(file, &values[v], 1, (off_t)i) == 1);
            refused += td_file_check_structure(c.path, file, c.count) != TD_OK;
            cr_assert(pwrite(file, &c.bytes[i], 1, (off_t)i) == 1);
        }
    cr_assert(refused > c.count / 2, "%zu of %zu", refused, c.count * sizeof values);
    cr_assert_eq(td_file_check_structure(c.path, file, c.count), TD_OK);
    close(file);
    remove_folder(comm, folder);
}
