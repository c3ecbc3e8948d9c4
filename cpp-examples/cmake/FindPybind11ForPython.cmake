# Finds pybind11, preferably the one installed for the Python in Python_EXECUTABLE (python -m pybind11 --cmakedir); the
# project's own .venv when that is not set.
get_filename_component(_pybind11_venv "${CMAKE_CURRENT_LIST_DIR}/../../.venv/bin/python" ABSOLUTE)
if(NOT Python_EXECUTABLE AND EXISTS "${_pybind11_venv}")
    set(Python_EXECUTABLE "${_pybind11_venv}" CACHE FILEPATH "the Python to build for")
endif()
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND "${Python_EXECUTABLE}" -m pybind11 --cmakedir
    OUTPUT_VARIABLE _pybind11_dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE _pybind11_missing)
if(_pybind11_missing EQUAL 0)
    find_package(pybind11 3.0 CONFIG QUIET PATHS "${_pybind11_dir}" NO_DEFAULT_PATH)
else()
    find_package(pybind11 3.0 CONFIG QUIET)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Pybind11ForPython
    REQUIRED_VARS pybind11_DIR
    REASON_FAILURE_MESSAGE "install pybind11 3 for ${Python_EXECUTABLE} (pip install pybind11)")
