#include "support.hpp"

#include <dishtayantra_lmdb/arrow.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using lmdb::Column;
using lmdb::Columns;
using lmdb::Document;
using lmdb::Field;
using lmdb::Map;
using lmdb::Origin;
using lmdb::Span;
using lmdb::Table;
using lmdb::Writer;

namespace {

using Ints = std::vector<std::int32_t>;
using Texts = std::vector<std::string>;

/// A column of each kind, three rows.
Columns sample(Origin origin = Origin::columns) {
    return Columns({Field("px", std::vector<double>{1.5, -2, 4}),
                    Field("qty", std::vector<std::optional<std::int64_t>>{10, std::nullopt, 30}),
                    Field("symbol", Ints{1, 0, -1}, {"AB", "XYZ"}),
                    Field("note", Texts{"one", "", "zwölf"}),
                    Field("maybe", std::vector<std::optional<std::string>>{"a", std::nullopt, "c"}),
                    Field("buy", std::vector<bool>{true, false, true}),
                    Field("flag", std::vector<std::optional<bool>>{true, std::nullopt, false}),
                    Field::times("time", {5, 6, 7}, lmdb::Unit::microsecond, "Europe/Berlin"),
                    Field::dates("day", {19000, 19001, 19002}),
                    Field::spans("took", {1, 2, 3}, lmdb::Unit::millisecond),
                    Field::lists("legs", {0, 2, 2, 3}, Field("item", std::vector<float>{1, 2, 3})),
                    Field::structs("who", {Field("id", std::vector<std::uint16_t>{7, 8, 9}),
                                           Field("name", Texts{"x", "y", "z"})})},
                   origin);
}

class TableTest : public StoreTest {
protected:
    void put(const Columns& columns) {
        Writer writer;
        writer.map(2).key("trades").table(columns).key("after").int64(1);
        writer.put(store, "k");
    }

    void expect_sample(const Table& table) {
        EXPECT_EQ(table.rows(), 3u);
        EXPECT_EQ(table.columns(), 12u);
        table.check();
        const Span<const double> px = table["px"].span<double>();
        EXPECT_EQ(std::vector<double>(px.begin(), px.end()), (std::vector<double>{1.5, -2, 4}));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(px.data()) % 64, 0u);

        const Column qty = table["qty"];
        EXPECT_EQ(qty.null_count(), 1u);
        EXPECT_TRUE(qty.is_null(1));
        EXPECT_FALSE(qty.is_null(2));
        EXPECT_EQ(qty.span<std::int64_t>()[2], 30);

        const Column symbol = table["symbol"];
        EXPECT_TRUE(symbol.has_dictionary());
        EXPECT_EQ(symbol.codes()[0], 1);
        EXPECT_EQ(symbol.code(1), 0u);
        EXPECT_EQ(symbol.dictionary().size(), 2u);
        EXPECT_EQ(symbol.dictionary().str(1), "XYZ");
        EXPECT_EQ(symbol.str(0), "XYZ");
        EXPECT_EQ(symbol.str(1), "AB");
        EXPECT_TRUE(symbol.is_null(2));
        EXPECT_EQ(symbol.str(2), "");

        EXPECT_EQ(table["note"].str(2), "zwölf");
        EXPECT_EQ(table["note"].str(1), "");
        EXPECT_EQ(table["note"].bytes(0).size(), 3u);
        EXPECT_TRUE(table["maybe"].is_null(1));
        EXPECT_EQ(table["maybe"].str(2), "c");
        EXPECT_TRUE(table["buy"].boolean(0));
        EXPECT_FALSE(table["buy"].boolean(1));
        EXPECT_TRUE(table["flag"].boolean(0));
        EXPECT_TRUE(table["flag"].is_null(1));
        EXPECT_FALSE(table["flag"].boolean(1));

        const Column time = table["time"];
        EXPECT_EQ(time.unit(), lmdb::Unit::microsecond);
        EXPECT_EQ(time.zone(), "Europe/Berlin");
        EXPECT_EQ(time.span<std::int64_t>()[2], 7);
        EXPECT_FALSE(time.holds<std::uint64_t>());
        EXPECT_FALSE(time.holds<std::int32_t>());
        EXPECT_EQ(table["day"].unit(), lmdb::Unit::day);
        EXPECT_EQ(table["day"].span<std::int32_t>()[0], 19000);
        EXPECT_EQ(table["took"].unit(), lmdb::Unit::millisecond);
        EXPECT_EQ(table["took"].zone(), "");
        EXPECT_EQ(table["took"].span<std::int64_t>()[1], 2);
        EXPECT_EQ(table["px"].unit(), lmdb::Unit::generic);

