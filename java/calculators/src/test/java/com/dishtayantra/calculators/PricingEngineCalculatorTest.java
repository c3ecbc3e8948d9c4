package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.dishtayantra.lmdb.Segment;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PricingEngineCalculatorTest {
    private static final Map<String, Object> LISTS = Map.of("direct_arrays", true);

    private static Map<String, Object> option(double spot, double strike, double rate, double volatility, double maturity,
            String type) {
        return new HashMap<>(Map.of("spot", spot, "strike", strike, "rate", rate, "volatility", volatility,
                "maturity", maturity, "type", type));
    }

    private static Map<String, Object> priced(Map<String, Object> options) {
        return new PricingEngineCalculator("p", LISTS).calculate(options);
    }

    private static double figure(Map<String, Object> result, String name) {
        return (Double) result.get(name);
    }

    /** Hull, 9th edition: example 15.6. */
    @ParameterizedTest
    @CsvSource({"call, 4.76", "put, 0.81"})
    void pricesAreThoseOfTheTextbook(String type, double expected) {
        assertEquals(expected, figure(priced(option(42, 40, 0.1, 0.2, 0.5, type)), "price"), 0.005);
    }

    /** Hull, 9th edition: the call of chapter 19, with delta 0.522, theta -4.31, gamma 0.066, vega 12.1, rho 8.91. */
    @Test
    void greeksAreThoseOfTheTextbook() {
        Map<String, Object> call = priced(option(49, 50, 0.05, 0.2, 0.3846, "call"));
        assertEquals(2.4, figure(call, "price"), 0.05);
        assertEquals(0.522, figure(call, "delta"), 0.0005);
        assertEquals(-4.31, figure(call, "theta"), 0.005);
        assertEquals(0.066, figure(call, "gamma"), 0.0005);
        assertEquals(12.1, figure(call, "vega"), 0.05);
        assertEquals(8.91, figure(call, "rho"), 0.005);
    }

    @Test
    void callsAndPutsAreInParity() {
        long seed = 20261122;
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            double spot = 1 + 200 * random.nextDouble();
            double strike = spot * (0.5 + random.nextDouble());
            double rate = 0.2 * random.nextDouble() - 0.05;
            double volatility = 0.05 + 0.9 * random.nextDouble();
            double maturity = 0.01 + 4 * random.nextDouble();
            Map<String, Object> call = priced(option(spot, strike, rate, volatility, maturity, "call"));
            Map<String, Object> put = priced(option(spot, strike, rate, volatility, maturity, "put"));
            double owed = strike * Math.exp(-rate * maturity);
            String what = "seed " + seed + ", option " + i;
            double near = 1e-12 * (spot + owed) * (1 + maturity);
            assertEquals(spot - owed, figure(call, "price") - figure(put, "price"), near, what);
            assertEquals(1, figure(call, "delta") - figure(put, "delta"), 1e-12, what);
            assertEquals(figure(call, "gamma"), figure(put, "gamma"), what);
            assertEquals(figure(call, "vega"), figure(put, "vega"), what);
            assertEquals(-rate * owed, figure(call, "theta") - figure(put, "theta"), near, what);
            assertEquals(maturity * owed, figure(call, "rho") - figure(put, "rho"), near, what);
        }
    }

    @Test
    void greeksAreTheDerivativesOfThePrice() {
        double[] at = {101, 97, 0.03, 0.25, 0.75};
        for (String type : List.of("call", "put")) {
            Map<String, Object> greeks = priced(option(at[0], at[1], at[2], at[3], at[4], type));
            assertEquals(slope(at, 0, type, "price"), figure(greeks, "delta"), 1e-6);
            assertEquals(slope(at, 0, type, "delta"), figure(greeks, "gamma"), 1e-6);
            assertEquals(slope(at, 2, type, "price"), figure(greeks, "rho"), 1e-5);
            assertEquals(slope(at, 3, type, "price"), figure(greeks, "vega"), 1e-5);
            assertEquals(-slope(at, 4, type, "price"), figure(greeks, "theta"), 1e-5);
        }
    }

    private static double slope(double[] at, int input, String type, String of) {
        double step = 1e-5;
        double[] sides = new double[2];
        for (int side = 0; side < 2; side++) {
            double[] moved = at.clone();
            moved[input] += side == 0 ? -step : step;
            sides[side] = figure(priced(option(moved[0], moved[1], moved[2], moved[3], moved[4], type)), of);
        }
        return (sides[1] - sides[0]) / (2 * step);
    }

    @Test
    void arraysArePricedOptionByOption() {
        double[] spots = {42, 49, 100};
        Map<String, Object> options = option(0, 40, 0.1, 0.2, 0.5, "call");
        options.put("spot", spots);
        options.put("strike", DoubleBuffer.wrap(new double[] {40, 50, 90}));
        options.put("type", List.of("call", "put", "call"));
        Map<String, Object> result = priced(options);
        DoubleBuffer prices = ((Segment) result.get("price")).doubles();
        assertEquals(3, prices.limit());
        assertEquals(figure(priced(option(42, 40, 0.1, 0.2, 0.5, "call")), "price"), prices.get(0));
        assertEquals(figure(priced(option(49, 50, 0.1, 0.2, 0.5, "put")), "price"), prices.get(1));
        assertEquals(figure(priced(option(100, 90, 0.1, 0.2, 0.5, "call")), "price"), prices.get(2));
    }

    @Test
    void listsArePricedAsLists() {
        Map<String, Object> options = option(0, 40, 0.1, 0.2, 0.5, "call");
        options.put("spot", List.of(42.0, 43));
        List<?> deltas = (List<?>) priced(options).get("delta");
        assertEquals(2, deltas.size());
        assertEquals(figure(priced(option(43, 40, 0.1, 0.2, 0.5, "call")), "delta"), deltas.get(1));
    }

    @ParameterizedTest
    @CsvSource({"spot, NaN", "strike, 0", "rate, Infinity", "volatility, -0.2", "maturity, 0", "volatility, NaN"})
    void whatCannotBePricedIsNamedWithItsIndex(String input, double wrong) {
        Map<String, Object> options = option(42, 40, 0.1, 0.2, 0.5, "call");
        double[] values = new double[9];
        Arrays.fill(values, 1);
        values[7] = wrong;
        options.put(input, values);
        IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> priced(options));
        assertTrue(error.getMessage().startsWith("'" + input + "'[7] is " + wrong), error.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"40, 0.1, 4.9e-324, 4.9e-324", "42, 0.1, 4.9e-324, 4.9e-324", "1e308, -800, 1e300, 1", "1, 0, 1e300, 1e300"})
    void anOptionThatADoubleCannotPriceIsNamed(double spot, double rate, double volatility, double maturity) {
        Map<String, Object> options = option(0, 40, rate, volatility, maturity, "call");
        options.put("spot", new double[] {spot, spot});
        IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> priced(options));
        assertTrue(error.getMessage().startsWith("option [0]: '"), error.getMessage());
        assertTrue(error.getMessage().contains("is no finite number for spot " + spot), error.getMessage());
    }

    @Test
    void inputsThatDoNotFitAreNamed() {
        Map<String, Object> options = option(42, 40, 0.1, 0.2, 0.5, "call");
        options.put("spot", new double[3]);
        options.put("strike", new double[2]);
        String lengths = assertThrows(IllegalArgumentException.class, () -> priced(options)).getMessage();
        assertTrue(lengths.contains("'strike' has the shape [2]") && lengths.contains("[3]"), lengths);
        options.put("strike", 40.0);
        options.put("spot", new double[] {1, 2, 3});
        options.put("type", List.of("call", "put", "straddle"));
        assertEquals("'type'[2] is 'straddle'; call and put are there",
                assertThrows(IllegalArgumentException.class, () -> priced(options)).getMessage());
        options.remove("rate");
        assertEquals("the input has no 'rate'",
                assertThrows(IllegalArgumentException.class, () -> priced(options)).getMessage());
    }

    /** To 15 digits: Abramowitz and Stegun, table 26.1, and the complementary error function of the C library. */
    @ParameterizedTest
    @CsvSource({"0, 0.5", "1, 0.841344746068543", "2, 0.977249868051821", "-1.5, 0.0668072012688581",
        "-5, 2.866515718791939e-7", "-8, 6.220960574271785e-16", "8, 1"})
    void theNormalDistributionIsTheTables(double x, double expected) {
        assertEquals(expected, NormalDistribution.cumulative(x), Math.min(2e-15, 2e-8 * expected));
    }
}
