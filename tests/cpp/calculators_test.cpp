#include "support.hpp"

#include "matrix.hpp"
#include "risk.hpp"
#include "signal.hpp"

#include <cmath>
#include <random>

namespace calculators = dishtayantra::calculators;
using lmdb::Map;
using lmdb::MapInput;
using lmdb::Numbers;

namespace {

double number(const Map& result, const std::string& name) {
    for (const auto& [key, value] : result) {
        if (key == name) {
            const auto* whole = std::get_if<std::int64_t>(&value.held);
            return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value.held);
        }
    }
    ADD_FAILURE() << "no " << name;
    return std::nan("");
}

MapInput values(std::vector<double> elements) { return MapInput({{"values", Numbers(std::move(elements))}}); }

const MapInput no_settings({});

}  // namespace

TEST(Sum, IsPairwiseAndExactOnSmallIntegers) {
    for (const std::size_t count : {0, 1, 7, 8, 9, 127, 128, 129, 1000, 100003}) {
        std::vector<double> elements(count);
        double expected = 0;
        for (std::size_t i = 0; i < count; ++i) {
            elements[i] = static_cast<double>(i % 97);
            expected += elements[i];
        }
        EXPECT_EQ(calculators::sum(elements), expected) << count << " elements";
    }
    // A million tenths summed one by one are off by 1e-6.
    EXPECT_NEAR(calculators::sum(std::vector<double>(1000000, 0.1)), 100000.0, 1e-9);
}

TEST(MatrixProcessor, StatisticsOfTwoRows) {
    const calculators::MatrixProcessor matrix(no_settings);
    const Map result = matrix.compute(MapInput({{"values", Numbers({1, 2, 3, 4, 5, -6}, {2, 3})}}));
    EXPECT_EQ(number(result, "rows"), 2);
    EXPECT_EQ(number(result, "columns"), 3);
    EXPECT_EQ(number(result, "sum"), 9);
    EXPECT_EQ(number(result, "mean"), 1.5);
    EXPECT_EQ(number(result, "min"), -6);
    EXPECT_EQ(number(result, "max"), 5);
}

TEST(MatrixProcessor, OneDimensionIsARow) {
    const Map result = calculators::MatrixProcessor(no_settings).compute(values({4, 6}));
    EXPECT_EQ(number(result, "rows"), 1);
    EXPECT_EQ(number(result, "columns"), 2);
}

TEST(MatrixProcessor, NanIsNotLost) {
    const Map result = calculators::MatrixProcessor(no_settings).compute(values({1, std::nan(""), 3, 4, 5}));
    for (const char* name : {"sum", "mean", "min", "max"}) {
        EXPECT_TRUE(std::isnan(number(result, name))) << name;
    }
}

TEST(MatrixProcessor, TransposesBothStorageOrders) {
    const calculators::MatrixProcessor transpose(MapInput({{"operation", "transpose"}}));
    constexpr std::size_t rows = 70;
    constexpr std::size_t columns = 45;
    std::vector<double> by_rows(rows * columns);
    std::vector<double> by_columns(rows * columns);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            by_rows[i * columns + j] = by_columns[j * rows + i] = static_cast<double>(i * 1000 + j);
        }
    }
    for (const bool fortran : {false, true}) {
        const Map result =
            transpose.compute(MapInput({{"values", Numbers(fortran ? by_columns : by_rows, {rows, columns}, fortran)}}));
        const auto* transposed = std::get_if<Numbers>(&result.front().second.held);
        ASSERT_NE(transposed, nullptr);
        EXPECT_EQ(transposed->shape(), (std::vector<std::size_t>{columns, rows}));
        EXPECT_TRUE(std::equal(by_columns.begin(), by_columns.end(), transposed->span().begin()));
    }
}

TEST(MatrixProcessor, WrongInputsAreNamed) {
    const calculators::MatrixProcessor matrix(no_settings);
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { matrix.compute(no_settings); }), "'values'"));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { matrix.compute(values({})); }), "empty"));
    EXPECT_THROW(matrix.compute(MapInput({{"values", Numbers({1}, {1, 1, 1})}})), lmdb::InvalidArgumentError);
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>(
                             [] { calculators::MatrixProcessor(MapInput({{"operation", "invert"}})); }),
                         "invert"));
}

TEST(RiskCalculator, TailOfTenReturns) {
    // Losses sorted: -5 … 4; the 0.8 quantile lies at position 7.2, between 2 and 3.
    const calculators::RiskCalculator risk(MapInput({{"level", 0.8}}));
    const Map result = risk.compute(values({5, -4, 3, -2, 1, 0, -1, 2, -3, 4}));
    EXPECT_NEAR(number(result, "value_at_risk"), 2.2, 1e-12);
    EXPECT_EQ(number(result, "expected_shortfall"), 3.5);
    EXPECT_EQ(number(result, "observations"), 10);
    EXPECT_EQ(number(result, "level"), 0.8);
}

