/* A file of memory without a name, which rank 0 makes and the others open through /proc. A window
 * of MPI's would be a file in /dev/shm: 64 MB in all in a container, and where that is too little
 * Open MPI 4.1's other ranks wait for the first for ever. */
#include "comm/shared_block.h"

#include "comm/comm_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* How others find the file of rank 0, and know that it is this one: another process has that number
 * where they are in a container of their own. */
typedef struct {
    long process;
    long descriptor; /* -1: there is none */
    dev_t device;
    ino_t inode;
} memory_file;

static bool is_off(void)
{
    const char *said = getenv("TANDEM_SHARED_MEMORY");
    return said && strcmp(said, "off") == 0;
}

/* A descriptor, or -1. */
static int make_file(size_t bytes, memory_file *file)
{
    struct stat status;
    const int descriptor = memfd_create("tandem", MFD_CLOEXEC);
    *file = (memory_file){.descriptor = -1};
    if (descriptor < 0)
        return -1;
    if (ftruncate(descriptor, (off_t)bytes) != 0 || fstat(descriptor, &status) != 0) {
        close(descriptor);
        return -1;
    }
    *file = (memory_file){getpid(), descriptor, status.st_dev, status.st_ino};
    return descriptor;
}

/* The same of another process's file. */
static int open_file(const memory_file *file)
{
    char path[64];
    struct stat status;
    if (file->descriptor < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/%ld/fd/%ld", file->process, file->descriptor);
    const int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_dev == file->device &&
        status.st_ino == file->inode)
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

bool td_shared_block_create(MPI_Comm mpi, size_t bytes, td_shared_block *block)
{
    int rank, descriptor = -1;
    memory_file file = {.descriptor = -1};
    *block = (td_shared_block){NULL, bytes};
    CHECK(MPI_Comm_rank(mpi, &rank));
    if (rank == 0)
        descriptor = make_file(bytes, &file);
    CHECK(MPI_Bcast(&file, sizeof file, MPI_BYTE, 0, mpi));
    if (rank != 0)
        descriptor = open_file(&file);
    void *at = descriptor < 0 || is_off()
                   ? MAP_FAILED
                   : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    int is_there = at != MAP_FAILED;
    CHECK(MPI_Allreduce(MPI_IN_PLACE, &is_there, 1, MPI_INT, MPI_MIN, mpi));
    if (descriptor >= 0)
        close(descriptor); /* all have opened it, or will not */
    if (at != MAP_FAILED && !is_there)
        munmap(at, bytes);
    block->at = is_there ? at : NULL;
    return is_there;
}

void td_shared_block_free(td_shared_block *block)
{
    munmap(block->at, block->bytes);
}
