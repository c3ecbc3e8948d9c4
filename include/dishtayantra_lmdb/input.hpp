// What calculators compute on: named numbers, arrays and texts, wherever they lie.
#ifndef DISHTAYANTRA_LMDB_INPUT_HPP
#define DISHTAYANTRA_LMDB_INPUT_HPP

#include "value.hpp"
#include "view.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dishtayantra::lmdb {

/// What a calculator computes on: named numbers, arrays and texts.
///
/// A payload that is one array has it under the name "values". Implementations may be read from any
/// thread, one at a time.
class Input {
public:
    virtual ~Input() = default;

    /// The array under `name`, in place if it can be; empty when there is none.
    /// Throws InvalidArgumentError when it is something else.
    virtual std::optional<Numbers> find_numbers(std::string_view name) const = 0;

    /// The number under `name`; empty when there is none. Throws InvalidArgumentError when it is something else.
    virtual std::optional<double> find_number(std::string_view name) const = 0;

    /// The text under `name`; empty when there is none. Throws InvalidArgumentError when it is something else.
    virtual std::optional<std::string> find_text(std::string_view name) const = 0;

    /// Whether what is under `name` is true; empty when there is none. Throws InvalidArgumentError when it is no bool.
    virtual std::optional<bool> find_flag(std::string_view name) const = 0;

    /// The texts under `name`, those of a list or a single one; empty when there are none. Throws InvalidArgumentError
    /// when it is something else.
    virtual std::optional<std::vector<std::string>> find_texts(std::string_view name) const {
        std::optional<std::string> text = find_text(name);
        return text ? std::optional<std::vector<std::string>>({*std::move(text)}) : std::nullopt;
    }

    /// The table under `name`: rows, which are a list of maps with the same keys, or columns, which are a map of lists. It
    /// has the same columns whether they came as a table, which then is used in place, or as plain values. Valid as long as
    /// the input; empty when there is none. Throws InvalidArgumentError when it is something else.
    virtual std::optional<Table> find_table(std::string_view name) const {
        static_cast<void>(name);
        return std::nullopt;
    }

    /// The names there are; empty when the payload is no mapping, but one value under "values".
    virtual std::optional<std::vector<std::string>> names() const { return std::nullopt; }

    /// The array under `name`. Throws InvalidArgumentError when there is none: nothing computes on a missing input.
    Numbers numbers(std::string_view name) const { return given(name, find_numbers(name)); }

    /// What must be there, as `numbers`.
    double number(std::string_view name) const { return given(name, find_number(name)); }
    std::string text(std::string_view name) const { return given(name, find_text(name)); }
    bool flag(std::string_view name) const { return given(name, find_flag(name)); }
    std::vector<std::string> texts(std::string_view name) const { return given(name, find_texts(name)); }
    Table table(std::string_view name) const { return given(name, find_table(name)); }

private:
    template <class T>
    static T given(std::string_view name, std::optional<T> found) {
        if (!found) {
            throw InvalidArgumentError("the input has no '" + std::string(name) + "'");
        }
        return *std::move(found);
    }
};

namespace detail {

/// A document of one table, and what its bytes lie in when it has none of its own.
struct MadeTable {
    std::shared_ptr<const void> owner;
    Document document;
};

/// What `write` writes as a document.
template <class Write>
MadeTable made_table(Write write) {
    const auto writer = std::make_shared<Writer>();
    write(*writer);
    return {writer, Document::over(writer->data())};
}

/// The tables that an input made, by name: asked again, they are there.
class Tables {
public:
    template <class Make>
    Table of(std::string_view name, Make make) {
        auto found = made_.find(name);
        if (found == made_.end()) {
            found = made_.emplace(std::string(name), make()).first;
        }
        return found->second.document.root().table();
    }

private:
    std::map<std::string, MadeTable, std::less<>> made_;
};

}  // namespace detail

