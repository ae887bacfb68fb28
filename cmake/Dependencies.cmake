# Everything tandem links against, as one interface library: tandem_dependencies.
find_package(PkgConfig REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
find_package(OpenMP REQUIRED COMPONENTS C)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5-openmpi)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
add_library(tandem_dependencies INTERFACE)
target_link_libraries(tandem_dependencies INTERFACE MPI::MPI_C OpenMP::OpenMP_C PkgConfig::HDF5
  PkgConfig::OPENBLAS PkgConfig::YAML PkgConfig::JANSSON PkgConfig::XXHASH m)
