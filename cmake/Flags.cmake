# How every file of ours is compiled, as the interface library tandem_flags.
#
# -ffp-contract=off: what fuses must not be the compiler's choice (ARCHITECTURE.md, rule 1).
# -fno-math-errno lets sqrtf be one instruction; it changes no value.
# -Wno-enum-float-conversion: dimensions are enum constants, and a mean divides by one.
option(TANDEM_WERROR "Treat compiler warnings as errors (packagers turn it off)" ON)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(tandem_flags INTERFACE)
target_compile_definitions(tandem_flags INTERFACE _GNU_SOURCE)
target_compile_options(tandem_flags INTERFACE
  -ffp-contract=off -fno-math-errno
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  $<$<C_COMPILER_ID:Clang>:-Wno-enum-float-conversion>
  $<$<BOOL:${TANDEM_WERROR}>:-Werror>)