/// A payload in a store as input: numpy and raw (float64) in place, msgpack through its document, segments in it in
/// place when they hold float64.
class ViewInput : public Input {
public:
    /// Throws BadFormatError for formats that a calculator cannot read here (json, arrow), and for a payload that is itself
    /// a reference. So does asking for a value that only Python reads: a table, a reference.
    explicit ViewInput(View view) : view_(std::make_shared<const View>(std::move(view))) {
        if (view_->format() == Format::msgpack) {
            document_ = view_->document();
            if (document_->refers()) {
                throw BadFormatError("entry '" + view_->key() + "': a reference, which is resolved in Python");
            }
        } else if (view_->format() != Format::numpy && view_->format() != Format::raw) {
            throw BadFormatError("entry '" + view_->key() + "': format " + std::string(format_name(view_->format())) +
                                 " cannot be calculated on in C++; msgpack, numpy and raw can");
        }
    }

    std::optional<Numbers> find_numbers(std::string_view name) const override {
        if (document_) {
            return read<Numbers>(name, [this](const Node& node) { return Numbers::of(node, view_); });
        }
        if (name != "values") {
            return std::nullopt;
        }
        if (view_->format() == Format::numpy) {
            return Numbers::of(view_->array(), view_);
        }
        const Span<const double> elements = view_->span<double>();
        return Numbers(elements, {elements.size()}, view_);
    }

    std::optional<double> find_number(std::string_view name) const override {
        return read<double>(name, [](const Node& node) { return node.single(); });
    }

    std::optional<std::string> find_text(std::string_view name) const override {
        return read<std::string>(name, [](const Node& node) { return std::string(node.string()); });
    }

    std::optional<bool> find_flag(std::string_view name) const override {
        return read<bool>(name, [](const Node& node) { return node.boolean(); });
    }

    std::optional<std::vector<std::string>> find_texts(std::string_view name) const override {
        return read<std::vector<std::string>>(name, [](const Node& node) {
            std::vector<std::string> texts;
            if (node.type() != Type::array) {
                texts.emplace_back(node.string());
                return texts;
            }
            for (const Item item : node.items()) {
                texts.emplace_back(item.value.string());
            }
            return texts;
        });
    }

    std::optional<Table> find_table(std::string_view name) const override {
        return read<Table>(name, [&](const Node& node) {
            if (node.type() == Type::extension) {
                throw BadFormatError("a value that only Python reads");
            }
            return node.is_table() ? node.table() : tables_.of(name, [&] { return detail::MadeTable{nullptr, Document::table_of(node)}; });
        });
    }

    std::optional<std::vector<std::string>> names() const override {
        if (!document_ || !is_map(document_->root())) {
            return std::nullopt;
        }
        std::vector<std::string> names;
        for (const Item item : document_->root().items()) {
            names.emplace_back(item.key.string());
        }
        return names;
    }

private:
    /// What `value_of` makes of the value under `name`; what it refuses is told with the name.
    template <class T, class Read>
    std::optional<T> read(std::string_view name, Read value_of) const {
        const std::optional<Node> node = find(name);
        try {
            return node ? std::optional<T>(value_of(*node)) : std::nullopt;
        } catch (const InvalidArgumentError& error) {
            throw InvalidArgumentError("'" + std::string(name) + "': " + error.what());
        } catch (const BadFormatError& error) {
            throw BadFormatError("'" + std::string(name) + "': " + error.what());
        }
    }

    /// Whether its values have names; a frame is one value. What begins as an extension and is a map is a table.
    bool is_map(const Node& root) const {
        constexpr auto extension = std::byte{0xc9};
        return root.type() == Type::map &&
               (*view_->span().data() != extension || root.table().origin() == Origin::columns);
    }

    std::optional<Node> find(std::string_view name) const {
        if (!document_) {
            return std::nullopt;
        }
        const Node root = document_->root();
        if (!is_map(root)) {
            return name == "values" ? std::optional<Node>(root) : std::nullopt;
        }
        const std::optional<Node> node = root.get(name);
        return node && !node->is_nil() ? node : std::nullopt;
    }

    std::shared_ptr<const View> view_;
    std::optional<Document> document_;
    mutable detail::Tables tables_;
};

