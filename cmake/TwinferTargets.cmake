# Flags in one place: twin_warnings (privately, for everything that is ours) and
# the sanitizers (for everything, so that object files agree).

add_library(twin_warnings INTERFACE)
# GCC 12 warns of overlaps in its own std::string at -O3 (GCC bug 105651).
target_compile_options(twin_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-restrict
                                               $<$<BOOL:${TWINFER_WERROR}>:-Werror>)

if(TWINFER_SANITIZE)
  # -O1 -g1: quick to build, lines in the reports. GCC warns of uninitialised
  # memory in the standard library where sanitizers hide its initialisation.
  add_compile_options(-fsanitize=${TWINFER_SANITIZE} -O1 -g1 -fno-omit-frame-pointer -fno-sanitize-recover=all
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${TWINFER_SANITIZE})
endif()

# A library of one folder, with includes from the root of the tree.
function(twin_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} twin_warnings)
endfunction()
