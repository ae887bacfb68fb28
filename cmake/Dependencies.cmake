# Everything tandem links against, as one interface library: tandem_dependencies.
#
# A library is looked for by pkg-config, then by header and library file; both in <NAME>_ROOT,
# CMAKE_PREFIX_PATH and the system's folders, in this order, pkg-config in PKG_CONFIG_PATH too.
# What is missing is collected, so that one run names all of it.
#
# Install.cmake writes tandem.pc from TANDEM_PC_REQUIRES and TANDEM_PC_LIBRARIES.
include(CheckCSourceCompiles)
find_package(PkgConfig QUIET)

add_library(tandem_dependencies INTERFACE)
set(TANDEM_MISSING "")
set(TANDEM_PC_REQUIRES "")
set(TANDEM_PC_LIBRARIES "")

macro(tandem_missing what package hint)
  string(APPEND TANDEM_MISSING "\n  ${what}\n      Debian, Ubuntu: ${package}\n      elsewhere: ${hint}")
endmacro()

# tandem_locate(<NAME> [MODULES m..] [HEADER h] [LIBRARY l] [SUFFIXES s..]) sets <NAME>_TARGET to
# what links the library, empty if it is not there, and <NAME>_MODULE to its pkg-config module, if
# that is how it was found. A library without LIBRARY is its headers; one without HEADER is found
# by pkg-config or not at all.
function(tandem_locate name)
  cmake_parse_arguments(L "" "HEADER;LIBRARY" "MODULES;SUFFIXES" ${ARGN})
  set(target "")
  list(PREPEND CMAKE_PREFIX_PATH ${${name}_ROOT} $ENV{${name}_ROOT})
  if(PKG_CONFIG_FOUND AND L_MODULES)
    pkg_search_module(${name} QUIET IMPORTED_TARGET GLOBAL ${L_MODULES})
  endif()
  if(${name}_FOUND)
    set(target PkgConfig::${name})
  elseif(L_HEADER)
    find_path(${name}_INCLUDE_DIR ${L_HEADER} PATH_SUFFIXES ${L_SUFFIXES})
    if(L_LIBRARY)
      find_library(${name}_LIBRARY ${L_LIBRARY} PATH_SUFFIXES ${L_SUFFIXES})
    endif()
    mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
    if(${name}_INCLUDE_DIR AND (${name}_LIBRARY OR NOT L_LIBRARY))
      set(target tandem_${name})
      add_library(${target} INTERFACE IMPORTED GLOBAL)
      target_include_directories(${target} INTERFACE ${${name}_INCLUDE_DIR})
      target_link_libraries(${target} INTERFACE ${${name}_LIBRARY})
    endif()
  endif()
  set(${name}_HEADER ${L_HEADER} PARENT_SCOPE)
  set(${name}_TARGET ${target} PARENT_SCOPE)
  set(${name}_MODULE ${${name}_MODULE_NAME} PARENT_SCOPE)
endfunction()

# tandem_require(<NAME> <Debian package> <arguments of tandem_locate>): links it or notes the lack.
macro(tandem_require name package)
  tandem_locate(${name} ${ARGN})
  if(NOT ${name}_TARGET)
    tandem_missing("${name} (${${name}_HEADER})" ${package} "-D${name}_ROOT=PREFIX, or its prefix in CMAKE_PREFIX_PATH")
  else()
    target_link_libraries(tandem_dependencies INTERFACE ${${name}_TARGET})
    if(${name}_MODULE)
      list(APPEND TANDEM_PC_REQUIRES ${${name}_MODULE})
    else()
      list(APPEND TANDEM_PC_LIBRARIES ${${name}_LIBRARY})
    endif()
  endif()
endmacro()

