/* What several ranks have open: one file, copies of it, other files. */
#include "shared.h"

#include "job.h"
#include "store/same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

MPI_SUITE(same_file)

/* The last rank opens the file of that name, the others "first". */
static td_status check(td_comm *comm, const char *folder, const char *last)
{
    const bool is_last = td_comm_rank(comm) == td_comm_size(comm) - 1;
    const char *path = in_folder(folder, is_last ? last : "first");
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    td_status opened = file >= 0 ? TD_OK : td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    td_status status = td_same_file_agree(comm, opened);
    if (status == TD_OK)
        status = td_same_file_check(comm, path, file);
    if (file >= 0)
        close(file);
    return status;
}

MPI_TEST(same_file, is_one_or_has_equal_bytes)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    put_text(comm, in_folder(folder, "first"), "equal\n");
    put_text(comm, in_folder(folder, "copy"), "equal\n");
    const char *linked = in_folder(folder, "link");
    const bool made = td_comm_rank(comm) != 0 || link(in_folder(folder, "first"), linked) == 0;
    assert_on_all(comm, made, "link");
    for (int i = 0; i < 2; i++) { /* empty ones, too */
        assert_on_all(comm, check(comm, folder, "first") == TD_OK, "one file");
        assert_on_all(comm, check(comm, folder, "link") == TD_OK, "its other name");
        assert_on_all(comm, check(comm, folder, "copy") == TD_OK, "a copy");
        put_text(comm, in_folder(folder, "first"), "");
        put_text(comm, in_folder(folder, "copy"), "");
    }
    remove_folder(comm, folder);
}

MPI_TEST(same_file, is_not_another)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES], culprit[64];
    make_folder(comm, folder);
    put_text(comm, in_folder(folder, "first"), "equal\n");
    put_text(comm, in_folder(folder, "as long"), "eqUal\n");
    put_text(comm, in_folder(folder, "longer"), "equal\n\n");
    put_text(comm, in_folder(folder, "empty"), "");
    static const char *const others[] = {"as long", "longer", "empty"};
    snprintf(culprit, sizeof culprit, "rank %d sees another file on %s", td_comm_size(comm) - 1,
             td_comm_host(comm));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_refused(comm, check(comm, folder, others[i]), TD_ERR_MISMATCH, culprit);
    snprintf(culprit, sizeof culprit, "rank %d on %s does not see what rank 0 sees",
             td_comm_size(comm) - 1, td_comm_host(comm));
    assert_refused(comm, check(comm, folder, "missing"), TD_ERR_MISMATCH, culprit);
    remove_folder(comm, folder);
}
