// Inputs that engines merged, references inside payloads, and inputs that C++ does not read.
#include "support.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

using lmdb::JoinedInput;
using lmdb::Map;
using lmdb::MapInput;
using lmdb::Numbers;
using lmdb::Reference;
using lmdb::References;

namespace {

std::unique_ptr<lmdb::Input> part(Map map) { return std::make_unique<MapInput>(std::move(map)); }

std::vector<std::unique_ptr<lmdb::Input>> parts(std::unique_ptr<lmdb::Input> first, std::unique_ptr<lmdb::Input> second) {
    std::vector<std::unique_ptr<lmdb::Input>> both;
    both.push_back(std::move(first));
    both.push_back(std::move(second));
    return both;
}

/// An exchange with a calculator, as its caller runs it.
class ExchangeTest : public StoreTest {
protected:
    ExchangeTest() {
        const std::string config = nlohmann::json{{"lmdb_enabled", true}, {"lmdb_db_path", store.path()}}.dump();
        lmdb::detail::check(dy_lmdb_exchange_open(config.data(), config.size(), "calc", 4, &exchange_));
    }
    ~ExchangeTest() override { dy_lmdb_exchange_close(exchange_); }

    /// The reference that travels for a payload, as JSON.
    nlohmann::json sent(const std::string& id, const lmdb::Writer& payload) {
        return sent(id, std::string(reinterpret_cast<const char*>(payload.data().data()), payload.data().size()));
    }

    nlohmann::json sent(const std::string& id, const std::string& payload, lmdb::Format format = lmdb::Format::msgpack) {
        const dy_lmdb_buffer_t whole = {payload.data(), payload.size()};
        dy_lmdb_reference_t* reference = nullptr;
        lmdb::detail::check(dy_lmdb_exchange_put_input(exchange_, id.data(), id.size(), &whole, 1,
                                                       static_cast<std::uint32_t>(format), &reference));
        dy_lmdb_bytes_t* text = nullptr;
        lmdb::detail::check(dy_lmdb_reference_json(reference, &text));
        dy_lmdb_reference_free(reference);
        return nlohmann::json::parse(lmdb::detail::take_text(text));
    }

    /// What the caller is to do once the calculator failed.
    std::uint32_t decision(const Reference& reference) const {
        std::uint32_t decision = 0;
        lmdb::detail::check(dy_lmdb_exchange_judge(exchange_, reference.handle(), DY_LMDB_ANSWER_RAISED, 0, &decision));
        return decision;
    }

    static References gathered(const nlohmann::json& mapping) {
        std::vector<std::pair<std::string, std::string>> fields;
        for (const auto& [name, value] : mapping.items()) {
            fields.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
        }
        return References::of(fields);
    }

private:
    dy_lmdb_exchange_t* exchange_ = nullptr;
};

/// The sum of the values.
class Sum : public lmdb::Calculator {
public:
    Map compute(const lmdb::Input& input) const override {
        const Numbers values = input.numbers("values");
        return {{"sum", std::accumulate(values.span().begin(), values.span().end(), 0.0)}};
    }
};

lmdb::Writer document(const std::string& name, double value) {
    lmdb::Writer writer;
    const std::vector<double> values(1000, value);
    writer.map(1).key(name).doubles(values);
    return writer;
}

}  // namespace

TEST(JoinedInput, HasTheNamesOfAllItsParts) {
    const JoinedInput joined(parts(part({{"a", Numbers({1, 2})}, {"n", 3}}), part({{"text", "x"}, {"b", Numbers({4})}})));
    EXPECT_EQ(joined.names(), (std::vector<std::string>{"a", "b", "n", "text"}));
    EXPECT_EQ(joined.numbers("a").span()[1], 2.0);
    EXPECT_EQ(joined.numbers("b").span()[0], 4.0);
    EXPECT_EQ(joined.find_number("n"), 3.0);
    EXPECT_EQ(joined.find_text("text"), "x");
    EXPECT_FALSE(joined.find_numbers("absent"));
    EXPECT_FALSE(joined.find_number("absent"));
    EXPECT_FALSE(joined.find_text("absent"));
    EXPECT_THROW(joined.find_text("n"), lmdb::InvalidArgumentError);
}

TEST(JoinedInput, ANameIsInOnePartOnly) {
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([] {
                             JoinedInput(parts(part({{"a", 1}, {"b", 2}}), part({{"c", 3}, {"b", 4}})));
                         }),
                         "'b'"));
}

TEST_F(ExchangeTest, WhatIsNoMappingIsNotJoined) {
    store.put_array("array", lmdb::Span<const double>(std::vector<double>{1, 2}));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] {
                             JoinedInput(parts(part({{"a", 1}}), std::make_unique<lmdb::ViewInput>(store.view("array"))));
                         }),
                         "no mapping"));
}

