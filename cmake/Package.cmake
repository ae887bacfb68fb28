# cpack: what cmake --install installs, as a Debian package, whose dependencies dpkg-shlibdeps finds, or as an archive
# where that or `file` is not here. The preset `package` has the places of Debian's own packages.
#
# OpenBLAS is loaded by name, mpirun and gnuplot are programs, so these are said here.
set(CPACK_PACKAGE_CONTACT "The tandem developers <tandem@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "two-tower recommenders on clusters, one answer on any layout")
set(CPACK_PACKAGE_DESCRIPTION_FILE ${CMAKE_CURRENT_LIST_DIR}/package-description.txt)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_FILE_NAME tandem-${PROJECT_VERSION}-${CMAKE_SYSTEM_PROCESSOR})

find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
find_program(FILE_PROGRAM file) # by which cpack knows what to ask dpkg-shlibdeps about
mark_as_advanced(DPKG_SHLIBDEPS FILE_PROGRAM)
set(CPACK_GENERATOR TGZ)
if(DPKG_SHLIBDEPS AND FILE_PROGRAM)
  set(CPACK_GENERATOR DEB)
endif()
set(launcher openmpi-bin)
if(MPI_C_LIBRARIES MATCHES "mpich")
  set(launcher mpich)
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libopenblas0, ${launcher}, gnuplot-nox")
include(CPack)