        const Column legs = table["legs"];
        EXPECT_EQ(legs.range(0), (std::pair<std::size_t, std::size_t>(0, 2)));
        EXPECT_EQ(legs.range(1), (std::pair<std::size_t, std::size_t>(2, 2)));
        EXPECT_EQ(legs.range(2), (std::pair<std::size_t, std::size_t>(2, 3)));
        EXPECT_EQ(legs.child(0).span<float>()[2], 3.0F);
        EXPECT_EQ(table["who"].child_count(), 2u);
        EXPECT_EQ(table["who"].child(0).span<std::uint16_t>()[1], 8);
        EXPECT_EQ(table["who"].child(1).str(2), "z");
    }
};

}  // namespace

TEST_F(TableTest, ColumnsInPlace) {
    put(sample());
    const lmdb::View view = store.view("k");
    const Document doc = view.document();
    doc.validate();
    const Table table = doc["trades"].table();
    expect_sample(table);
    EXPECT_EQ(table.origin(), Origin::columns);
    const auto* const px = reinterpret_cast<const std::byte*>(table["px"].span<double>().data());
    EXPECT_GE(px, view.span().data());
    EXPECT_LT(px, view.span().data() + view.span().size());
    EXPECT_EQ(table[0].name(), "px");
    EXPECT_FALSE(table.find("py"));
    EXPECT_EQ(table.find("px")->format(), "g");
    EXPECT_EQ(doc["after"].int64(), 1);
    EXPECT_TRUE(doc["trades"].is_table());
    EXPECT_FALSE(doc["after"].is_table());
}

TEST_F(TableTest, IsThePlainValueToTheOtherCalls) {
    put(sample(Origin::rows));
    const lmdb::View view = store.view("k");
    const Document doc = view.document();
    EXPECT_EQ(doc["trades"].type(), lmdb::Type::array);
    EXPECT_EQ(doc["trades"][2]["px"].number(), 4);
    EXPECT_EQ(doc["trades"][0]["symbol"].string(), "XYZ");
    EXPECT_TRUE(doc.find("trades.1.qty")->is_nil());
    EXPECT_EQ(doc.find("trades.0.legs.1")->number(), 2);
    std::size_t rows = 0;
    double sum = 0;
    for (const lmdb::Item row : doc["trades"].items()) {
        ++rows;
        sum += row.value["px"].number();
        EXPECT_EQ(row.value.size(), 12u);
    }
    EXPECT_EQ(rows, 3u);
    EXPECT_EQ(sum, 3.5);
    put(sample(Origin::columns));
    const lmdb::View other = store.view("k");
    const Document columns = other.document();
    EXPECT_EQ(columns["trades"].type(), lmdb::Type::map);
    EXPECT_EQ(columns["trades"]["px"].numbers(), (std::vector<double>{1.5, -2, 4}));
}

TEST_F(TableTest, WrittenAnew) {
    put(sample(Origin::rows));
    const lmdb::View view = store.view("k");
    const Document doc = view.document();
    Writer writer;
    writer.value(doc.root());
    writer.put(store, "again");
    const lmdb::View again = store.view("again");
    const Document copy = again.document();
    expect_sample(copy["trades"].table());
    EXPECT_EQ(copy["trades"].table().origin(), Origin::rows);

    // Copied columns need no document.
    std::optional<Columns> kept;
    {
        const lmdb::View other = store.view("k");
        const Document dies = other.document();
        kept.emplace(dies["trades"].table());
    }
    store.erase("k");
    put(*kept);
    const lmdb::View last = store.view("k");
    const Document third = last.document();
    expect_sample(third["trades"].table());
}

TEST_F(TableTest, BorrowedNumbersAndRenamedColumns) {
    const std::vector<std::int8_t> small = {1, 2};
    put(Columns({Field::borrowed("a", Span<const std::int8_t>(small)), Field("c", Texts{"x", "y"}).named("b")}));
    const lmdb::View view = store.view("k");
    const Document doc = view.document();
    EXPECT_EQ(doc["trades"].table()["a"].span<std::int8_t>()[1], 2);
    EXPECT_EQ(doc["trades"].table()["b"].str(1), "y");
}

