/* What stands in where a program is not linked with the commit's own file, which cmake/Commit.cmake
 * writes: in the archive itself it would have every program linked again after every commit. */
#include "base/commit.h"

__attribute__((weak)) const char *td_commit(void)
{
    return "unknown";
}
