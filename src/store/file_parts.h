/* What the sources of store/file.h share: the file itself, its two ways of being open, errors.
 *
 * A file that is written goes through two phases. In the first one only rank 0 has it open,
 * serially, and makes groups, datasets and attributes; their room on the disk is reserved before
 * HDF5 hears of them. In the second one all ranks have it open, for HDF5 to say where datasets
 * lie, and write their rows there by pwrite, into room that is there. So every error is one system
 * call's answer on one rank, told to all, never met inside a collective write, which would hang or
 * lose it. Going from one phase to the other reopens the file.
 */
#ifndef TD_STORE_FILE_PARTS_H
#define TD_STORE_FILE_PARTS_H

#define H5_USE_110_API
#include <hdf5.h>

#include "store/file.h"

typedef enum {
    TD_FILE_READ,  /* all ranks, for reading */
    TD_FILE_SHAPE, /* written: rank 0 alone has it open */
    TD_FILE_FILL   /* written: all ranks have it open */
} td_file_phase;

struct td_file {
    td_comm *comm;
    char *path;
    char *temporary; /* the name it is written under; NULL when reading */
    int descriptor;  /* of the file being written, on others than rank 0 once rows are; else -1 */
    hid_t id;        /* negative while this rank does not have it open */
    td_file_phase phase;
    int64_t reserved; /* on rank 0: so many bytes, the first, have their blocks on the disk */
    const td_file_guard *guard; /* NULL: nobody is asked */
    bool unseen;                /* rows were written that other ranks may not see yet */
    bool failed;                /* a write went wrong: it cannot be published */
};

/* Longest path inside a file; longest text of an attribute, which must fit into a message of a
 * header, 64 KiB. None of ours comes near. */
enum { TD_FILE_NAME_BYTES = 512, TD_FILE_TEXT_BYTES = 60000 };

/* Local. A file that no rank has open yet. */
td_file *td_file_new(td_comm *comm, const char *path, td_file_phase phase);

/* Local. Opens the file at path by HDF5, for this rank. */
td_status td_file_open_hdf5(td_file *file, const char *path, unsigned mode);

/* Local. Fails with "PATH: what: HDF5's reason"; must follow the HDF5 call that failed. Where a
 * call to the system failed, the file may be whole, and the answer is TD_ERR_FILE, whatever status
 * is. */
td_status td_file_fail(const td_file *file, td_status status, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* Collective. td_comm_agree, which also remembers that a file being written went wrong. */
td_status td_file_agree(td_file *file, td_status mine);

/* Collective. Brings a file being written into the given phase. */
td_status td_file_enter(td_file *file, td_file_phase phase);

/* Collective. Brings a file, which may be one being written, into a phase where rows can be read,
 * those that other ranks wrote, too. */
td_status td_file_enter_readable(td_file *file);

/* Local, on rank 0 in the first phase: makes room on the disk for so many bytes more. */
td_status td_file_reserve(td_file *file, uint64_t bytes);

/* Local. Tells whether there is a group or dataset of this name ("" is the root). */
td_status td_file_find(const td_file *file, const char *name, bool *found);

/* Local, in the first phase: makes the group name and those above it where missing. */
td_status td_file_make_groups(td_file *file, const char *name);

/* Local. Opens an object of either kind; negative where HDF5 refuses. The caller closes it with
 * H5Oclose. */
hid_t td_file_open_object(const td_file *file, const char *name);

/* Local. How an object of a kind (H5P_GROUP_CREATE, ...) is made: without times; its names and
 * attributes inside its header, however many, which keeps heaps and trees out of our files. The
 * caller closes it with H5Pclose. */
hid_t td_file_creation_list(hid_t kind);

/* The HDF5 type of an element, in the file and in memory. Not to be closed. */
hid_t td_file_hdf5_type(td_type type);

#endif
