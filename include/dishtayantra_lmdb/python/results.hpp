// Results as Python objects. NumPy is used when a caller has it, never needed.
#ifndef DISHTAYANTRA_LMDB_PYTHON_RESULTS_HPP
#define DISHTAYANTRA_LMDB_PYTHON_RESULTS_HPP

#include "lists.hpp"
#include "objects.hpp"
#include "tables.hpp"

#include "../output.hpp"

#include <pybind11/numpy.h>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

/// An ndarray of its own memory; nested lists where there is no NumPy.
inline py::object array_of(const Numbers& numbers) {
    if (!has_numpy()) {
        return list_of(numbers);
    }
    const std::vector<py::ssize_t> shape(numbers.shape().begin(), numbers.shape().end());
    const std::vector<py::ssize_t> strides = numbers.fortran_order()
                                                 ? py::detail::f_strides(shape, py::ssize_t{sizeof(double)})
                                                 : py::detail::c_strides(shape, py::ssize_t{sizeof(double)});
    return py::array_t<double>(shape, strides, numbers.span().data());
}

inline py::dict dict_of(const Map& map);

inline py::object object_of(const Value& value) {
    return std::visit(
        [](const auto& held) -> py::object {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::nullptr_t>) {
                return py::none();
            } else if constexpr (std::is_same_v<T, Map>) {
                return dict_of(held);
            } else if constexpr (std::is_same_v<T, Numbers>) {
                return held.is_list() ? list_of(held) : array_of(held);
            } else if constexpr (std::is_same_v<T, Columns>) {
                const auto made = lmdb::detail::made_table([&](Writer& writer) { writer.table(held); });
                return object_of(made.document.root().table());
            } else {
                return py::cast(held);
            }
        },
        value.held);
}

inline void set_item(const py::dict& dict, std::string_view name, const py::object& value) {
    if (PyDict_SetItem(dict.ptr(), str_of(name).ptr(), value.ptr()) != 0) {
        throw py::error_already_set();
    }
}

inline void add_items(const py::dict& dict, const Map& map) {
    for (const auto& [name, value] : map) {
        set_item(dict, name, object_of(value));
    }
}

/// A result as it also comes out of the store: arrays as ndarrays, those that came as lists as lists, tables as rows or columns.
inline py::dict dict_of(const Map& map) {
    py::dict out;
    add_items(out, map);
    return out;
}

inline constexpr char output_written_name[] = "_lmdb_output_written";

/// `{"_lmdb_output_written": True}`.
inline py::dict written_answer() {
    py::dict out;
    if (PyDict_SetItem(out.ptr(), interned<output_written_name>().ptr(), Py_True) != 0) {
        throw py::error_already_set();
    }
    return out;
}

/// A result for whoever calls directly: arrays are filled in the memory of the ndarrays that are answered. Made with the
/// GIL held; needs it only while it is asked for room or ends, and takes it itself.
class ArrayOutput : public Output {
public:
    ~ArrayOutput() override {
        if (dict_) {
            const py::gil_scoped_acquire gil;
            dict_.release().dec_ref();
        }
    }

    /// The result, when `compute_into` returned. Throws InvalidArgumentError when it gave none. Needs the GIL.
    py::dict dict() {
        require_given();
        return dict_ ? py::reinterpret_steal<py::dict>(dict_.release()) : dict_of(take());
    }

protected:
    bool make_room(const std::vector<Room>& rooms, const Map& beside, std::vector<Span<double>>& spans) override {
        for (const Room& room : rooms) {
            if (room.is_list) {
                return false;
            }
        }
        const py::gil_scoped_acquire gil;
        if (!has_numpy()) {
            return false;
        }
        py::dict made;
        for (const Room& room : rooms) {
            py::array_t<double> array(std::vector<py::ssize_t>(room.shape.begin(), room.shape.end()));
            spans.emplace_back(array.mutable_data(), static_cast<std::size_t>(array.size()));
            set_item(made, room.name, array);
        }
        add_items(made, beside);
        dict_ = std::move(made);
        return true;
    }

private:
    py::object dict_;
};

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
