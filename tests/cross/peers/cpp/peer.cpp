// C++'s side of the matrix: one JSON object a line, asked on standard input and answered on standard output.

#include "content.hpp"
#include "tables.hpp"

#include <dishtayantra_lmdb.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace lmdb = dishtayantra::lmdb;
using json = nlohmann::json;

namespace {

/// What is not as it should be.
struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void require(bool condition, const std::string& what) {
    if (!condition) {
        throw Fault(what);
    }
}

struct Request {
    explicit Request(const json& asked)
        : key(asked.at("key")),
          format(asked.at("format")),
          seed(asked.at("seed")),
          count(asked.at("count")),
          is_inline(asked.at("inline")),
          frame(asked.at("frame")) {
        if (format == "table") {
            table.emplace(asked);
        }
        options.ttl = std::chrono::milliseconds(asked.at("ttl_ms").get<std::int64_t>());
        options.source = asked.at("source");
        options.target = asked.at("target");
        options.txn_id = asked.at("txn_id");
        options.checksum = asked.at("checksum");
    }

    std::string key;
    std::string format;
    std::uint64_t seed;
    std::size_t count;
    bool is_inline;
    json frame;
    std::optional<tables::Asked> table;
    lmdb::PutOptions options;
};

std::string from_hex(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    }
    return out;
}

/// Where the columns of an Arrow stream lie, and what is around them.
struct Frame {
    Frame(const json& told, std::size_t count)
        : head(from_hex(told.at("head"))),
          between(from_hex(told.at("between"))),
          tail(from_hex(told.at("tail"))),
          floats_at(head.size()),
          between_at(floats_at + 8 * count),
          longs_at(between_at + between.size()),
          tail_at(longs_at + 8 * count),
          size(tail_at + tail.size()) {}

    std::string head, between, tail;
    std::size_t floats_at, between_at, longs_at, tail_at, size;
};

json document(const Request& request) {
    return {{"name", content::name},
            {"none", nullptr},
            {"yes", true},
            {"ratio", content::ratio},
            {"nested", {{"tags", content::tags}, {"least", content::least}, {"most", content::most}}},
            {"seed", request.seed},
            {"floats", content::column<content::Floats>(request.seed, request.count)},
            {"longs", content::column<content::Longs>(request.seed, request.count)}};
}

/// Everything of a document but its columns, of which `columns` follow.
void write_plain(lmdb::Writer& writer, const Request& request, std::size_t columns) {
    writer.map(6 + columns).key("name").string(content::name).key("none").nil().key("yes").boolean(true);
    writer.key("ratio").number(content::ratio).key("seed").uint64(request.seed);
    writer.key("nested").map(3).key("tags").array(std::size(content::tags));
    for (const char* tag : content::tags) {
        writer.string(tag);
    }
    writer.key("least").int64(content::least).key("most").int64(content::most);
}

void write_msgpack(lmdb::Store& store, const Request& request) {
    const auto floats = content::column<content::Floats>(request.seed, request.count);
    const auto longs = content::column<content::Longs>(request.seed, request.count);
    lmdb::Writer writer;
    write_plain(writer, request, 2);
    writer.key("floats").doubles(floats).key("longs").int64s(longs);
    writer.put(store, request.key, request.options);
}

void write_segments(lmdb::Store& store, const Request& request) {
    const auto marks = content::column<content::Marks>(request.seed, 2 * request.count + 1);
    const auto floats = content::column<content::Floats>(request.seed, request.count);
    const auto ints = content::column<content::Ints>(request.seed, request.count);
    const auto longs = content::column<content::Longs>(request.seed, request.count);
    lmdb::Writer writer;
    write_plain(writer, request, 4);
    writer.key("marks").segment(marks).key("floats").segment(floats).key("ints").segment(ints);
    writer.key("longs").segment(longs, {request.count, 1});
    writer.put(store, request.key, request.options);
}

void write_raw(lmdb::Store& store, Request& request) {
    request.options.format = lmdb::Format::raw;
    if (request.is_inline) {
        const auto longs = content::column<content::Longs>(request.seed, request.count);
        store.put(request.key, lmdb::as_bytes(longs), request.options);
        return;
    }
    lmdb::Loan loan = store.loan(8 * request.count);
    std::size_t i = 0;
    for (std::int64_t& item : loan.span<std::int64_t>()) {
        item = content::Longs::at(request.seed, i++);
    }
    loan.publish(request.key, request.options);
}

