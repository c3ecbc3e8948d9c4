#include "support.hpp"

#include <memory>
#include <numeric>
#include <utility>

using lmdb::Numbers;
using lmdb::Reference;

namespace {

/// References to a store, as a wrapper sends them.
class ReferenceTest : public StoreTest {
protected:
    Reference reference(bool with_output = true) const {
        Reference out;
        out.set(lmdb::wire::ref, "true");
        out.set(lmdb::wire::input_key, "input:calc:1");
        if (with_output) {
            out.set(lmdb::wire::output_key, "output:calc:1");
        }
        out.set(lmdb::wire::db_path, store.path());
        out.set(lmdb::wire::db_name, "default");
        out.set(lmdb::wire::txn_id, "1");
        return out;
    }

    void put_input(lmdb::Span<const double> values) {
        lmdb::PutOptions options;
        options.tracked = true;
        store.put_array("input:calc:1", values, {}, options);
    }
};

/// The sum of the values, or the values themselves when asked to echo.
class Summing : public lmdb::Calculator {
public:
    explicit Summing(bool echo = false) : echo_(echo) {}
    lmdb::Map compute(const lmdb::Input& input) const override {
        const Numbers values = input.numbers("values");
        if (echo_) {
            return {{"values", values}};
        }
        const lmdb::Span<const double> span = values.span();
        return {{"sum", std::accumulate(span.begin(), span.end(), 0.0)},
                {"name", "sum"},
                {"nested", lmdb::Map{{"count", values.size()}, {"empty", lmdb::Value()}}},
                {"matrix", Numbers({1, 2, 3, 4, 5, 6}, {2, 3}).as_list()}};
    }

private:
    bool echo_;
};

const std::vector<double> three = {1, 2, 4};

}  // namespace

TEST_F(ReferenceTest, FieldsAreSetToldAndWritten) {
    Reference made = reference();
    made.set("somebody_elses", "ignored");
    EXPECT_EQ(made.get(lmdb::wire::input_key), "input:calc:1");
    EXPECT_FALSE(made.get(lmdb::wire::format).has_value());
    EXPECT_FALSE(made.get("somebody_elses").has_value());
    EXPECT_TRUE(made.has_output());
    EXPECT_FALSE(reference(false).has_output());
    const Reference again = Reference::parse(made.json());
    EXPECT_EQ(again.get(lmdb::wire::output_key), "output:calc:1");
    EXPECT_EQ(again.get(lmdb::wire::db_path), store.path());
}

TEST_F(ReferenceTest, WrongFieldsAreNamed) {
    EXPECT_TRUE(contains(message_of<lmdb::CorruptError>([] { Reference::parse(R"({"_lmdb_input_key": 7})"); }),
                         "_lmdb_input_key"));
    EXPECT_THROW(Reference::parse("[1"), lmdb::CorruptError);
}

TEST_F(ReferenceTest, InputIsViewedAndOutputPut) {
    put_input(three);
    const Reference ref = reference();
    const lmdb::View input = ref.view_input();
    EXPECT_EQ(input.span<double>()[2], 4.0);
    ref.put_output(lmdb::as_bytes("done"));
    const lmdb::View output = store.view("output:calc:1");
    EXPECT_EQ(output.span().size(), 4u);
    EXPECT_EQ(output.txn_id(), "1");
    EXPECT_EQ(ref.store().path(), store.path());
}

TEST_F(ReferenceTest, MissingInputIsAnErrorThatNamesIt) {
    EXPECT_TRUE(contains(message_of<lmdb::NotFoundError>([&] { reference().view_input(); }), "input:calc:1"));
    EXPECT_THROW(Reference().view_input(), lmdb::CorruptError);
}

