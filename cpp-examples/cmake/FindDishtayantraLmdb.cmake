# Finds libdishtayantra_lmdb: an installation (include/, lib/) or the project's own tree (include/, target/release/).
#
#   find_package(DishtayantraLmdb REQUIRED)
#   target_link_libraries(mine PRIVATE dishtayantra_lmdb::dishtayantra_lmdb)
#
# Looks in CMAKE_PREFIX_PATH, in DISHTAYANTRA_LMDB_ROOT (variable or environment), in the project's tree that this file is
# part of, and in the system.
get_filename_component(_dishtayantra_lmdb_tree "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(_dishtayantra_lmdb_hints
    ${DISHTAYANTRA_LMDB_ROOT} $ENV{DISHTAYANTRA_LMDB_ROOT} "${_dishtayantra_lmdb_tree}")

find_path(DishtayantraLmdb_INCLUDE_DIR dishtayantra_lmdb.hpp
    HINTS ${_dishtayantra_lmdb_hints} PATH_SUFFIXES include)
find_library(DishtayantraLmdb_LIBRARY dishtayantra_lmdb
    HINTS ${_dishtayantra_lmdb_hints} PATH_SUFFIXES lib lib64 target/release)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DishtayantraLmdb
    REQUIRED_VARS DishtayantraLmdb_LIBRARY DishtayantraLmdb_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "build it (make build), or name its place with -DDISHTAYANTRA_LMDB_ROOT")
mark_as_advanced(DishtayantraLmdb_INCLUDE_DIR DishtayantraLmdb_LIBRARY)

if(DishtayantraLmdb_FOUND AND NOT TARGET dishtayantra_lmdb::dishtayantra_lmdb)
    add_library(dishtayantra_lmdb::dishtayantra_lmdb SHARED IMPORTED)
    set_target_properties(dishtayantra_lmdb::dishtayantra_lmdb PROPERTIES
        IMPORTED_LOCATION "${DishtayantraLmdb_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${DishtayantraLmdb_INCLUDE_DIR}")
    target_compile_features(dishtayantra_lmdb::dishtayantra_lmdb INTERFACE cxx_std_17)
endif()
