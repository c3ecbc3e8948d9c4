package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Field;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the example calculators answer to payloads that come directly. */
class ExamplesTest {
    private static Map<String, Object> values(Object values) {
        Map<String, Object> payload = new HashMap<>();
        payload.put("values", values);
        return payload;
    }

    private static Map<String, Object> matrix(Map<String, Object> payload) {
        return new MatrixProcessorCalculator("m", Map.of("direct_arrays", true)).calculate(payload);
    }

    private static Segment sixDoubles() {
        Numbers numbers = Numbers.allocate(2, 3);
        numbers.items().put(new double[] {1, 2, 3, 4, 5, 6});
        return numbers.toSegment();
    }

    static Stream<Arguments> sixNumbers() {
        return Stream.of(
                Arguments.of("lists", List.of(List.of(1, 2.0, 3L), List.of(4, 5, 6f))),
                Arguments.of("arrays of arrays", new double[][] {{1, 2, 3}, {4, 5, 6}}),
                Arguments.of("segment", sixDoubles()),
                Arguments.of("uint8", Segment.of(Dtype.UINT8, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6}), 2, 3)),
                Arguments.of("list of arrays", List.of(new double[] {1, 2, 3}, new long[] {4, 5, 6})));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sixNumbers")
    void everyKindOfNumbersGivesTheSame(String kind, Object numbers) {
        assertEquals(Map.of("rows", 2L, "columns", 3L, "sum", 21.0, "mean", 3.5, "min", 1.0, "max", 6.0),
                matrix(values(numbers)));
    }

    @Test
    void rowsOfNumbersAreMatricesOfOneRow() {
        Map<String, Object> expected =
                Map.of("rows", 1L, "columns", 4L, "sum", 10.0, "mean", 2.5, "min", 1.0, "max", 4.0);
        double[] row = {1, 2, 3, 4};
        byte[] bytes = new byte[32];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(row);
        for (Object kind : List.of(row, DoubleBuffer.wrap(row), new float[] {1, 2, 3, 4}, new int[] {1, 2, 3, 4}, bytes,
                List.of(1, 2, 3, 4))) {
            assertEquals(expected, matrix(values(kind)), kind.getClass().getName());
        }
    }

    @Test
    void tradesAreSummedUpWhateverTheyAre() {
        Map<String, Object> columns = Map.of("px", List.of(1.5, 2, 4), "symbol", List.of("b", "a", "b"));
        List<Map<String, Object>> rows = List.of(
                Map.of("px", 1.5, "symbol", "b"), Map.of("px", 2, "symbol", "a"), Map.of("px", 4.0, "symbol", "b"));
        Field[] fields = {Field.of("px", 1.5, 2, 4), Field.coded("symbol", List.of("b", "a", "b"))};
        TradeSumsCalculator sums = new TradeSumsCalculator("sums", Map.of("direct_arrays", true));
        Object expected = List.of(Map.of("symbol", "a", "sum", 2.0, "count", 1L), Map.of("symbol", "b", "sum", 5.5, "count", 2L));
        for (Object trades : List.of(columns, rows, fields, Table.of(fields))) {
            assertEquals(Map.of("sums", expected, "rows", 3L), sums.calculate(Map.of("trades", trades)));
        }
        assertEquals(Map.of("symbol", List.of("a", "b"), "sum", List.of(2.0, 5.5), "count", List.of(1L, 2L)),
                sums.calculate(Map.of("trades", rows, "as", "columns")).get("sums"));
        DirectAnswerException refused = assertThrows(DirectAnswerException.class,
                () -> new TradeSumsCalculator("sums", Map.of()).calculate(Map.of("trades", rows)));
        assertTrue(refused.getMessage().contains("'sums'"), refused.getMessage());
    }

    @Test
    void whatIsNoNumbersIsToldWithItsKey() {
        Map<Object, String> wrong = new LinkedHashMap<>();
        wrong.put("a text", "string");
        wrong.put(List.of(1, List.of(2)), "item [1], is an array, not a number");
        wrong.put(List.of("a", "b"), "string");
        wrong.put(Map.of("a", 1), "map");
        wrong.put(new int[][] {{1}, {2, 3}}, "");
        wrong.put(new Object(), "Object");
        wrong.forEach((value, kind) -> {
            for (Executable reads : List.<Executable>of(() -> Numbers.of("prices", value),
                    () -> Input.of(Map.of("prices", value)).numbers("prices"))) {
                String message = assertThrows(IllegalArgumentException.class, reads).getMessage();
                assertTrue(message.startsWith("'prices': ") && message.contains(kind), message);
            }
        });
        for (Executable reads : List.<Executable>of(() -> Numbers.of("prices", null), () -> Input.of(Map.of()).numbers("prices"))) {
            assertEquals("the input has no 'prices'", assertThrows(IllegalArgumentException.class, reads).getMessage());
        }
    }

    @Test
    void transposedListsStayLists() {
        Map<String, Object> payload = values(List.of(List.of(1, 2, 3), List.of(4, 5, 6)));
        payload.put("operation", "transpose");
        assertEquals(List.of(List.of(1.0, 4.0), List.of(2.0, 5.0), List.of(3.0, 6.0)), matrix(payload).get("values"));
    }

    @Test
    void transposedArraysStayArrays() {
        int rows = 70;
        int columns = 45;
        double[][] from = new double[rows][columns];
        Numbers numbers = Numbers.allocate(rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            from[i / columns][i % columns] = i;
            numbers.items().put(i, i);
        }
        Map<String, Object> payload = values(numbers.toSegment());
        payload.put("operation", "transpose");
        Segment to = (Segment) matrix(payload).get("values");
        assertTrue(Arrays.equals(new long[] {columns, rows}, to.shape()), to.toString());
        for (int i = 0; i < rows * columns; i++) {
            assertEquals(from[i % rows][i / rows], to.doubles().get(i));
        }
    }

    @Test
    void arraysAreNotAnsweredToWhoDoesNotTakeThem() {
        Map<String, Object> payload = values(List.of(1, 2));
        payload.put("operation", "transpose");
        Calculator calculator = new MatrixProcessorCalculator("m", Map.of());
        String message = assertThrows(DirectAnswerException.class, () -> calculator.calculate(payload)).getMessage();
        assertTrue(message.startsWith("'values' of the result is an array"), message);
        assertTrue(message.contains("direct_arrays"), message);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 251, 4000})
    void theTailIsThatOfTheSortedLosses(int size) {
        double[] returns = new Random(size).doubles(size, -0.05, 0.06).toArray();
        for (double level : new double[] {0.5, 0.9, 0.95, 0.99}) {
            Map<String, Object> result = new RiskCalculator("r", Map.of("level", level)).calculate(values(returns));
            double[] losses = Arrays.stream(returns).map(x -> -x).sorted().toArray();
            double position = (size - 1) * level;
            int below = (int) position;
            double high = losses[Math.min(below + 1, size - 1)];
            double valueAtRisk = losses[below] + (position - below) * (high - losses[below]);
            assertEquals(valueAtRisk, (Double) result.get("value_at_risk"), 1e-15);
            double from = (Double) result.get("value_at_risk");
            double shortfall = Arrays.stream(losses).filter(x -> x >= from).average().orElse(from);
            assertEquals(shortfall, (Double) result.get("expected_shortfall"), 1e-15);
            assertEquals((long) size, result.get("observations"));
            assertEquals(1.0, result.get("exposure"));
        }
    }

    @Test
    void exposuresAndLevelComeFromTheInputFirst() {
        Map<String, Object> payload = new HashMap<>();
        payload.put("returns", List.of(0.01, -0.02, 0.03));
        payload.put("level", 0.5);
        payload.put("exposures", List.of(-100, 40));
        Map<String, Object> result = new RiskCalculator("r", Map.of("level", 0.9, "exposure", 7)).calculate(payload);
        assertEquals(Map.of("level", 0.5, "observations", 3L, "value_at_risk", -0.01, "expected_shortfall", 0.005,
                "exposure", 140.0, "net_exposure", -60.0), result);
    }

    @Test
    void nanIsNotLost() {
        double[] values = {1, Double.NaN, 3};
        Map<String, Object> statistics = matrix(values(values));
        Map<String, Object> risk = new RiskCalculator("r", null).calculate(values(values));
        for (Object figure : List.of(statistics.get("sum"), statistics.get("min"), statistics.get("max"),
                risk.get("value_at_risk"), risk.get("expected_shortfall"))) {
            assertEquals(Double.NaN, figure);
        }
    }

    /** What {@code np.quantile} says of them. */
    @Test
    void infinitiesCountAsWhatTheyAre() {
        double most = Double.POSITIVE_INFINITY;
        double[][] cases = {
            // values, level, value at risk, expected shortfall
            {1, -most, 0.25, most, most},
            {1, -most, 0.75, Double.NaN, Double.NaN},
            {1, most, 0.25, Double.NaN, Double.NaN},
            {1, most, 0.75, -most, -most},
            {-most, -most, 0.75, Double.NaN, Double.NaN},
        };
        for (double[] each : cases) {
            Map<String, Object> result = new RiskCalculator("r", Map.of("level", each[2]))
                    .calculate(values(new double[] {each[0], each[1]}));
            assertEquals(each[3], result.get("value_at_risk"), Arrays.toString(each));
            assertEquals(each[4], result.get("expected_shortfall"), Arrays.toString(each));
        }
    }

    static Stream<Arguments> wrongInputs() {
        return Stream.of(
                Arguments.of(new HashMap<String, Object>(), "the input has no 'values'"),
                Arguments.of(values(null), "the input has no 'values'"),
                Arguments.of(values(List.of()), "'values' is empty"),
                Arguments.of(values("123"), "'values': the value is a string, not a number"),
                Arguments.of(values(List.of(1, "2")),
                        "'values': the value, item [1], is a string, not a number"),
                Arguments.of(values(List.of(List.of(1, 2), List.of(3))),
                        "'values': lists of numbers inside one another must have equal lengths in each level: "
                                + "the value, item [1], is not of shape [2]"),
                Arguments.of(values(List.of(List.of(1, 2), 3)),
                        "'values': the value, item [1], is an integer, not a list of shape [2]"),
                Arguments.of(values(new byte[3]),
                        "'values': the 3 bytes are no whole number of float64"),
                Arguments.of(values(new double[1][1][1]), "'values' has 3 dimensions; a matrix has one or two"),
                Arguments.of(Map.of("values", List.of(1), "operation", "invert"),
                        "operation 'invert': statistics or transpose are there"),
                Arguments.of(Map.of("values", List.of(1), "operation", 3), "'operation' is a Integer, not a text"));
    }

    @ParameterizedTest
    @MethodSource("wrongInputs")
    void wrongInputsAreNamed(Map<String, Object> payload, String message) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, () -> matrix(payload)).getMessage());
    }

    @Test
    void wrongSettingsAreRefusedAtOnce() {
        assertEquals("level 95.0: it must lie between 0 and 1", assertThrows(IllegalArgumentException.class,
                () -> new RiskCalculator("r", Map.of("level", 95))).getMessage());
        assertThrows(IllegalArgumentException.class, () -> new RiskCalculator("r", Map.of("level", "high")));
        assertThrows(IllegalArgumentException.class, () -> new RiskCalculator("r", Map.of("direct_arrays", "yes")));
        assertThrows(IllegalArgumentException.class, () -> new LMDBEnabledCalculator("n", null) {});
    }

    @Test
    void detailsTellNameClassSettingsAndCounts() {
        RiskCalculator risk = new RiskCalculator("risk-1", Map.of("level", 0.9, "unknown", "x"));
        risk.calculate(values(List.of(1.0, 2.0)));
        Map<String, Object> details = risk.details();
        assertEquals("risk-1", details.get("name"));
        assertEquals("RiskCalculator", details.get("type"));
        assertEquals("Java", details.get("language"));
        assertEquals(0.9, details.get("level"));
        assertEquals(1L, details.get("calculations"));
        assertEquals(0L, details.get("references"));
        assertEquals("x", risk.getConfig().get("unknown"));
    }
}
