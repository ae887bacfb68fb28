# cmake --install: program, libraries, headers, what finds them, configurations, Slurm scripts, documents, the manual's
# pages where help2man is here, completion.
#
# Whoever links the static archive links its dependencies too: tandem.pc names them as public ones, and
# `pkg-config --libs tandem` is enough for both it and the shared library. For CMake they are two targets.
include(CMakePackageConfigHelpers)

install(TARGETS tandem tandem_shared tandem_program)
install(PROGRAMS scripts/mpi-environment scripts/sweep scripts/tune DESTINATION ${CMAKE_INSTALL_DATADIR}/tandem)
install(DIRECTORY include/tandem DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
foreach(folder configs slurm)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder})
    install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/tandem USE_SOURCE_PERMISSIONS)
  endif()
endforeach()
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
  PATTERN "*.svg" PATTERN "*.png" PATTERN "examples/*")

install(FILES packaging/tandem.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME tandem)

# The program says itself what is in the manual's pages, so it must run here.
find_program(HELP2MAN help2man)
mark_as_advanced(HELP2MAN)
if(HELP2MAN AND NOT CMAKE_CROSSCOMPILING AND NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
  set(script ${PROJECT_SOURCE_DIR}/scripts/man-pages)
  add_custom_command(OUTPUT man/tandem.1 COMMAND ${script} $<TARGET_FILE:tandem_program> man
    DEPENDS tandem_program ${script})
  add_custom_target(man ALL DEPENDS man/tandem.1)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  message(STATUS "Manual pages: yes, by help2man")
else()
  message(STATUS "Manual pages: no, help2man is not here, or the program does not run here as it is installed")
endif()

# The prefix is found from the .pc file's own place: `cmake --install --prefix` may name any.
file(RELATIVE_PATH TANDEM_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
list(JOIN TANDEM_PC_REQUIRES " " TANDEM_PC_REQUIRES)
list(APPEND TANDEM_PC_LIBRARIES ${OpenMP_C_FLAGS} -lm)
foreach(library ${CMAKE_DL_LIBS})
  list(APPEND TANDEM_PC_LIBRARIES -l${library})
endforeach()
list(REMOVE_DUPLICATES TANDEM_PC_LIBRARIES)
list(JOIN TANDEM_PC_LIBRARIES " " TANDEM_PC_LIBRARIES)
configure_file(${CMAKE_CURRENT_LIST_DIR}/tandem.pc.in tandem.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tandem.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Sets result to the files and flags by which the items (targets, files, names) link, targets looked into. OpenMP
# is a flag, as in tandem.pc: its library's place changes with the compiler's version.
function(tandem_link_items result)
  set(found "")
  foreach(item ${ARGN})
    if(item STREQUAL "OpenMP::OpenMP_C")
      list(APPEND found ${OpenMP_C_FLAGS})
    elseif(TARGET ${item})
      get_target_property(type ${item} TYPE)
      if(NOT type STREQUAL "INTERFACE_LIBRARY")
        get_target_property(location ${item} LOCATION)
        list(APPEND found ${location})
      endif()
      get_target_property(links ${item} INTERFACE_LINK_LIBRARIES)
      if(links)
        tandem_link_items(inner ${links})
        list(APPEND found ${inner})
      endif()
    else()
      list(APPEND found ${item})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

get_target_property(dependencies tandem_dependencies INTERFACE_LINK_LIBRARIES)
tandem_link_items(TANDEM_LIBRARIES ${dependencies})
set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/tandem)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tandem-config.cmake.in tandem-config.cmake
  INSTALL_DESTINATION ${folder} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(tandem-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tandem-config.cmake ${PROJECT_BINARY_DIR}/tandem-config-version.cmake
  DESTINATION ${folder})
