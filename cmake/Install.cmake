# cmake --install: program, library, headers, tandem.pc, configurations, Slurm scripts, documents.
#
# Whoever links the static archive links its dependencies too: tandem.pc names them as public ones, and
# `pkg-config --libs tandem` is enough for both it and the shared library.
install(TARGETS tandem tandem_shared tandem_program)
install(PROGRAMS scripts/mpi-environment DESTINATION ${CMAKE_INSTALL_DATADIR}/tandem)
install(DIRECTORY include/tandem DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
foreach(folder configs slurm)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder})
    install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/tandem USE_SOURCE_PERMISSIONS)
  endif()
endforeach()
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
  PATTERN "*.svg" PATTERN "*.png")

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