TEST(RiskCalculator, ExactQuantileIsTheObservation) {
    const Map result = calculators::RiskCalculator(MapInput({{"level", 0.5}})).compute(values({-1, -2, -3, -4, -90}));
    EXPECT_EQ(number(result, "value_at_risk"), 3);
    EXPECT_NEAR(number(result, "expected_shortfall"), 97.0 / 3, 1e-12);
}

TEST(RiskCalculator, InfiniteLossStaysInTheTail) {
    const double infinity = std::numeric_limits<double>::infinity();
    const Map result = calculators::RiskCalculator(MapInput({{"level", 0.5}})).compute(values({1, 2, -infinity}));
    EXPECT_EQ(number(result, "value_at_risk"), -1);
    EXPECT_EQ(number(result, "expected_shortfall"), infinity);
}

TEST(RiskCalculator, OneObservationIsItsOwnTail) {
    const Map result = calculators::RiskCalculator(no_settings).compute(values({-7}));
    EXPECT_EQ(number(result, "value_at_risk"), 7);
    EXPECT_EQ(number(result, "expected_shortfall"), 7);
    EXPECT_EQ(number(result, "level"), 0.95);
}

TEST(RiskCalculator, ShortfallIsNeverBelowTheQuantileOver500SamplesWithSeed3) {
    std::mt19937 random(3);
    std::normal_distribution<double> normal(0, 0.02);
    for (int round = 0; round < 500; ++round) {
        std::vector<double> returns(random() % 300 + 1);
        for (double& value : returns) {
            value = normal(random);
        }
        const double level = 0.01 + 0.98 * static_cast<double>(round) / 500;
        const Map result =
            calculators::RiskCalculator(MapInput({{"level", level}})).compute(values(std::move(returns)));
        EXPECT_GE(number(result, "expected_shortfall"), number(result, "value_at_risk") * (1 - 1e-12) - 1e-15);
    }
}

TEST(RiskCalculator, LevelOfTheInputComesFirst) {
    const calculators::RiskCalculator risk(MapInput({{"level", 0.8}}));
    const Map result = risk.compute(MapInput({{"returns", Numbers({1, -1, 0})}, {"level", 0.5}}));
    EXPECT_EQ(number(result, "level"), 0.5);
    EXPECT_EQ(number(result, "value_at_risk"), 0);
}

TEST(RiskCalculator, ExposureIsGrossAndNet) {
    const calculators::RiskCalculator risk(MapInput({{"exposure", -250}}));
    const Map with = risk.compute(MapInput({{"values", Numbers({1, -1})}, {"exposures", Numbers({100, -30, 5})}}));
    EXPECT_EQ(number(with, "exposure"), 135);
    EXPECT_EQ(number(with, "net_exposure"), 75);
    const Map without = risk.compute(values({1, -1}));
    EXPECT_EQ(number(without, "exposure"), 250);
    EXPECT_EQ(number(without, "net_exposure"), -250);
}

TEST(RiskCalculator, NanIsNotLost) {
    const Map result = calculators::RiskCalculator(no_settings).compute(values({1, std::nan(""), 3}));
    EXPECT_TRUE(std::isnan(number(result, "value_at_risk")));
    EXPECT_TRUE(std::isnan(number(result, "expected_shortfall")));
}

TEST(RiskCalculator, LevelsOutsideZeroToOneAreRefused) {
    for (const double level : {0.0, 1.0, -0.5, 95.0, std::nan("")}) {
        EXPECT_THROW(calculators::RiskCalculator(MapInput({{"level", level}})), lmdb::InvalidArgumentError) << level;
    }
}

TEST(SignalProcessor, FiguresOfSixSamples) {
    const Map result = calculators::SignalProcessor(no_settings).compute(values({1, -1, -2, 0, 2, -5}));
    EXPECT_EQ(number(result, "samples"), 6);
    EXPECT_NEAR(number(result, "mean"), -5.0 / 6, 1e-15);
    EXPECT_NEAR(number(result, "rms"), std::sqrt(35.0 / 6), 1e-15);
    EXPECT_EQ(number(result, "peak"), 5);
    EXPECT_EQ(number(result, "zero_crossings"), 3);
}

TEST(SignalProcessor, ZeroCountsAsPositive) {
    const calculators::SignalProcessor signal(no_settings);
    EXPECT_EQ(number(signal.compute(values({0, 1, 0, -0.0, 2})), "zero_crossings"), 0);
    EXPECT_EQ(number(signal.compute(values({0, -1, 0})), "zero_crossings"), 2);
}

TEST(SignalProcessor, MatricesAreRefused) {
    const calculators::SignalProcessor signal(no_settings);
    EXPECT_THROW(signal.compute(MapInput({{"values", Numbers({1, 2}, {1, 2})}})), lmdb::InvalidArgumentError);
}