/// Payloads that were merged, as one input. Each name is in one of them: of two values nothing tells which came last.
class JoinedInput : public Input {
public:
    /// Throws InvalidArgumentError when a name occurs twice, or a payload among several is no mapping.
    explicit JoinedInput(std::vector<std::unique_ptr<Input>> parts) : parts_(std::move(parts)) {
        for (const auto& part : parts_) {
            const std::optional<std::vector<std::string>> names = part->names();
            if (!names) {
                throw InvalidArgumentError("a payload that is no mapping was merged with others");
            }
            for (const std::string& name : *names) {
                if (!where_.emplace(name, part.get()).second) {
                    throw InvalidArgumentError("'" + name + "' is in two of the mappings that were merged");
                }
            }
        }
    }

    std::optional<Numbers> find_numbers(std::string_view name) const override {
        const Input* part = with(name);
        return part != nullptr ? part->find_numbers(name) : std::nullopt;
    }

    std::optional<double> find_number(std::string_view name) const override {
        const Input* part = with(name);
        return part != nullptr ? part->find_number(name) : std::nullopt;
    }

    std::optional<std::string> find_text(std::string_view name) const override {
        const Input* part = with(name);
        return part != nullptr ? part->find_text(name) : std::nullopt;
    }

    std::optional<bool> find_flag(std::string_view name) const override {
        const Input* part = with(name);
        return part != nullptr ? part->find_flag(name) : std::nullopt;
    }

    std::optional<std::vector<std::string>> find_texts(std::string_view name) const override {
        const Input* part = with(name);
        return part != nullptr ? part->find_texts(name) : std::nullopt;
    }

    std::optional<Table> find_table(std::string_view name) const override {
        const Input* part = with(name);
        return part != nullptr ? part->find_table(name) : std::nullopt;
    }

    std::optional<std::vector<std::string>> names() const override {
        std::vector<std::string> names;
        for (const auto& [name, part] : where_) {
            names.push_back(name);
        }
        return names;
    }

private:
    const Input* with(std::string_view name) const {
        const auto found = where_.find(name);
        return found != where_.end() ? found->second : nullptr;
    }

    std::vector<std::unique_ptr<Input>> parts_;
    std::map<std::string, const Input*, std::less<>> where_;
};

/// A map of the caller's as input, say a configuration.
class MapInput : public Input {
public:
    explicit MapInput(Map map) : map_(std::move(map)) {}
    MapInput(std::initializer_list<Map::value_type> entries) : map_(entries) {}

    std::optional<Numbers> find_numbers(std::string_view name) const override { return find<Numbers>(name, "array"); }
    std::optional<std::string> find_text(std::string_view name) const override {
        return find<std::string>(name, "text");
    }
    std::optional<bool> find_flag(std::string_view name) const override { return find<bool>(name, "bool"); }
    std::optional<double> find_number(std::string_view name) const override {
        const Value* value = find(name);
        if (value != nullptr && std::holds_alternative<std::int64_t>(value->held)) {
            return static_cast<double>(std::get<std::int64_t>(value->held));
        }
        return find<double>(name, "number");
    }
    std::optional<Table> find_table(std::string_view name) const override {
        const std::optional<Columns> columns = find<Columns>(name, "table");
        const auto write = [&](Writer& writer) { writer.table(*columns); };
        return columns ? std::optional<Table>(tables_.of(name, [&] { return detail::made_table(write); }))
                       : std::nullopt;
    }
    std::optional<std::vector<std::string>> names() const override {
        std::vector<std::string> names;
        for (const auto& [key, value] : map_) {
            names.push_back(key);
        }
        return names;
    }

private:
    const Value* find(std::string_view name) const {
        for (const auto& [key, value] : map_) {
            if (key == name && !std::holds_alternative<std::nullptr_t>(value.held)) {
                return &value;
            }
        }
        return nullptr;
    }

    template <class T>
    std::optional<T> find(std::string_view name, const char* what) const {
        const Value* value = find(name);
        if (value == nullptr) {
            return std::nullopt;
        }
        if (!std::holds_alternative<T>(value->held)) {
            throw InvalidArgumentError("'" + std::string(name) + "' is no " + what);
        }
        return std::get<T>(value->held);
    }

    Map map_;
    mutable detail::Tables tables_;
};

}  // namespace dishtayantra::lmdb

#endif