TEST_F(ReferenceTest, StoresAreFoundWhereAMapOfPathsHasThem) {
    put_input(three);
    Reference made = reference();
    made.set(lmdb::wire::db_path, "/dy/their/mount/store");
    const std::string missing = message_of<lmdb::NotFoundError>([&] { made.view_input(); });
    EXPECT_TRUE(contains(missing, "/dy/their/mount/store"));
    const std::string theirs = "/dy/their/mount";
    dy_lmdb_buffer_t from = {theirs.data(), theirs.size()};
    dy_lmdb_buffer_t to = {directory.path.data(), directory.path.size()};
    ASSERT_EQ(dy_lmdb_path_map_set(&from, &to, 1), DY_LMDB_OK);
    const lmdb::View input = made.view_input();
    EXPECT_EQ(input.span<double>()[2], 4.0);
    ASSERT_EQ(dy_lmdb_path_map_set(nullptr, nullptr, 0), DY_LMDB_OK);
}

TEST_F(ReferenceTest, ResultIsWrittenAsADocument) {
    put_input(three);
    const lmdb::Answer answer = lmdb::answer(Summing(), reference());
    EXPECT_TRUE(answer.written);
    EXPECT_TRUE(answer.result.empty());
    const lmdb::View view = store.view("output:calc:1");
    const lmdb::Document doc = view.document();
    EXPECT_EQ(doc["sum"].number(), 7.0);
    EXPECT_EQ(doc["name"].string(), "sum");
    EXPECT_EQ(doc["nested"]["count"].int64(), 3);
    EXPECT_TRUE(doc["nested"]["empty"].is_nil());
    EXPECT_EQ(doc["matrix"][std::size_t{1}].numbers(), (std::vector<double>{4, 5, 6}));
}

TEST_F(ReferenceTest, ArrayResultStaysAnArrayAndIsReadInPlace) {
    const std::vector<std::size_t> shape = {1000, 3};
    const std::vector<double> values(3000, 0.5);
    store.put_array("input:calc:1", lmdb::Span<const double>(values), shape);
    EXPECT_TRUE(lmdb::answer(Summing(true), reference()).written);
    const lmdb::View view = store.view("output:calc:1");
    const lmdb::Document doc = view.document();
    doc.validate();
    EXPECT_EQ(doc["values"].dtype(), lmdb::Dtype::float64);
    EXPECT_EQ(doc["values"].shape(), shape);
    EXPECT_FALSE(doc["values"].segment().is_list());
    const Numbers numbers = lmdb::ViewInput(store.view("output:calc:1")).numbers("values");
    EXPECT_EQ(numbers.shape(), shape);
    EXPECT_EQ(numbers.span()[2999], 0.5);
    EXPECT_EQ(reinterpret_cast<const std::byte*>(numbers.span().end()), view.span().end());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers.span().data()) % 64, 0u);
}

TEST_F(ReferenceTest, ListsOfAResultAreLists) {
    const std::vector<double> values(400, 0.5);
    lmdb::put_output(reference(), {{"few", Numbers(three).as_list()},
                                   {"many", Numbers(values, {20, 20}).as_list()},
                                   {"none", Numbers({}, {2, 0}).as_list()},
                                   {"one", Numbers({2.5}, {}).as_list()}});
    const lmdb::View view = store.view("output:calc:1");
    const lmdb::Document doc = view.document();
    EXPECT_EQ(doc["few"].type(), lmdb::Type::array);
    EXPECT_TRUE(doc["many"].segment().is_list());
    EXPECT_EQ(doc["many"].shape(), (std::vector<std::size_t>{20, 20}));
    EXPECT_EQ(doc["none"].size(), 2u);
    EXPECT_EQ(doc["one"].number(), 2.5);
}

