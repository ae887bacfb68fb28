/* HDF5 files that others wrote, with parts of the format that tandem's files do not have. */
#include "job.h"
#include "shared.h"

#include <hdf5.h>

MPI_SUITE(foreign_file)

/* One thing that others could put into a file, to make tandem read elsewhere, or what is not there,
 * or without end, or what HDF5 itself does not survive where it is damaged. */
typedef enum {
    NOTHING,
    CHUNKS,
    OUTSIDE,
    UNWRITTEN,
    IN_HEADER,
    REVERSED,
    CHARACTERS,
    CUBE,
    SCALAR,
    SOFT,
    EXTERNAL,
    CIRCLE,
    TWO_NAMES,
    TREE,
    TIMES,
    USER_BLOCK
} strange_thing;

static hid_t plain_list(hid_t kind, bool times)
{
    hid_t list = H5Pcreate(kind);
    H5Pset_obj_track_times(list, times);
    return list;
}

static bool add_dataset(hid_t file, strange_thing thing, const char *secret)
{
    const hsize_t sizes[3] = {2, 3, 4};
    hid_t list = plain_list(H5P_DATASET_CREATE, false), type = H5Tcopy(H5T_STD_I32LE);
    H5Pset_alloc_time(list, thing == UNWRITTEN ? H5D_ALLOC_TIME_LATE : H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    if (thing == CHUNKS)
        H5Pset_chunk(list, 1, sizes);
    if (thing == OUTSIDE)
        H5Pset_external(list, secret, 0, 8);
    if (thing == IN_HEADER)
        H5Pset_layout(list, H5D_COMPACT);
    if (thing == REVERSED)
        H5Tset_order(type, H5T_ORDER_BE);
    if (thing == CHARACTERS)
        type = H5T_C_S1;
    hid_t space = H5Screate_simple(thing == CUBE ? 3 : 1, sizes, NULL);
    if (thing == SCALAR)
        space = H5Screate(H5S_SCALAR);
    return H5Dclose(H5Dcreate2(file, "set", type, space, H5P_DEFAULT, list, H5P_DEFAULT)) >= 0;
}

static bool add_links(hid_t file, strange_thing thing, const char *secret)
{
    hid_t list = plain_list(H5P_GROUP_CREATE, false);
    hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, list, H5P_DEFAULT);
    bool made = group >= 0;
    if (thing == SOFT)
        made = H5Lcreate_soft("/set", group, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0;
    if (thing == EXTERNAL)
        made = H5Lcreate_external(secret, "/", group, "external", H5P_DEFAULT, H5P_DEFAULT) >= 0;
    if (thing == CIRCLE)
        made = H5Lcreate_hard(file, "group", group, "itself", H5P_DEFAULT, H5P_DEFAULT) >= 0;
    if (thing == TWO_NAMES)
        made = H5Lcreate_hard(file, "set", group, "again", H5P_DEFAULT, H5P_DEFAULT) >= 0;
    for (int i = 0; thing == TREE && made && i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        made = H5Gclose(H5Gcreate2(group, name, H5P_DEFAULT, list, H5P_DEFAULT)) >= 0;
    }
    return H5Gclose(group) >= 0 && made;
}

static bool write_strange_file(const char *path, strange_thing thing, const char *secret)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t creation = plain_list(H5P_FILE_CREATE, thing == TIMES);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
    if (thing == USER_BLOCK)
        H5Pset_userblock(creation, 512);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    bool made = add_dataset(file, thing, secret) && add_links(file, thing, secret);
    H5Pclose(access);
    H5Pclose(creation);
    return H5Fclose(file) >= 0 && made;
}

/* Each is refused before HDF5 sees the file; without any of them it is opened. */
MPI_TEST(foreign_file, is_refused_for_what_none_of_ours_has)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "strange.h5"), *secret = in_folder(folder, "secret");
    put_text(comm, secret, "secret!!");
    static const char *const words[] = {
        [CHUNKS] = "'set' is not stored in one piece",
        [OUTSIDE] = "'set' is not stored in one piece",
        [UNWRITTEN] = "'set' goes beyond the end of the file",
        [IN_HEADER] = "'set' is not stored in one piece",
        [REVERSED] = "'set' has an element type",
        [CHARACTERS] = "'set' has an element type",
        [CUBE] = "'set' is no array of one or two dimensions",
        [SCALAR] = "'set' is no array of one or two dimensions",
        [SOFT] = "'group' has a soft or external link",
        [EXTERNAL] = "'group' has a soft or external link",
        [CIRCLE] = "damaged, or written by another program",
        [TWO_NAMES] = "damaged, or written by another program",
        [TREE] = "'group' keeps its names in a heap",
        [TIMES] = "'/' is damaged, or written by another program",
        [USER_BLOCK] = "no HDF5 file",
    };
    for (strange_thing thing = NOTHING; thing <= USER_BLOCK; thing++) {
        td_file *file = NULL;
        bool made = td_comm_rank(comm) != 0 || write_strange_file(path, thing, secret);
        assert_on_all(comm, made, "the test's own HDF5 file");
        td_status status = td_file_open(comm, path, NULL, 0, &file);
        if (thing == NOTHING)
            assert_on_all(comm, status == TD_OK, "opened");
        else
            assert_refused(comm, status, TD_ERR_FORMAT, words[thing]);
        td_file_discard(file);
    }
    remove_folder(comm, folder);
}
