# Writes a C file that has the commit of a source tree, and only if that changed. Runs with every build:
#   cmake -D SOURCE=FOLDER -D OUTPUT=FILE -P cmake/Commit.cmake
#
# A tree that is not the top of a repository (an archive, also one that is unpacked within somebody's
# repository), or that git will not look at, has no commit.
set(commit unknown)
find_program(GIT git)
set(ENV{GIT_OPTIONAL_LOCKS} 0) # a build takes no lock that a commit at the same time would want
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --show-toplevel OUTPUT_VARIABLE top ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  file(REAL_PATH ${SOURCE} source)
  if(top STREQUAL source)
    execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=*
      OUTPUT_VARIABLE found ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
    if(result EQUAL 0)
      set(commit ${found})
    endif()
  endif()
endif()
set(text "#include \"base/commit.h\"\n\nconst char *td_commit(void)\n{\n    return \"${commit}\";\n}\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${OUTPUT} "${text}")
endif()