TEST_F(TableTest, SaysWhatIsWrong) {
    put(sample());
    const lmdb::View view = store.view("k");
    const Document doc = view.document();
    const Table table = doc["trades"].table();
    using Wrong = lmdb::InvalidArgumentError;
    EXPECT_TRUE(contains(message_of<Wrong>([&] { doc["after"].table(); }), "not a table"));
    EXPECT_TRUE(contains(message_of<lmdb::NotFoundError>([&] { table["py"]; }), "\"px\""));
    EXPECT_THROW(table[12], std::out_of_range);
    const std::string said = message_of<Wrong>([&] { table["px"].span<float>(); });
    EXPECT_TRUE(contains(said, "column \"px\" of format \"g\" holds no float32"));
    EXPECT_THROW(table["time"].span<double>(), Wrong);
    EXPECT_THROW(table["px"].str(0), Wrong);
    EXPECT_THROW(table["px"].boolean(0), Wrong);
    EXPECT_THROW(table["px"].dictionary(), Wrong);
    EXPECT_THROW(table["px"].code(0), Wrong);
    EXPECT_THROW(table["px"].codes(), Wrong);
    EXPECT_THROW(table["px"].range(0), Wrong);
    EXPECT_THROW(table["buy"].bytes(0), Wrong);
    EXPECT_THROW(table["px"].is_null(3), std::out_of_range);
    EXPECT_THROW(table["note"].str(3), std::out_of_range);
    EXPECT_THROW(table["symbol"].code(3), std::out_of_range);
    EXPECT_THROW(table["legs"].child(1), std::out_of_range);
    EXPECT_EQ(table["px"].bytes(1).size(), 8u);

    EXPECT_THROW(Field("s", Ints{2}, {"a", "b"}), Wrong);
    EXPECT_THROW(Field::lists("l", {0, 2}, Field("", Ints{1})), Wrong);
    EXPECT_THROW(Field::lists("l", {0, 2, 1}, Field("", Ints{1})), Wrong);
    Writer writer;
    EXPECT_TRUE(contains(message_of<Wrong>([&] {
        writer.table(Columns({Field("a", Ints{1, 2}), Field("b", Ints{1})}));
    }), "in 2 rows"));
    EXPECT_THROW(Field::times("t", {1}, lmdb::Unit::day), Wrong);
    EXPECT_THROW(Field::spans("t", {1}, lmdb::Unit::generic), Wrong);
}

TEST_F(TableTest, ColumnsAsNumbers) {
    put(sample());
    const lmdb::View view = store.view("k");
    const Document doc = view.document();
    const Table table = doc["trades"].table();
    const lmdb::Numbers px = lmdb::Numbers::of(table["px"]);
    EXPECT_EQ(px.span().data(), table["px"].span<double>().data());
    EXPECT_EQ(lmdb::Numbers::of(table["legs"].child(0)).span()[1], 2.0);
    EXPECT_EQ(lmdb::Numbers::of(table["buy"]).span()[2], 1.0);
    EXPECT_EQ(lmdb::Numbers::of(table["buy"]).span()[1], 0.0);
    for (const char* name : {"qty", "note", "symbol", "time"}) {
        EXPECT_THROW(lmdb::Numbers::of(table[name]), lmdb::InvalidArgumentError) << name;
    }
}

TEST_F(TableTest, ExportedToArrowAndTakenBack) {
    put(sample());
    lmdb::Released<ArrowSchema> schema;
    lmdb::Released<ArrowArray> array;
    lmdb::Released<ArrowArrayStream> stream;
    const double* lay = nullptr;
    {
        const lmdb::View view = store.view("k");
        const Document doc = view.document();
        const Table table = doc["trades"].table();
        lay = table["px"].span<double>().data();
        table.export_arrow(&schema.held, &array.held);
        table.export_arrow(&stream.held);
    }
    // The arrays keep the payload.
    store.erase("k");
    ASSERT_EQ(schema.held.n_children, 12);
    EXPECT_STREQ(schema.held.children[2]->dictionary->format, "u");
    EXPECT_EQ(array.held.children[0]->buffers[1], lay);
    EXPECT_EQ(static_cast<const double*>(array.held.children[0]->buffers[1])[2], 4);

    Writer writer;
    writer.map(1).key("trades").arrow(&stream.held, Origin::rows);
    EXPECT_EQ(stream.held.release, nullptr);
    writer.put(store, "back");
    const lmdb::View back = store.view("back");
    const Document doc = back.document();
    expect_sample(doc["trades"].table());
    EXPECT_EQ(doc["trades"].table().origin(), Origin::rows);
}

namespace {

/// A stream that fails as it says.
struct Failing : ArrowArrayStream {
    Failing() : ArrowArrayStream() {
        get_schema = [](ArrowArrayStream*, ArrowSchema*) { return 5; };
        get_next = [](ArrowArrayStream*, ArrowArray*) { return 5; };
        get_last_error = [](ArrowArrayStream*) { return "the wire broke"; };
        release = [](ArrowArrayStream* stream) {
            ++*static_cast<int*>(stream->private_data);
            stream->release = nullptr;
        };
        private_data = &released;
    }
    int released = 0;
};

}  // namespace

TEST_F(TableTest, StreamsThatFail) {
    Failing stream;
    Writer writer;
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { writer.arrow(&stream); }), "the wire broke"));
    EXPECT_EQ(stream.released, 1);
    EXPECT_THROW(writer.arrow(nullptr), lmdb::InvalidArgumentError);
}