void write_arrow(lmdb::Store& store, Request& request) {
    request.options.format = lmdb::Format::arrow;
    const Frame frame(request.frame, request.count);
    std::string stream = frame.head;
    stream.reserve(frame.size);
    const auto floats = content::column<content::Floats>(request.seed, request.count);
    const auto longs = content::column<content::Longs>(request.seed, request.count);
    stream.append(reinterpret_cast<const char*>(floats.data()), 8 * request.count).append(frame.between);
    stream.append(reinterpret_cast<const char*>(longs.data()), 8 * request.count).append(frame.tail);
    store.put(request.key, lmdb::as_bytes(stream), request.options);
}

void write(lmdb::Store& store, Request request) {
    if (request.format == "json") {
        request.options.format = lmdb::Format::json;
        const std::string text = document(request).dump();
        store.put(request.key, lmdb::as_bytes(text), request.options);
    } else if (request.format == "msgpack") {
        write_msgpack(store, request);
    } else if (request.format == "segments") {
        write_segments(store, request);
    } else if (request.format == "raw") {
        write_raw(store, request);
    } else if (request.format == "numpy") {
        const auto floats = content::column<content::Floats>(request.seed, 2 * request.count);
        const std::size_t shape[] = {request.count, 2};
        store.put_array(request.key, lmdb::Span<const double>(floats), shape, request.options);
    } else if (request.format == "Fortran numpy") {
        const auto floats = content::column<content::Floats>(request.seed, 2 * request.count);
        const std::size_t shape[] = {request.count, 2};
        std::string image = lmdb::npy_header(lmdb::npy_descr<double>(), shape, true);
        image.append(reinterpret_cast<const char*>(floats.data()), 8 * floats.size());
        request.options.format = lmdb::Format::numpy;
        store.put(request.key, lmdb::as_bytes(image), request.options);
    } else if (request.table) {
        tables::write(store, request.key, request.options, *request.table);
    } else if (request.format == "arrow") {
        write_arrow(store, request);
    } else {
        throw Fault("no format " + request.format);
    }
}

json envelope(const lmdb::View& view) {
    const lmdb::Info info = view.info();
    json checksum;
    if (info.checksum) {
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(*info.checksum));
        checksum = text;
    }
    return {{"key", view.key()},          {"format", lmdb::format_name(info.format)},
            {"size", info.size},          {"ttl_ms", info.ttl.count()},
            {"txn_id", view.txn_id()},    {"source", view.source()},
            {"target", view.target()},    {"checksum", checksum},
            {"file_offset", info.file_offset}};
}

json place(const char* name, lmdb::Bytes bytes) {
    return {{"name", name}, {"address", reinterpret_cast<std::uintptr_t>(bytes.data())}, {"bytes", bytes.size()}};
}

/// Compares a payload with what it should hold, and notes which arrays it used in place.
class Reading {
public:
    explicit Reading(const Request& request) : request_(request) {}

    json arrays = json::array();

    void read(const lmdb::View& view) {
        if (request_.format == "json") {
            require(view.format() == lmdb::Format::json, "no json");
            const lmdb::Bytes bytes = view.span();
            const auto* text = reinterpret_cast<const char*>(bytes.data());
            const json found = json::parse(text, text + bytes.size());
            const json expected = document(request_);
            require(found == expected, "the document differs: " + found.dump().substr(0, 200));
        } else if (request_.format == "msgpack") {
            const lmdb::Document document = view.document();
            plain(document.root(), 2);
            listed<content::Floats>(document["floats"], [](const lmdb::Node& node) { return node.number(); });
            listed<content::Longs>(document["longs"], [](const lmdb::Node& node) { return node.int64(); });
        } else if (request_.format == "segments") {
            const lmdb::Document document = view.document();
            plain(document.root(), 4);
            segment<content::Marks>(document["marks"], {2 * request_.count + 1});
            segment<content::Floats>(document["floats"], {request_.count});
            segment<content::Ints>(document["ints"], {request_.count});
            segment<content::Longs>(document["longs"], {request_.count, 1});
        } else if (request_.format == "raw") {
            items<content::Longs>(view.span<std::int64_t>(), request_.count);
        } else if (request_.format == "numpy" || request_.format == "Fortran numpy") {
            const lmdb::Array array = view.array();
            require(array.shape() == std::vector<std::size_t>{request_.count, 2}, "another shape");
            // Without an item both orders are one.
            const bool is_fortran = request_.format == "Fortran numpy";
            require(request_.count == 0 || array.fortran_order() == is_fortran, "another order");
            items<content::Floats>(array.span<double>(), 2 * request_.count);
        } else if (request_.table) {
            const auto note = [this](const std::string& name, lmdb::Bytes bytes) {
                arrays.push_back(place(name.c_str(), bytes));
            };
            const lmdb::Document document = view.document();
            const auto fault = tables::Reading(*request_.table, note).fault(document["table"]);
            require(!fault, fault.value_or(""));
        } else {
            stream(view);
        }
    }

private:
    template <class Column>
    void items(lmdb::Span<const typename Column::Item> found, std::size_t count) {
        arrays.push_back(place(Column::name, lmdb::as_bytes(found)));
        require(found.size() == count, Column::name + std::string(" has ") + std::to_string(found.size()) + " items");
        for (std::size_t i = 0; i < count; ++i) {
            if (found[i] != Column::at(request_.seed, i)) {
                throw Fault(Column::name + ("[" + std::to_string(i)) + "] is " + std::to_string(found[i]) + ", not " +
                            std::to_string(Column::at(request_.seed, i)));
            }
        }
    }

