/* libopenblas.so.0 by dlopen: it stays until the process ends. */
#include "math/openblas.h"

#include "base/log.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

static const char library_name[] = "libopenblas.so.0";

/* What OpenBLAS 0.3 maps to start: 305 MB here. */
static const size_t address_space = (size_t)384 << 20;

static td_openblas functions;
static bool is_loaded;

/* OpenBLAS asks for its buffers while it is loaded, and again for ever where there is no room. */
static td_status check_room(void)
{
    void *room = mmap(NULL, address_space, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return td_fail(TD_ERR_LAYOUT,
                       "no room for OpenBLAS, which takes %zu MB of address space to start: raise "
                       "the limit (ulimit -v)",
                       address_space >> 20);
    munmap(room, address_space);
    return TD_OK;
}

/* Sets function, a pointer to one, to what the library has of this name. */
static td_status find(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    if (!found)
        return td_fail(TD_ERR_LAYOUT,
                       "%s has no %s: OpenBLAS with cblas and LAPACK is needed "
                       "(Debian, Ubuntu: libopenblas0-openmp)",
                       library_name, name);
    memcpy(function, &found, sizeof found);
    return TD_OK;
}

static td_status find_functions(void *library)
{
    void (*set_threads)(int);
    TD_TRY(find(library, "openblas_get_config", &functions.config));
    TD_TRY(find(library, "openblas_set_num_threads", &set_threads));
    TD_TRY(find(library, "openblas_get_corename", &functions.core_name));
    TD_TRY(find(library, "cblas_sgemm", &functions.sgemm));
    TD_TRY(find(library, "dpotrf_", &functions.potrf));
    TD_TRY(find(library, "dpotri_", &functions.potri));
    if (strstr(functions.config(), "USE64BITINT"))
        return td_fail(TD_ERR_LAYOUT,
                       "%s counts by 64 bits (ilp64): OpenBLAS with integers of 32 is needed",
                       library_name);
    set_threads(1);
    return TD_OK;
}

td_status td_openblas_load(void)
{
    if (is_loaded)
        return TD_OK;
    TD_TRY(check_room());
    void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return td_fail(TD_ERR_LAYOUT,
                       "OpenBLAS cannot be loaded (%s): install it (Debian, Ubuntu: "
                       "libopenblas0-openmp), or name its folder in LD_LIBRARY_PATH",
                       dlerror());
    TD_TRY(find_functions(library));
    is_loaded = true;
    return TD_OK;
}

const td_openblas *td_openblas_loaded(void)
{
    TD_ASSERT(is_loaded);
    return &functions;
}

bool td_openblas_is_behind(void)
{
#if defined __x86_64__
    static const char *const cores[] = {"Katmai",      "Coppermine",   "Northwood",  "Prescott",
                                        "Banias",      "Atom",         "Core2",      "Penryn",
                                        "Dunnington",  "Nehalem",      "Nano",       "Athlon",
                                        "Opteron",     "Opteron_SSE3", "Barcelona",  "Bobcat",
                                        "Sandybridge", "Bulldozer",    "Piledriver", "Steamroller"};
    if (!__builtin_cpu_supports("avx2"))
        return false;
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
        if (strcasecmp(td_openblas_loaded()->core_name(), cores[i]) == 0)
            return true;
#endif
    return false;
}
