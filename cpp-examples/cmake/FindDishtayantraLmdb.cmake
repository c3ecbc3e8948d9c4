# Finds libdishtayantra_lmdb: an installation, or else the project's own tree (include/, target/release/).
#
#   find_package(DishtayantraLmdb REQUIRED)
#   target_link_libraries(mine PRIVATE dishtayantra_lmdb::dishtayantra_lmdb)
#
# An installation is found by its own CMake package, as CMake finds any (CMAKE_PREFIX_PATH, the system). A project outside
# this tree needs no more than that: find_package(dishtayantra_lmdb CONFIG REQUIRED).
# DISHTAYANTRA_LMDB_ROOT (variable or environment) names a tree that is taken before every installation; the project's scripts
# name their own, so that its tests never run against another copy.
get_filename_component(_dishtayantra_lmdb_tree "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(_dishtayantra_lmdb_named "${DISHTAYANTRA_LMDB_ROOT}")
if(NOT _dishtayantra_lmdb_named)
    set(_dishtayantra_lmdb_named "$ENV{DISHTAYANTRA_LMDB_ROOT}")
endif()

if(NOT _dishtayantra_lmdb_named)
    find_package(dishtayantra_lmdb CONFIG QUIET)
endif()

include(FindPackageHandleStandardArgs)
if(dishtayantra_lmdb_FOUND)
    set(DishtayantraLmdb_INCLUDE_DIR "${dishtayantra_lmdb_INCLUDE_DIR}")
    find_package_handle_standard_args(DishtayantraLmdb REQUIRED_VARS dishtayantra_lmdb_DIR)
    return()
endif()

find_path(DishtayantraLmdb_INCLUDE_DIR dishtayantra_lmdb.hpp
    PATHS "${_dishtayantra_lmdb_named}" "${_dishtayantra_lmdb_tree}" PATH_SUFFIXES include NO_DEFAULT_PATH)
find_library(DishtayantraLmdb_LIBRARY dishtayantra_lmdb
    PATHS "${_dishtayantra_lmdb_named}" "${_dishtayantra_lmdb_tree}" PATH_SUFFIXES lib target/release NO_DEFAULT_PATH)
find_package_handle_standard_args(DishtayantraLmdb
    REQUIRED_VARS DishtayantraLmdb_LIBRARY DishtayantraLmdb_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "build it (make build), install it (make install), or name its tree with -DDISHTAYANTRA_LMDB_ROOT")
mark_as_advanced(DishtayantraLmdb_INCLUDE_DIR DishtayantraLmdb_LIBRARY)

if(DishtayantraLmdb_FOUND AND NOT TARGET dishtayantra_lmdb::dishtayantra_lmdb)
    add_library(dishtayantra_lmdb::dishtayantra_lmdb SHARED IMPORTED)
    set_target_properties(dishtayantra_lmdb::dishtayantra_lmdb PROPERTIES
        IMPORTED_LOCATION "${DishtayantraLmdb_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${DishtayantraLmdb_INCLUDE_DIR}")
    target_compile_features(dishtayantra_lmdb::dishtayantra_lmdb INTERFACE cxx_std_17)
endif()