    template <class Column>
    void segment(const lmdb::Node& node, const std::vector<std::size_t>& shape) {
        require(node.shape() == shape, Column::name + std::string(" has another shape"));
        const lmdb::Segment segment = node.segment();
        require(!segment.is_list() && !segment.is_scalar(), Column::name + std::string(" is no array"));
        items<Column>(segment.span<typename Column::Item>(), segment.size());
    }

    template <class Column, class Get>
    void listed(const lmdb::Node& list, Get get) {
        require(list.type() == lmdb::Type::array, Column::name + std::string(" is no list"));
        std::size_t i = 0;
        for (const auto [key, value] : list.items()) {
            require(get(value) == Column::at(request_.seed, i), Column::name + ("[" + std::to_string(i)) + "] differs");
            ++i;
        }
        require(i == request_.count, Column::name + std::string(" has ") + std::to_string(i) + " items");
    }

    /// What a document holds beside `columns` columns.
    void plain(const lmdb::Node& root, std::size_t columns) {
        require(root.size() == 6 + columns, std::to_string(root.size()) + " keys");
        require(root["name"].string() == content::name, "another name");
        require(root["none"].is_nil(), "none is something");
        require(root["yes"].boolean(), "yes is false");
        require(root["ratio"].number() == content::ratio, "another ratio");
        require(root["seed"].uint64() == request_.seed, "another seed");
        const lmdb::Node tags = root["nested"]["tags"];
        require(tags.size() == std::size(content::tags), "another number of tags");
        for (std::size_t i = 0; i < tags.size(); ++i) {
            require(tags[i].string() == content::tags[i], "another tag");
        }
        require(root["nested"]["least"].int64() == content::least, "another least");
        require(root["nested"]["most"].int64() == content::most, "another most");
    }

    void stream(const lmdb::View& view) {
        require(view.format() == lmdb::Format::arrow, "no arrow");
        const Frame frame(request_.frame, request_.count);
        const lmdb::Bytes bytes = view.span();
        require(bytes.size() == frame.size, "a stream of " + std::to_string(bytes.size()) + " bytes");
        part(bytes, 0, frame.head);
        part(bytes, frame.between_at, frame.between);
        part(bytes, frame.tail_at, frame.tail);
        items<content::Floats>(at<double>(bytes, frame.floats_at), request_.count);
        items<content::Longs>(at<std::int64_t>(bytes, frame.longs_at), request_.count);
    }

    static void part(lmdb::Bytes bytes, std::size_t start, const std::string& expected) {
        require(std::memcmp(bytes.data() + start, expected.data(), expected.size()) == 0,
                "the frame differs from byte " + std::to_string(start) + " on");
    }

    template <class T>
    lmdb::Span<const T> at(lmdb::Bytes bytes, std::size_t start) const {
        const std::byte* first = bytes.data() + start;
        require(reinterpret_cast<std::uintptr_t>(first) % alignof(T) == 0, "a column is not aligned");
        return {reinterpret_cast<const T*>(first), request_.count};
    }

    const Request& request_;
};

json answer(lmdb::Store& store, const json& asked) {
    const Request request(asked);
    if (asked.at("do") == "write") {
        write(store, request);
        return {{"envelope", envelope(store.view(request.key))}};
    }
    const lmdb::View view = store.view(request.key);
    view.verify();
    Reading reading(request);
    json fault;
    try {
        reading.read(view);
    } catch (const Fault& found) {
        fault = found.what();
    }
    return {{"envelope", envelope(view)},
            {"payload", place("payload", view.span())},
            {"arrays", reading.arrays},
            {"fault", fault}};
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: peer STORE\n";
        return 2;
    }
    try {
        lmdb::Store store = lmdb::Store::open(arguments[1]);
        for (std::string line; std::getline(std::cin, line);) {
            json said;
            try {
                said = answer(store, json::parse(line));
            } catch (const std::exception& error) {
                said = {{"error", error.what()}};
            }
            std::cout << said.dump() << std::endl;
        }
    } catch (const lmdb::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