TEST_F(ExchangeTest, MergedReferencesAreAllGathered) {
    const nlohmann::json a = sent("1", document("a", 0.5));
    const nlohmann::json b = sent("2", document("b", 2));
    nlohmann::json merged = a;
    merged.update(b);
    const References both = gathered(merged);
    ASSERT_EQ(both.inputs.size(), 2u);
    ASSERT_TRUE(both.output);
    EXPECT_EQ(both.output->get(lmdb::wire::output_key), b[lmdb::wire::output_key].get<std::string>());
    std::vector<std::unique_ptr<lmdb::Input>> payloads;
    for (const Reference& reference : both.inputs) {
        payloads.push_back(std::make_unique<lmdb::ViewInput>(reference.view_input()));
    }
    const JoinedInput joined(std::move(payloads));
    EXPECT_EQ(joined.numbers("a").span()[999], 0.5);
    EXPECT_EQ(joined.numbers("b").span()[0], 2.0);

    const References alone = gathered(a);
    EXPECT_EQ(alone.inputs.size(), 1u);
    const References none = gathered({{"values", "x"}});
    EXPECT_TRUE(none.inputs.empty());
    EXPECT_FALSE(none.output);
    // Base fields that no marker names: something was lost.
    nlohmann::json lost = merged;
    lost[lmdb::wire::input_key] = "input:calc:3";
    EXPECT_TRUE(contains(message_of<lmdb::CorruptError>([&] { gathered(lost); }), "_lmdb_input_key"));
}

TEST_F(ExchangeTest, AnInputThatIsNotReadHereIsDeclined) {
    const Reference frame = Reference::parse(sent("1", "an Arrow stream", lmdb::Format::arrow).dump());
    EXPECT_THROW(lmdb::answer(Sum(), frame), lmdb::BadFormatError);
    EXPECT_EQ(decision(frame), std::uint32_t{DY_LMDB_DECISION_REPEAT});

    const Reference wrong = Reference::parse(sent("2", document("others", 1)).dump());
    EXPECT_THROW(lmdb::answer(Sum(), wrong), lmdb::InvalidArgumentError);
    EXPECT_EQ(decision(wrong), std::uint32_t{DY_LMDB_DECISION_TAKE_ANSWER});
}

// Python resolves references inside payloads; here nobody computes without them.
TEST_F(ExchangeTest, PayloadsThatHoldReferencesAreDeclined) {
    const nlohmann::json inner = sent("1", document("values", 1));
    const auto write_reference = [&](lmdb::Writer& writer, bool with_base) {
        writer.map(with_base ? inner.size() : 1);
        for (const auto& [name, value] : inner.items()) {
            const bool marker = name.rfind(lmdb::wire::marker, 0) == 0;
            if (!with_base && !marker) {
                continue;
            }
            writer.key(name);
            value.is_boolean() ? writer.boolean(value.get<bool>()) : writer.string(value.get<std::string>());
        }
    };
    lmdb::Writer root;
    write_reference(root, true);
    lmdb::Writer nested;
    nested.map(1).key("values");
    write_reference(nested, true);
    lmdb::Writer in_list;
    in_list.map(1).key("values").array(3).number(1);
    write_reference(in_list, false);
    in_list.number(2);
    int id = 2;
    for (const lmdb::Writer* payload : {&root, &nested, &in_list}) {
        const Reference outer = Reference::parse(sent(std::to_string(id++), *payload).dump());
        EXPECT_TRUE(contains(message_of<lmdb::BadFormatError>([&] { lmdb::answer(Sum(), outer); }), "reference")) << id;
        EXPECT_EQ(decision(outer), std::uint32_t{DY_LMDB_DECISION_REPEAT}) << id;
    }
    // What only looks like one is a map as any other.
    lmdb::Writer plain;
    plain.map(1).key("values").map(1).key(lmdb::wire::ref).int64(1);
    const Reference outer = Reference::parse(sent("9", plain).dump());
    EXPECT_THROW(lmdb::answer(Sum(), outer), lmdb::InvalidArgumentError);
}

TEST_F(ExchangeTest, AnOutputIsWrittenUnderKeysOfItsExchangeOnly) {
    store.put("limits", lmdb::as_bytes("theirs"));
    for (const char* key : {"limits", "free", "output:calc:2"}) {
        nlohmann::json edited = sent(std::string("1") + key, document("values", 1));
        edited[lmdb::wire::output_key] = key;
        const lmdb::Answer answer = lmdb::answer(Sum(), Reference::parse(edited.dump()));
        EXPECT_FALSE(answer.written) << key;
        EXPECT_TRUE(contains(answer.refusal, key));
        EXPECT_EQ(answer.result.front().first, "sum");
    }
    EXPECT_EQ(store.view("limits").info().size, 6u);
    EXPECT_FALSE(store.contains("free"));
}
