// The Python module dishtayantra_test_before_tables: what was compiled before there were tables. It includes nothing of today's
// headers: what it knows of the C interface is below, as the header said it then, and stays so.

#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" {
typedef int32_t dy_lmdb_status_t;
typedef uint64_t dy_lmdb_node_t;
typedef struct dy_lmdb_document_t dy_lmdb_document_t;
typedef struct dy_lmdb_iterator_t {
    dy_lmdb_node_t key;
    dy_lmdb_node_t value;
    dy_lmdb_node_t next;
    size_t remaining;
} dy_lmdb_iterator_t;

dy_lmdb_status_t dy_lmdb_document_from_bytes(const void* data, size_t size, dy_lmdb_document_t** document);
dy_lmdb_status_t dy_lmdb_document_close(dy_lmdb_document_t* document);
dy_lmdb_status_t dy_lmdb_document_validate(const dy_lmdb_document_t* document);
dy_lmdb_status_t dy_lmdb_document_type(const dy_lmdb_document_t* document, dy_lmdb_node_t node, uint32_t* type);
dy_lmdb_status_t dy_lmdb_document_count(const dy_lmdb_document_t* document, dy_lmdb_node_t node, size_t* count);
dy_lmdb_status_t dy_lmdb_document_at(const dy_lmdb_document_t* document, dy_lmdb_node_t node, size_t index,
                                     dy_lmdb_node_t* found);
dy_lmdb_status_t dy_lmdb_document_get(const dy_lmdb_document_t* document, dy_lmdb_node_t node, const char* key,
                                      size_t key_size, dy_lmdb_node_t* found);
dy_lmdb_status_t dy_lmdb_document_find(const dy_lmdb_document_t* document, dy_lmdb_node_t node, const char* path,
                                       size_t path_size, dy_lmdb_node_t* found);
dy_lmdb_status_t dy_lmdb_document_iterate(const dy_lmdb_document_t* document, dy_lmdb_node_t node,
                                          dy_lmdb_iterator_t* iterator);
dy_lmdb_status_t dy_lmdb_document_next(const dy_lmdb_document_t* document, dy_lmdb_iterator_t* iterator, bool* more);
dy_lmdb_status_t dy_lmdb_document_bool(const dy_lmdb_document_t* document, dy_lmdb_node_t node, bool* value);
dy_lmdb_status_t dy_lmdb_document_int64(const dy_lmdb_document_t* document, dy_lmdb_node_t node, int64_t* value);
dy_lmdb_status_t dy_lmdb_document_uint64(const dy_lmdb_document_t* document, dy_lmdb_node_t node, uint64_t* value);
dy_lmdb_status_t dy_lmdb_document_double(const dy_lmdb_document_t* document, dy_lmdb_node_t node, double* value);
dy_lmdb_status_t dy_lmdb_document_string(const dy_lmdb_document_t* document, dy_lmdb_node_t node, const char** text,
                                         size_t* size);
dy_lmdb_status_t dy_lmdb_document_bytes(const dy_lmdb_document_t* document, dy_lmdb_node_t node, const void** data,
                                        size_t* size);
dy_lmdb_status_t dy_lmdb_document_numbers(const dy_lmdb_document_t* document, dy_lmdb_node_t node, double* values,
                                          size_t capacity, size_t* count);
const char* dy_lmdb_last_error_message(void);
}

namespace py = pybind11;

namespace {

enum { NIL, BOOL, INT, FLOAT, STRING, BYTES, ARRAY, MAP, EXT };
constexpr dy_lmdb_node_t ROOT = 0;
constexpr dy_lmdb_node_t NONE = 0xFFFFFFFFFFFFFFFF;

void check(dy_lmdb_status_t status) {
    if (status != 0) {
        throw std::runtime_error(dy_lmdb_last_error_message());
    }
}

/// A document over a buffer of Python's.
class Document {
public:
    explicit Document(const py::buffer& payload) : info_(payload.request()) {
        check(dy_lmdb_document_from_bytes(info_.ptr, static_cast<size_t>(info_.size * info_.itemsize), &handle_));
    }
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;
    ~Document() { dy_lmdb_document_close(handle_); }

    const dy_lmdb_document_t* get() const { return handle_; }