TEST_F(ReferenceTest, ArraysOfAResultAreSegmentsInRowOrder) {
    // [[1, 2, 3], [4, 5, 6]], columns first.
    lmdb::put_output(reference(), {{"columns", Numbers({1, 4, 2, 5, 3, 6}, {2, 3}, true)},
                                   {"nested", lmdb::Map{{"empty", Numbers(std::vector<double>())}}},
                                   {"item", Numbers({2.5}, {})}});
    const lmdb::View view = store.view("output:calc:1");
    const lmdb::Document doc = view.document();
    EXPECT_EQ(doc["columns"].shape(), (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(doc["columns"].numbers(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(doc["nested"]["empty"].shape(), std::vector<std::size_t>{0});
    EXPECT_TRUE(doc["item"].shape().empty());
}

TEST_F(ReferenceTest, DictsOfArraysAreInputs) {
    const std::vector<double> values(1000, 0.25);
    const std::vector<std::int16_t> exposures = {3, -4};
    const double level = 0.75;
    lmdb::Writer writer;
    writer.map(3).key("values").segment(values).key("exposures").segment(exposures);
    writer.key("level").segment(lmdb::Segment(lmdb::Span(&level, 1), {}).as_scalar());
    writer.put(store, "input:calc:1");
    const lmdb::ViewInput input(store.view("input:calc:1"));
    const lmdb::View view = store.view("input:calc:1");
    const Numbers found = input.numbers("values");
    EXPECT_GE(reinterpret_cast<const std::byte*>(found.span().begin()), view.span().begin());
    EXPECT_LE(reinterpret_cast<const std::byte*>(found.span().end()), view.span().end());
    EXPECT_EQ(input.numbers("exposures").span()[1], -4.0);
    EXPECT_EQ(input.find_number("level"), 0.75);
    EXPECT_THROW(input.find_number("values"), lmdb::InvalidArgumentError);
    EXPECT_THROW(input.find_text("values"), lmdb::InvalidArgumentError);
    EXPECT_FALSE(input.find_numbers("absent"));
}

TEST_F(ReferenceTest, WhatMustBeThereIsReadByItsKind) {
    lmdb::Writer writer;
    writer.map(6).key("n").int64(3).key("side").string("buy").key("open").boolean(true);
    writer.key("tags").array(2).string("a").string("b").key("mixed").array(2).string("a").number(1).key("none").nil();
    writer.put(store, "input:calc:1");
    const lmdb::ViewInput stored(store.view("input:calc:1"));
    const lmdb::MapInput own({{"n", 3}, {"side", "buy"}, {"open", true}, {"none", lmdb::Value()}});
    for (const lmdb::Input* input : {static_cast<const lmdb::Input*>(&stored), static_cast<const lmdb::Input*>(&own)}) {
        EXPECT_EQ(input->number("n"), 3.0);
        EXPECT_EQ(input->text("side"), "buy");
        EXPECT_TRUE(input->flag("open"));
        EXPECT_EQ(input->texts("side"), std::vector<std::string>{"buy"});
        EXPECT_FALSE(input->find_flag("none"));
        EXPECT_FALSE(input->find_texts("none"));
        const auto absent = [](auto call) { return message_of<lmdb::InvalidArgumentError>(call); };
        EXPECT_TRUE(contains(absent([&] { input->number("none"); }), "no 'none'"));
        EXPECT_TRUE(contains(absent([&] { input->text("none"); }), "no 'none'"));
        EXPECT_TRUE(contains(absent([&] { input->flag("none"); }), "no 'none'"));
        EXPECT_TRUE(contains(absent([&] { input->texts("none"); }), "no 'none'"));
        EXPECT_THROW(input->flag("n"), lmdb::InvalidArgumentError);
        EXPECT_THROW(input->texts("n"), lmdb::InvalidArgumentError);
    }
    EXPECT_EQ(stored.texts("tags"), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { stored.texts("mixed"); }), "'mixed'"));
    const auto part = [](lmdb::Map map) { return std::make_unique<lmdb::MapInput>(std::move(map)); };
    std::vector<std::unique_ptr<lmdb::Input>> parts;
    parts.push_back(std::make_unique<lmdb::ViewInput>(store.view("input:calc:1")));
    parts.push_back(part({{"late", false}}));
    const lmdb::JoinedInput joined(std::move(parts));
    EXPECT_FALSE(joined.flag("late"));
    EXPECT_EQ(joined.texts("tags").size(), 2u);
}

TEST_F(ReferenceTest, VectorsOfAResultAreArrays) {
    lmdb::put_output(reference(), {{"a", std::vector<double>{1, 2}}, {"inner", lmdb::Map{{"b", 1.0}}}});
    const lmdb::View view = store.view("output:calc:1");
    const lmdb::Document document = view.document();
    EXPECT_EQ(document["a"].numbers(), (std::vector<double>{1, 2}));
    EXPECT_EQ(document["inner"]["b"].number(), 1.0);
}

TEST_F(ReferenceTest, ArrayOutputsOfOnesOwn) {
    const Reference ref = reference();
    ref.put_output_array(lmdb::Span<const double>(three), std::vector<std::size_t>{3, 1});
    EXPECT_EQ(store.view("output:calc:1").format(), lmdb::Format::numpy);
    ref.put_output({lmdb::as_bytes("in "), lmdb::as_bytes("parts")});
    EXPECT_EQ(store.view("output:calc:1").info().size, 8u);
}

TEST_F(ReferenceTest, WithoutAnOutputKeyTheAnswerIsDirect) {
    put_input(three);
    const lmdb::Answer answer = lmdb::answer(Summing(), reference(false));
    EXPECT_FALSE(answer.written);
    EXPECT_TRUE(answer.refusal.empty());
    EXPECT_EQ(answer.result.front().first, "sum");
    EXPECT_TRUE(store.list("output:").empty());
}

TEST_F(ReferenceTest, WhenTheStoreRefusesTheAnswerIsDirect) {
    put_input(three);
    const std::vector<double> larger_than_the_store(10 << 20);
    const lmdb::Answer answer =
        lmdb::deliver(reference(), {{"values", Numbers(larger_than_the_store)}, {"name", "big"}});
    ASSERT_FALSE(answer.written);
    EXPECT_TRUE(contains(answer.refusal, "MDB_MAP_FULL"));
    EXPECT_EQ(std::get<std::string>(answer.result.back().second.held), "big");
    EXPECT_TRUE(store.list("output:").empty());
}

TEST_F(ReferenceTest, NothingIsComputedOnADamagedInput) {
    store.put("input:calc:1", lmdb::as_bytes("no array"), lmdb::PutOptions(lmdb::Format::numpy));
    EXPECT_THROW(lmdb::answer(Summing(), reference()), lmdb::CorruptError);
    store.put("input:calc:1", lmdb::as_bytes("{}"), lmdb::PutOptions(lmdb::Format::json));
    EXPECT_TRUE(contains(message_of<lmdb::BadFormatError>([&] { lmdb::answer(Summing(), reference()); }), "json"));
    EXPECT_TRUE(store.list("output:").empty());
}

TEST_F(ReferenceTest, EveryInputFormatGivesTheSameSum) {
    lmdb::Writer writer;
    writer.map(1).key("values").doubles(three);
    const auto sum = [&] {
        const lmdb::Answer answer = lmdb::answer(Summing(), reference(false));
        return std::get<double>(answer.result.front().second.held);
    };
    writer.put(store, "input:calc:1");
    EXPECT_EQ(sum(), 7.0);
    store.put("input:calc:1", lmdb::as_bytes(three));
    EXPECT_EQ(sum(), 7.0);
    const std::vector<std::int16_t> shorts = {1, 2, 4};
    store.put_array("input:calc:1", lmdb::Span<const std::int16_t>(shorts));
    EXPECT_EQ(sum(), 7.0);
    writer.reset();
    writer.doubles(three).put(store, "input:calc:1");
    EXPECT_EQ(sum(), 7.0);
}

TEST(WireNames, AreTheLibrarys) {
    const char* const names[] = {
        lmdb::wire::ref,     lmdb::wire::input_key, lmdb::wire::output_key, lmdb::wire::db_path, lmdb::wire::db_name,
        lmdb::wire::format,  lmdb::wire::txn_id,    lmdb::wire::entry,      lmdb::wire::marker,  lmdb::wire::output_written,
    };
    std::uint32_t at = 0;
    for (const char* name : names) {
        EXPECT_STREQ(name, dy_lmdb_reference_name(at++));
    }
    EXPECT_EQ(dy_lmdb_reference_name(at), nullptr);
}