namespace {

/// The sum of `px` by `symbol`, as rows; what has no symbol is left out.
class SumBySymbol : public lmdb::Calculator {
public:
    Map compute(const lmdb::Input& input) const override {
        const Table trades = input.table("trades");
        const Column symbol = trades["symbol"];
        const lmdb::Numbers px = lmdb::Numbers::of(trades["px"]);
        std::map<std::string, double> sums;
        for (std::size_t i = 0; i < trades.rows(); ++i) {
            if (!symbol.is_null(i)) {
                sums[std::string(symbol.str(i))] += px.span()[i];
            }
        }
        Texts names;
        std::vector<double> totals;
        for (const auto& [name, total] : sums) {
            names.push_back(name);
            totals.push_back(total);
        }
        Columns out({Field("symbol", names), Field("total", totals)}, Origin::rows);
        return {{"sums", std::move(out)}, {"rows", trades.rows()}};
    }
};

class TableInputTest : public TableTest {
protected:
    lmdb::Reference reference() const {
        lmdb::Reference out;
        out.set(lmdb::wire::ref, "true");
        out.set(lmdb::wire::input_key, "k");
        out.set(lmdb::wire::output_key, "out");
        out.set(lmdb::wire::db_path, store.path());
        out.set(lmdb::wire::txn_id, "1");
        return out;
    }

    /// The rows as plain maps.
    void put_plain() {
        Writer writer;
        writer.map(1).key("trades").array(3);
        for (const auto& [px, symbol] : std::vector<std::pair<double, const char*>>{{1.5, "XYZ"}, {-2, "AB"}, {4, nullptr}}) {
            writer.map(2).key("px").number(px).key("symbol");
            symbol == nullptr ? writer.nil() : writer.string(symbol);
        }
        writer.put(store, "k");
    }

    void expect_sums() {
        const lmdb::Answer answer = lmdb::answer(SumBySymbol(), reference());
        ASSERT_TRUE(answer.written) << answer.refusal;
        const lmdb::View view = store.view("out");
        const Document doc = view.document();
        doc.validate();
        const Table sums = doc["sums"].table();
        EXPECT_EQ(sums.origin(), Origin::rows);
        EXPECT_EQ(sums["symbol"].str(0), "AB");
        EXPECT_EQ(sums["total"].span<double>()[0], -2);
        EXPECT_EQ(sums["total"].span<double>()[1], 1.5);
        EXPECT_EQ(doc["rows"].int64(), 3);
    }
};

}  // namespace

TEST_F(TableInputTest, OfTablesAndOfPlainRows) {
    for (const Origin origin : {Origin::columns, Origin::rows}) {
        put(sample(origin));
        expect_sums();
    }
    put_plain();
    expect_sums();
}

TEST_F(TableInputTest, IsUsedInPlaceAndValidAsLongAsTheInput) {
    put(sample());
    const lmdb::ViewInput input(store.view("k"));
    EXPECT_FALSE(input.find_table("others"));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { input.table("others"); }), "no 'others'"));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { input.find_table("after"); }), "'after'"));
    const lmdb::View view = store.view("k");
    const Document doc = view.document();
    EXPECT_EQ(input.table("trades")["px"].span<double>().data(), doc["trades"].table()["px"].span<double>().data());
    // Columns of a table are there as arrays, too.
    put_plain();
    const lmdb::ViewInput plain(store.view("k"));
    const Span<const double> first = plain.table("trades")["px"].span<double>();
    EXPECT_EQ(plain.table("trades")["px"].span<double>().data(), first.data());
}

TEST_F(TableInputTest, RowsThatAreThePayload) {
    Writer writer;
    writer.table(sample(Origin::rows));
    writer.put(store, "k");
    EXPECT_EQ(lmdb::ViewInput(store.view("k")).table("values").rows(), 3u);
}

TEST_F(TableInputTest, OfMapsAndOfJoinedInputs) {
    const lmdb::MapInput map({{"trades", sample()}, {"n", 1}});
    expect_sample(map.table("trades"));
    EXPECT_THROW(map.find_table("n"), lmdb::InvalidArgumentError);
    EXPECT_FALSE(map.find_table("others"));
    std::vector<std::unique_ptr<lmdb::Input>> parts;
    parts.push_back(std::make_unique<lmdb::MapInput>(lmdb::Map{{"trades", sample()}}));
    parts.push_back(std::make_unique<lmdb::MapInput>(lmdb::Map{{"n", 1}}));
    const lmdb::JoinedInput joined(std::move(parts));
    expect_sample(joined.table("trades"));
    EXPECT_FALSE(joined.find_table("others"));
    EXPECT_EQ(SumBySymbol().compute(joined).size(), 2u);
}