    uint32_t type(dy_lmdb_node_t node) const {
        uint32_t type = 0;
        check(dy_lmdb_document_type(handle_, node, &type));
        return type;
    }
    size_t count(dy_lmdb_node_t node) const {
        size_t count = 0;
        check(dy_lmdb_document_count(handle_, node, &count));
        return count;
    }
    std::string string(dy_lmdb_node_t node) const {
        const char* text = nullptr;
        size_t size = 0;
        check(dy_lmdb_document_string(handle_, node, &text, &size));
        return std::string(text, size);
    }

private:
    py::buffer_info info_;
    dy_lmdb_document_t* handle_ = nullptr;
};

py::object plain(const Document& document, dy_lmdb_node_t node) {
    switch (document.type(node)) {
    case NIL: return py::none();
    case BOOL: {
        bool value = false;
        check(dy_lmdb_document_bool(document.get(), node, &value));
        return py::bool_(value);
    }
    case INT: {
        int64_t value = 0;
        if (dy_lmdb_document_int64(document.get(), node, &value) == 0) {
            return py::int_(value);
        }
        uint64_t larger = 0;
        check(dy_lmdb_document_uint64(document.get(), node, &larger));
        return py::int_(larger);
    }
    case FLOAT: {
        double value = 0;
        check(dy_lmdb_document_double(document.get(), node, &value));
        return py::float_(value);
    }
    case STRING: return py::str(document.string(node));
    case BYTES: {
        const void* data = nullptr;
        size_t size = 0;
        check(dy_lmdb_document_bytes(document.get(), node, &data, &size));
        return py::bytes(static_cast<const char*>(data), size);
    }
    default: throw std::runtime_error("a value of type " + std::to_string(document.type(node)));
    }
}

/// The value, found by going through arrays and maps.
py::object iterated(const Document& document, dy_lmdb_node_t node) {
    const uint32_t type = document.type(node);
    if (type != ARRAY && type != MAP) {
        return plain(document, node);
    }
    py::list list;
    py::dict dict;
    dy_lmdb_iterator_t iterator = {};
    bool more = false;
    check(dy_lmdb_document_iterate(document.get(), node, &iterator));
    for (check(dy_lmdb_document_next(document.get(), &iterator, &more)); more;
         check(dy_lmdb_document_next(document.get(), &iterator, &more))) {
        if (iterator.key == NONE) {
            list.append(iterated(document, iterator.value));
        } else {
            dict[py::str(document.string(iterator.key))] = iterated(document, iterator.value);
        }
    }
    return type == ARRAY ? py::object(list) : py::object(dict);
}

/// The same, found by counts, indices and the keys of `like`, which it is held against.
py::object asked(const Document& document, dy_lmdb_node_t node, const py::handle& like) {
    const uint32_t type = document.type(node);
    if (type == ARRAY) {
        py::list list;
        const size_t count = document.count(node);
        for (size_t i = 0; i < count; ++i) {
            dy_lmdb_node_t found = 0;
            check(dy_lmdb_document_at(document.get(), node, i, &found));
            list.append(asked(document, found, py::list(py::reinterpret_borrow<py::object>(like))[i]));
        }
        return list;
    }
    if (type == MAP) {
        py::dict dict;
        for (const auto& [name, value] : py::reinterpret_borrow<py::dict>(like)) {
            const std::string key = py::cast<std::string>(name);
            dy_lmdb_node_t found = 0;
            check(dy_lmdb_document_get(document.get(), node, key.data(), key.size(), &found));
            dict[name] = asked(document, found, value);
        }
        if (dict.size() != document.count(node)) {
            throw std::runtime_error("a map of " + std::to_string(document.count(node)));
        }
        return dict;
    }
    return plain(document, node);
}

double number_at(const py::buffer& payload, const std::string& path) {
    const Document document(payload);
    dy_lmdb_node_t found = 0;
    check(dy_lmdb_document_find(document.get(), ROOT, path.data(), path.size(), &found));
    double value = 0;
    check(dy_lmdb_document_double(document.get(), found, &value));
    return value;
}

std::vector<double> numbers_at(const py::buffer& payload, const std::string& path) {
    const Document document(payload);
    dy_lmdb_node_t found = 0;
    check(dy_lmdb_document_find(document.get(), ROOT, path.data(), path.size(), &found));
    std::vector<double> values(document.count(found));
    size_t count = 0;
    check(dy_lmdb_document_numbers(document.get(), found, values.data(), values.size(), &count));
    return values;
}

}  // namespace

PYBIND11_MODULE(dishtayantra_test_before_tables, module, py::mod_gil_not_used()) {
    module.def("iterated", [](const py::buffer& payload) {
        const Document document(payload);
        check(dy_lmdb_document_validate(document.get()));
        return iterated(document, ROOT);
    });
    module.def("asked", [](const py::buffer& payload, const py::object& like) {
        return asked(Document(payload), ROOT, like);
    });
    module.def("number_at", &number_at);
    module.def("numbers_at", [](const py::buffer& payload, const std::string& path) {
        py::list out;
        for (const double value : numbers_at(payload, path)) {
            out.append(value);
        }
        return out;
    });
}