# Sets result if a shared library among those that target links needs an MPI of another name than ours, Open MPI's
# libmpi.so.40 and not MPICH's libmpich.so.12: a program that links both would compile, and fail.
function(tandem_has_other_mpi target result)
  set(${result} OFF PARENT_SCOPE)
  get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
  list(GET MPI_C_LIBRARIES 0 ours)
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${ours} OUTPUT_VARIABLE said ERROR_QUIET)
  if(NOT said MATCHES "SONAME +([^ \n]+)")
    return() # an archive
  endif()
  set(ours ${CMAKE_MATCH_1})
  foreach(library ${libraries})
    execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${library} OUTPUT_VARIABLE said ERROR_QUIET)
    string(REGEX MATCHALL "NEEDED +libmpi(ch)?[.]so[^ \n]*" needed "${said}")
    if(needed AND NOT needed MATCHES " ${ours}(;|$)")
      set(${result} ON PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Sets result if target links a parallel HDF5 of our MPI, of at least 1.10.2, whose format bounds store sets.
function(tandem_check_hdf5 target result)
  set(CMAKE_REQUIRED_LIBRARIES ${target} MPI::MPI_C)
  check_c_source_compiles("
    #include <hdf5.h>
    #if !defined(H5_HAVE_PARALLEL) || !H5_VERSION_GE(1, 10, 2)
    #error serial or old
    #endif
    int main(void) { return H5Pset_fapl_mpio(H5P_DEFAULT, MPI_COMM_SELF, MPI_INFO_NULL) < 0; }"
    ${result})
  if(${result})
    tandem_has_other_mpi(${target} is_foreign)
    if(is_foreign)
      set(${result} OFF)
    endif()
  endif()
  set(${result} ${${result}} PARENT_SCOPE)
  if(NOT ${result})
    unset(${result} CACHE) # asked again when the user has named another one
  endif()
endfunction()

# Debian keeps serial and parallel HDF5 side by side under names of their own and calls one of them
# hdf5; elsewhere hdf5 is its only name. The first parallel one is taken, the one of HDF5_ROOT or
# CMAKE_PREFIX_PATH before the system's. Without a .pc file, CMake's FindHDF5 asks h5pcc.
function(tandem_find_hdf5)
  foreach(module hdf5 hdf5-openmpi hdf5-mpich)
    string(MAKE_C_IDENTIFIER "TANDEM_${module}" name)
    set(${name}_ROOT ${HDF5_ROOT} $ENV{HDF5_ROOT})
    tandem_locate(${name} MODULES ${module})
    if(${name}_TARGET)
      tandem_check_hdf5(${${name}_TARGET} ${name}_IS_PARALLEL)
      if(${name}_IS_PARALLEL)
        set(HDF5_TARGET ${${name}_TARGET} PARENT_SCOPE)
        set(HDF5_MODULE ${module} PARENT_SCOPE)
        return()
      endif()
      set(TANDEM_SERIAL_HDF5 "pkg-config's ${module}" PARENT_SCOPE)
    endif()
  endforeach()
  set(HDF5_PREFER_PARALLEL ON)
  find_package(HDF5 QUIET COMPONENTS C)
  if(HDF5_FOUND)
    tandem_check_hdf5(hdf5::hdf5 TANDEM_FOUND_HDF5_IS_PARALLEL)
    if(TANDEM_FOUND_HDF5_IS_PARALLEL)
      set(HDF5_TARGET hdf5::hdf5 PARENT_SCOPE)
      set(HDF5_LIBRARY ${HDF5_C_LIBRARIES} PARENT_SCOPE)
    else()
      set(TANDEM_SERIAL_HDF5 "${HDF5_C_LIBRARIES}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

find_package(MPI 3.1 QUIET COMPONENTS C)
if(MPI_C_FOUND)
  target_link_libraries(tandem_dependencies INTERFACE MPI::MPI_C)
  list(APPEND TANDEM_PC_LIBRARIES ${MPI_C_LIBRARIES})
else()
  tandem_missing("MPI 3.1 (Open MPI or MPICH) with mpicc" "libopenmpi-dev openmpi-bin"
    "mpicc in PATH (module load openmpi), or -DMPI_C_COMPILER=PATH/mpicc")
endif()

find_package(OpenMP QUIET COMPONENTS C)
if(OpenMP_C_FOUND)
  target_link_libraries(tandem_dependencies INTERFACE OpenMP::OpenMP_C)
else()
  tandem_missing("OpenMP for ${CMAKE_C_COMPILER}" "comes with gcc; libomp-dev for clang"
    "another compiler, -DCMAKE_C_COMPILER=PATH")
endif()

if(MPI_C_FOUND)
  tandem_find_hdf5()
endif()
if(HDF5_TARGET)
  target_link_libraries(tandem_dependencies INTERFACE ${HDF5_TARGET})
  list(APPEND TANDEM_PC_REQUIRES ${HDF5_MODULE})
  list(APPEND TANDEM_PC_LIBRARIES ${HDF5_LIBRARY})
elseif(MPI_C_FOUND)
  set(what "parallel HDF5, 1.10.2 or later")
  if(TANDEM_SERIAL_HDF5)
    string(APPEND what " (${TANDEM_SERIAL_HDF5} was built without MPI or with another one, is too old, or does not link)")
  endif()
  tandem_missing("${what}" libhdf5-openmpi-dev
    "-DHDF5_ROOT=PREFIX, or h5pcc in PATH (module load hdf5 with MPI; spack: hdf5+mpi)")
else()
  tandem_missing("parallel HDF5 (looked for once MPI is there)" libhdf5-openmpi-dev "-DHDF5_ROOT=PREFIX")
endif()

# OpenBLAS is not linked: src/math/openblas.c loads libopenblas.so.0 where it is asked for. The folder of the
# one that is here goes to the programs' and the library's RUNPATH, where the system's loader looks for it.
tandem_locate(OPENBLAS MODULES openblas HEADER cblas.h LIBRARY openblas
  SUFFIXES openblas openblas-openmp openblas-pthread openblas-serial)
set(TANDEM_OPENBLAS_FOLDER "")
if(OPENBLAS_TARGET)
  get_target_property(libraries ${OPENBLAS_TARGET} INTERFACE_LINK_LIBRARIES)
  list(GET libraries 0 library)
  get_filename_component(TANDEM_OPENBLAS_FOLDER ${library} DIRECTORY)
endif()
if(TANDEM_OPENBLAS_FOLDER)
  message(STATUS "OpenBLAS, loaded where it is asked for: ${TANDEM_OPENBLAS_FOLDER}")
  list(APPEND CMAKE_BUILD_RPATH ${TANDEM_OPENBLAS_FOLDER})
  list(APPEND CMAKE_INSTALL_RPATH ${TANDEM_OPENBLAS_FOLDER})
else()
  message(STATUS "OpenBLAS: not here; math.kernels: openblas and the baseline EASE will look for libopenblas.so.0")
endif()
tandem_require(YAML libyaml-dev MODULES yaml-0.1 HEADER yaml.h LIBRARY yaml)
tandem_require(JANSSON libjansson-dev MODULES jansson HEADER jansson.h LIBRARY jansson)
tandem_require(XXHASH libxxhash-dev MODULES libxxhash HEADER xxhash.h LIBRARY xxhash)
tandem_require(ZLIB zlib1g-dev MODULES zlib HEADER zlib.h LIBRARY z)
tandem_require(LZMA liblzma-dev MODULES liblzma HEADER lzma.h LIBRARY lzma)
tandem_require(ZSTD libzstd-dev MODULES libzstd HEADER zstd.h LIBRARY zstd)
tandem_require(RANDOM123 librandom123-dev HEADER Random123/philox.h)

if(TANDEM_TESTS STREQUAL AUTO OR TANDEM_TESTS)
  tandem_locate(CRITERION MODULES criterion HEADER criterion/criterion.h LIBRARY criterion)
  if(NOT CRITERION_TARGET AND NOT TANDEM_TESTS STREQUAL AUTO)
    tandem_missing("Criterion, which TANDEM_TESTS=${TANDEM_TESTS} asks for" libcriterion-dev
      "-DCRITERION_ROOT=PREFIX, or -DTANDEM_TESTS=OFF")
  endif()
endif()

if(TANDEM_MISSING)
  message(FATAL_ERROR "tandem needs what is not here (docs/install.md):${TANDEM_MISSING}\n"
    "On Debian and Ubuntu, scripts/install-packages installs all of it.")
endif()

target_link_libraries(tandem_dependencies INTERFACE m ${CMAKE_DL_LIBS})
if(CRITERION_TARGET)
  message(STATUS "Tests: yes, with Criterion")
elseif(TANDEM_TESTS STREQUAL AUTO)
  message(STATUS "Tests: no, Criterion is not here (Debian: libcriterion-dev)")
else()
  message(STATUS "Tests: no (TANDEM_TESTS=OFF)")
endif()
