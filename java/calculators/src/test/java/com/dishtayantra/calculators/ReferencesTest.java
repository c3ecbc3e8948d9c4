package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.dishtayantra.lmdb.CorruptException;
import com.dishtayantra.lmdb.DataFormat;
import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.MapFullException;
import com.dishtayantra.lmdb.NotFoundException;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Reference;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.StoreOptions;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inputs and outputs that lie in a store. */
class ReferencesTest {
    private static final long MAP_SIZE = 64L << 20;
    private static final Map<String, Object> WRITTEN = Map.of("_lmdb_output_written", true);

    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(MAP_SIZE));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Map<String, Object> reference(String inputKey, String outputKey) {
        Map<String, Object> reference = new HashMap<>(Map.of("_lmdb_db_path", store.path().toString(),
                "_lmdb_db_name", "default", "_lmdb_format", "msgpack", "_txn_id", "7"));
        if (inputKey != null) {
            reference.put("_lmdb_ref", true);
            reference.put("_lmdb_input_key", inputKey);
        }
        if (outputKey != null) {
            reference.put("_lmdb_output_key", outputKey);
        }
        return reference;
    }

    private void put(String key, Object payload) {
        try (Writer writer = new Writer()) {
            writer.value(payload).put(store, key, PutOptions.defaults().tracked(true));
        }
    }

    private Map<String, Object> output() {
        try (View view = store.view("out")) {
            return view.document().toMap();
        }
    }

    private static double[] ramp(int size) {
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = i;
        }
        return values;
    }

    /** Answers the smallest and the largest value; computes on maps. */
    private static final class OnMaps extends LMDBEnabledCalculator {
        OnMaps(Map<String, Object> config) {
            super("maps", config);
        }

        @Override
        protected Map<String, Object> process(Map<String, Object> input) {
            assertFalse(input.containsKey("_lmdb_output_key") || input.containsKey("_txn_id"), input.toString());
            Numbers values = Numbers.of(input.get("values"));
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("extremes", List.of(Statistics.min(values.items()), Statistics.max(values.items())));
            result.put("given", input.get("values").getClass().getSimpleName());
            return result;
        }
    }

    /** Doubles the values; computes on documents only. */
    private static final class OnDocuments extends LMDBEnabledCalculator {
        OnDocuments(Map<String, Object> config) {
            super("documents", config);
        }

        @Override
        protected void process(Document input, Writer output) {
            double[] values = Numbers.of(input.at("values")).toSegment().toDoubles();
            for (int i = 0; i < values.length; i++) {
                values[i] *= 2;
            }
            output.map(1).key("doubled").segment(values);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 100, 50_000})
    void outputsAreWrittenUnderTheirKey(int size) {
        put("in", Map.of("values", ramp(size)));
        MatrixProcessorCalculator matrix = new MatrixProcessorCalculator("m", null);
        assertEquals(WRITTEN, matrix.calculate(reference("in", "out")));
        assertEquals(size * (size - 1.0) / 2, output().get("sum"));
        assertEquals(1L, matrix.details().get("references"));
        assertEquals(1L, matrix.details().get("outputs_written"));
    }

    @Test
    void arraysComeOutAsArraysAndListsAsLists() {
        Map<String, Object> transpose = Map.of("operation", "transpose");
        for (int size : new int[] {4, 400}) {
            put("in", Map.of("values", ramp(size)));
            assertEquals(WRITTEN, new MatrixProcessorCalculator("m", transpose).calculate(reference("in", "out")));
            Segment array = (Segment) output().get("values");
            assertEquals(size, array.shape()[0]);
            assertEquals(1, array.shape()[1]);
            put("in", Map.of("values", Numbers.of(ramp(size)).asList(true).toSegment()));
            assertEquals(WRITTEN, new MatrixProcessorCalculator("m", transpose).calculate(reference("in", "out")));
            List<?> list = (List<?>) output().get("values");
            assertEquals(List.of(List.of(0.0), List.of(1.0)), list.subList(0, 2));
        }
    }

    @Test
    void withoutAnOutputKeyTheResultIsTheAnswer() {
        put("in", Map.of("values", ramp(1000)));
        Map<String, Object> answer = new RiskCalculator("r", null).calculate(reference("in", null));
        assertEquals(1000L, answer.get("observations"));
        answer.put("the engine", "may change it");
    }

    @Test
    void anOutputKeyBesideThePayloadIsAnswered() {
        Map<String, Object> payload = reference(null, "out");
        payload.put("values", List.of(1, 2, 3));
        assertEquals(WRITTEN, new OnMaps(null).calculate(payload));
        assertEquals(List.of(1.0, 3.0), output().get("extremes"));
    }

    @Test
    void payloadsThatAreNoMapHaveTheNameValues() {
        MatrixProcessorCalculator matrix = new MatrixProcessorCalculator("m", null);
        ByteBuffer raw = ByteBuffer.allocate(800).order(ByteOrder.LITTLE_ENDIAN);
        raw.asDoubleBuffer().put(ramp(100));
        store.put("raw", PutOptions.defaults().format(DataFormat.RAW), raw);
        store.put("numpy", PutOptions.defaults().format(DataFormat.NUMPY), Numbers.of(ramp(100)).toSegment().toNpy());
        put("segment", ramp(100));
        put("list", List.of(0, 99));
        for (String key : List.of("raw", "numpy", "segment", "list")) {
            assertEquals(99.0, matrix.calculate(reference(key, null)).get("max"), key);
            assertEquals(WRITTEN, matrix.calculate(reference(key, "out")), key);
            assertEquals(99.0, output().get("max"), key);
        }
        store.put("json", "{}".getBytes(), PutOptions.defaults().format(DataFormat.JSON));
        assertEquals("entry 'json': format json cannot be calculated on in Java; msgpack, numpy and raw can",
                assertThrows(IllegalArgumentException.class, () -> matrix.calculate(reference("json", null)))
                        .getMessage());
    }

    @Test
    void missingExpiredAndUnnamedInputsThrow() throws InterruptedException {
        OnMaps calculator = new OnMaps(null);
        assertTrue(assertThrows(NotFoundException.class, () -> calculator.calculate(reference("nowhere", "out")))
                .getMessage().contains("nowhere"));
        store.put("expired", new byte[8], PutOptions.defaults().ttl(Duration.ofMillis(1)));
        Thread.sleep(20);
        assertThrows(NotFoundException.class, () -> calculator.calculate(reference("expired", "out")));
        Map<String, Object> unnamed = reference("in", "out");
        unnamed.remove("_lmdb_input_key");
        assertThrows(CorruptException.class, () -> calculator.calculate(unnamed));
        unnamed.put("_lmdb_db_path", 3);
        assertTrue(assertThrows(CorruptException.class, () -> calculator.calculate(unnamed))
                .getMessage().contains("_lmdb_db_path"));
        assertFalse(store.contains("out"));
    }

    @Test
    void damagedInputsAreNoticedByTheirChecksum() {
        try (Writer writer = new Writer()) {
            writer.value(Map.of("values", ramp(2000))).put(store, "in", PutOptions.defaults().checksum(true));
        }
        assertEquals(WRITTEN, new RiskCalculator("r", null).calculate(reference("in", "out")));
    }

    @Test
    void listsAnswerOnlyWhoTakesThem() {
        put("in", Map.of("values", ramp(200)));
        assertTrue(assertThrows(DirectAnswerException.class, () -> new OnMaps(null).calculate(reference("in", null)))
                .getMessage().startsWith("'extremes' of the result is a list"));
        Map<String, Object> answer = new OnMaps(Map.of("direct_arrays", true)).calculate(reference("in", null));
        assertEquals(List.of(0.0, 199.0), answer.get("extremes"));
        assertEquals("Segment", answer.get("given"));
    }

    @Test
    void calculatorsOnDocumentsAnswerEveryExchangeMode() {
        put("in", Map.of("values", ramp(300)));
        OnDocuments calculator = new OnDocuments(Map.of("direct_arrays", true));
        assertEquals(WRITTEN, calculator.calculate(reference("in", "out")));
        assertEquals(598.0, ((Segment) output().get("doubled")).doubles().get(299));
        Segment direct = (Segment) calculator.calculate(reference("in", null)).get("doubled");
        assertEquals(598.0, direct.doubles().get(299));
        Map<String, Object> beside = reference(null, "out");
        beside.put("values", List.of(4, 5));
        assertEquals(WRITTEN, calculator.calculate(beside));
        assertEquals(10.0, ((Segment) output().get("doubled")).doubles().get(1));
        assertEquals(List.of("in", "out"), store.keys(""));
        assertThrows(UnsupportedOperationException.class, () -> calculator.calculate(Map.of("values", List.of(1))));
    }

    @Test
    void resultsThatTheStoreCannotTakeAreAnsweredDirectly() {
        Numbers values = Numbers.allocate(620, 1000);
        put("in", Map.of("values", values.toSegment()));
        assertThrows(MapFullException.class, () -> {
            for (int i = 0;; i++) {
                store.put("filler:" + i, new byte[4 << 20]);
            }
        });
        Map<String, Object> config = Map.of("operation", "transpose", "direct_arrays", true);
        MatrixProcessorCalculator matrix = new MatrixProcessorCalculator("m", config);
        Segment answer = (Segment) matrix.calculate(reference("in", "out")).get("values");
        assertEquals(1000, answer.shape()[0]);
        assertTrue(matrix.details().get("last_refusal").toString().contains("MDB_MAP_FULL"));
        String refused = assertThrows(DirectAnswerException.class,
                () -> new MatrixProcessorCalculator("m", Map.of("operation", "transpose"))
                        .calculate(reference("in", "out"))).getMessage();
        assertTrue(refused.contains("MDB_MAP_FULL"), refused);
    }

    @Test
    void otherNamesOfAReferenceAreIgnored() {
        put("in", Map.of("values", ramp(10)));
        Map<String, Object> reference = new java.util.TreeMap<>(reference("in", "out"));
        reference.put("_lmdb_unknown", List.of(1));
        assertTrue(Reference.isReference(reference));
        assertEquals(WRITTEN, new RiskCalculator("r", null).calculate(reference));
    }

    /** Written for the name that {@code Writer} had before 0.2. */
    @SuppressWarnings("deprecation")
    private static final class OnFormerWriter extends LMDBEnabledCalculator {
        OnFormerWriter() {
            super("former", null);
        }

        @Override
        protected void process(Document input, com.dishtayantra.lmdb.DocumentWriter output) {
            com.dishtayantra.lmdb.DocumentWriter same = output.map(1).key("size");
            same.int64(input.at("values").size());
        }
    }

    @Test
    void calculatorsOnTheFormerWriterAnswer() {
        put("in", Map.of("values", ramp(300)));
        assertEquals(WRITTEN, new OnFormerWriter().calculate(reference("in", "out")));
        assertEquals(Map.of("size", 300L), output());
        assertEquals(Map.of("size", 300L), new OnFormerWriter().calculate(reference("in", null)));
    }
}
