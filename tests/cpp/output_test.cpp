#include "support.hpp"

#include <stdexcept>

using lmdb::Map;
using lmdb::Numbers;
using lmdb::Reference;

namespace {

/// Doubles its values where the result goes, with their number beside them.
class Doubling : public lmdb::ComputesInto {
public:
    void compute_into(const lmdb::Input& input, lmdb::Output& output) const override {
        const Numbers values = input.numbers("values").c_order();
        const auto out = output.arrays({{"values", values.shape(), values.is_list()}, {"same", values.shape(), false}},
                                       {{"count", values.size()}});
        for (std::size_t i = 0; i < values.size(); ++i) {
            out[0][i] = 2 * values.span()[i];
            out[1][i] = values.span()[i];
        }
        if (fails) {
            throw std::runtime_error("half way");
        }
        ++computed;
    }

    bool fails = false;
    mutable int computed = 0;
};

class OutputTest : public StoreTest {
protected:
    Reference reference() const {
        Reference out;
        out.set(lmdb::wire::output_key, "output:calc:1");
        out.set(lmdb::wire::db_path, store.path());
        out.set(lmdb::wire::txn_id, "1");
        return out;
    }

    const Doubling doubling;
};

lmdb::MapInput input_of(std::size_t count, bool is_list = false) {
    return lmdb::MapInput({{"values", Numbers(std::vector<double>(count, 0.5)).as_list(is_list)}});
}

const Numbers& numbers(const Map& map, std::size_t at) { return std::get<Numbers>(map[at].second.held); }

}  // namespace

TEST_F(OutputTest, InMemory) {
    for (const bool is_list : {false, true}) {
        const Map result = doubling.compute(input_of(3, is_list));
        ASSERT_EQ(result.size(), 3u);
        EXPECT_EQ(result[0].first, "values");
        EXPECT_EQ(numbers(result, 0).span()[2], 1.0);
        EXPECT_EQ(numbers(result, 0).is_list(), is_list);
        EXPECT_EQ(numbers(result, 1).span()[2], 0.5);
        EXPECT_FALSE(numbers(result, 1).is_list());
        EXPECT_EQ(std::get<std::int64_t>(result[2].second.held), 3);
    }
}

TEST_F(OutputTest, InTheStoreOfEverySize) {
    for (const std::size_t count : {0, 1, 63, 64, 95, 96, 97, 200, 5000, 200000}) {
        for (const bool is_list : {false, true}) {
            const lmdb::Answer answer = lmdb::deliver(reference(), doubling, input_of(count, is_list));
            ASSERT_TRUE(answer.written) << count << ": " << answer.refusal;
            const lmdb::View view = store.view("output:calc:1");
            EXPECT_EQ(view.format(), lmdb::Format::msgpack);
            EXPECT_EQ(view.txn_id(), "1");
            view.document().validate();
            const lmdb::ViewInput found(store.view("output:calc:1"));
            EXPECT_EQ(found.names(), (std::vector<std::string>{"values", "same", "count"}));
            EXPECT_EQ(found.numbers("values").is_list(), is_list) << count;
            EXPECT_EQ(found.numbers("same").is_list(), false) << count;
            EXPECT_EQ(found.numbers("values").size(), count);
            EXPECT_EQ(found.find_number("count"), static_cast<double>(count));
            if (count > 0) {
                EXPECT_EQ(found.numbers("values").span().back(), 1.0) << count;
                EXPECT_EQ(found.numbers("same").span().back(), 0.5) << count;
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found.numbers("same").span().data()) % 64, 0u) << count;
            }
        }
    }
}

TEST_F(OutputTest, WhatItThrowsLeavesNothing) {
    Doubling failing;
    failing.fails = true;
    for (const std::size_t count : {3, 5000}) {
        EXPECT_THROW(lmdb::deliver(reference(), failing, input_of(count)), std::runtime_error);
        EXPECT_TRUE(store.list("output:").empty());
    }
    EXPECT_EQ(store.audit().front(), '{');
}

TEST_F(OutputTest, ARefusedLoanIsAnsweredDirectly) {
    const lmdb::Answer answer = lmdb::deliver(reference(), doubling, input_of(10 << 20));
    EXPECT_FALSE(answer.written);
    EXPECT_TRUE(contains(answer.refusal, "MDB_MAP_FULL"));
    EXPECT_EQ(numbers(answer.result, 0).span().back(), 1.0);
    EXPECT_EQ(doubling.computed, 1);
    EXPECT_TRUE(store.list("output:").empty());
}

TEST_F(OutputTest, ALoanThatIsNotPublishedIsComputedAgain) {
    // Somebody else's entry is not replaced.
    lmdb::PutOptions theirs;
    theirs.txn_id = "2";
    store.put("output:calc:1", lmdb::as_bytes("theirs"), theirs);
    const lmdb::Answer answer = lmdb::deliver(reference(), doubling, input_of(5000));
    EXPECT_FALSE(answer.written);
    EXPECT_TRUE(contains(answer.refusal, "output:calc:1"));
    EXPECT_EQ(numbers(answer.result, 0).span().back(), 1.0);
    EXPECT_EQ(doubling.computed, 2);
    EXPECT_EQ(store.view("output:calc:1").txn_id(), "2");
}

TEST(Output, IsGivenOnce) {
    lmdb::Output none;
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { none.take(); }), "no result"));
    lmdb::Output twice;
    twice.array("values", {2});
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { twice.array("values", {2}); }), "second"));
    EXPECT_THROW(twice.put({}), lmdb::InvalidArgumentError);
}

TEST(Output, ShapesThatNoMemoryHolds) {
    constexpr std::size_t large = std::size_t{1} << 40;
    for (const bool is_list : {false, true}) {
        lmdb::Output output;
        EXPECT_THROW(output.array("values", {large, large}, is_list), lmdb::InvalidArgumentError);
    }
    lmdb::Output lists;
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { lists.array("values", {large, 0}, true); }), "lists"));
}
