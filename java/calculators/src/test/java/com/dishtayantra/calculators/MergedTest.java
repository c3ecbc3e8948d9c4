package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.dishtayantra.lmdb.BadFormatException;
import com.dishtayantra.lmdb.CorruptException;
import com.dishtayantra.lmdb.DataFormat;
import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.ForeignStoreException;
import com.dishtayantra.lmdb.Info;
import com.dishtayantra.lmdb.NotFoundException;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Reference;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What engines make of references when they merge what several nodes answered. */
class MergedTest {
    private static final Map<String, Object> WRITTEN = Map.of("_lmdb_output_written", true);

    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** Keeps what it was given, and counts the names. */
    private static final class Keeper extends LMDBEnabledCalculator {
        Map<String, Object> given;

        Keeper() {
            super("keeper", null);
        }

        @Override
        protected Map<String, Object> process(Map<String, Object> input) {
            given = input;
            return Map.of("names", input.size());
        }
    }

    private Map<String, Object> reference(String key, Object payload) {
        Info info;
        try (Writer writer = new Writer()) {
            info = writer.value(payload).put(store, key, PutOptions.defaults());
        }
        return reference(key, store.id(), info.entryId());
    }

    private Map<String, Object> reference(String key, String storeId, long entryId) {
        Map<String, Object> fields = new HashMap<>(Map.of("_lmdb_ref", true, "_lmdb_input_key", key, "_lmdb_db_path",
                store.path().toString(), "_lmdb_db_name", "default"));
        fields.put("_lmdb_entry", String.format("%s:%016x", storeId, entryId));
        return Reference.of(fields).toMap();
    }

    @SafeVarargs
    private static Map<String, Object> merged(Map<String, Object>... answers) {
        Map<String, Object> merged = new LinkedHashMap<>();
        for (Map<String, Object> answer : answers) {
            merged.putAll(answer);
        }
        return merged;
    }

    private static Map<String, Object> given(Map<String, Object> data) {
        Keeper keeper = new Keeper();
        keeper.calculate(data);
        return keeper.given;
    }

    @Test
    void everyReferenceIsResolvedAndPlainEntriesStay() {
        Map<String, Object> a = reference("a", Map.of("x", 1L));
        Map<String, Object> b = reference("b", Map.of("y", 2L, "z", List.of(3L)));
        Map<String, Object> list = reference("list", List.of(1L, 2L));
        assertTrue(a.keySet().stream().anyMatch(name -> name.startsWith("_lmdb_ref_")), a.toString());
        assertEquals(Map.of("x", 1L), given(a));
        assertEquals(Map.of("x", 1L, "y", 2L, "z", List.of(3L)), given(merged(a, b)));
        assertEquals(Map.of("x", 1L, "plain", 5), given(merged(a, Map.of("plain", 5))));
        assertEquals(Map.of("x", 1L, "y", 2L, "z", List.of(3L), "plain", 5),
                given(merged(Map.of("plain", 5), a, b, Map.of("_txn_id", "7"))));
        assertEquals(Map.of("pa", Map.of("x", 1L), "pb", Map.of("y", 2L, "z", List.of(3L))),
                given(Map.of("pa", a, "pb", b)));
        assertEquals(Map.of("all", List.of(Map.of("x", 1L), List.of(1L, 2L), 4)), given(Map.of("all", List.of(a, list, 4))));
        assertEquals(Map.of("deep", Map.of("er", Map.of("x", 1L, "y", 2L, "z", List.of(3L)))),
                given(Map.of("deep", Map.of("er", merged(a, b)))));
        assertEquals(Map.of("values", List.of(1L, 2L)), given(list));
        assertEquals(Map.of("x", 1L, "nested", Map.of("y", 2L, "z", List.of(3L))), given(merged(a, Map.of("nested", b))));
    }

    @Test
    void referencesInsidePayloadsAreFollowed() {
        Map<String, Object> a = reference("a", Map.of("x", 1L));
        Map<String, Object> list = reference("list", List.of(1L, 2L));
        Map<String, Object> nested = Map.of("in", a, "all", List.of(5L, list));
        Map<String, Object> wanted = Map.of("in", Map.of("x", 1L), "all", List.of(5L, List.of(1L, 2L)));
        assertEquals(wanted, given(reference("nested", nested)));
        assertEquals(wanted, given(reference("twice", reference("nested", nested))));
        assertEquals(Map.of("values", List.of(1L, 2L)), given(reference("alone", list)));
        assertEquals(Map.of("in", Map.of("x", 1L), "all", List.of(5L, List.of(1L, 2L)), "plain", 3),
                given(merged(reference("nested", nested), Map.of("plain", 3))));
        Map<String, Object> twice = merged(reference("nested", Map.of("in", merged(a, Map.of("x", 2L)))));
        assertThrows(IllegalArgumentException.class, () -> given(twice));
    }

    @Test
    void arraysStayInPlaceWhenTheyAreMerged() {
        Map<String, Object> a = reference("a", Map.of("left", new double[] {1, 2}));
        Map<String, Object> b = reference("b", Map.of("right", new double[] {3}));
        Map<String, Object> given = given(merged(a, b));
        assertEquals(2.0, ((Segment) given.get("left")).doubles().get(1));
        assertTrue(((Segment) given.get("right")).bytes().isDirect());
    }

    @Test
    void outputsOfMergedReferencesAreWritten() {
        Map<String, Object> data = merged(reference("a", Map.of("x", 1L)), reference("b", Map.of("y", 2L)),
                Map.of("_lmdb_output_key", "out", "plain", 1));
        assertEquals(WRITTEN, new Keeper().calculate(data));
        try (View view = store.view("out")) {
            assertEquals(Map.of("names", 3L), view.document().toMap());
        }
    }

    /** Takes documents only. */
    private static final class Walker extends LMDBEnabledCalculator {
        Walker() {
            super("walker", null);
        }

        @Override
        protected void process(Document input, Writer output) {
            output.map(1).string("names").int64(input.root().size());
        }
    }

    @Test
    void whatWasMergedInTheStoreIsFollowedOrDeclined() {
        Map<String, Object> a = reference("a", Map.of("x", 1L));
        Map<String, Object> markers = new LinkedHashMap<>(a);
        markers.keySet().removeIf(name -> name.startsWith("_lmdb_") && !name.startsWith("_lmdb_ref_"));
        for (Map<String, Object> lying : List.of(a, markers)) {
            Map<String, Object> holding = reference("holding", merged(lying, Map.of("y", 2L)));
            assertEquals(Map.of("x", 1L, "y", 2L), given(holding));
            Map<String, Object> asking = merged(holding, Map.of("_lmdb_output_key", "out"));
            assertThrows(BadFormatException.class, () -> new Walker().calculate(asking));
        }
    }

    @Test
    void whatIsNotCertainRaises() {
        Map<String, Object> a = reference("a", Map.of("x", 1L));
        Map<String, Object> same = reference("same", Map.of("x", 2L));
        Map<String, Object> list = reference("list", List.of(1L));
        for (Map<String, Object> clash : List.<Map<String, Object>>of(merged(a, same), merged(a, Map.of("x", 3)),
                merged(a, list), merged(list, Map.of("plain", 1)), Map.of("in", merged(a, same)))) {
            assertThrows(IllegalArgumentException.class, () -> new Keeper().calculate(clash), clash.toString());
        }
        Map<String, Object> b = reference("b", Map.of("y", 2L));
        Map<String, Object> unmarked = merged(a, b);
        unmarked.keySet().removeIf(name -> name.startsWith("_lmdb_ref_") && b.containsKey(name));
        assertThrows(CorruptException.class, () -> new Keeper().calculate(unmarked));
    }

    @Test
    void anotherEntryIsNeverTakenForTheOneThatWasMeant() {
        Map<String, Object> old = reference("a", Map.of("x", 1L));
        reference("a", Map.of("x", 2L));
        assertThrows(NotFoundException.class, () -> new Keeper().calculate(old));
        Map<String, Object> foreign = reference("a", "0123456789abcdef0123456789abcdef", 1);
        assertThrows(ForeignStoreException.class, () -> new Keeper().calculate(foreign));
    }

    @Test
    void onlyTrueMakesAReference() {
        for (Object flag : new Object[] {1, "true", 1.0, false}) {
            Map<String, Object> data = new HashMap<>(Map.of("_lmdb_ref", flag, "x", 1));
            assertFalse(Reference.isReference(data));
            assertEquals(data, given(data));
        }
    }

    @Test
    void whatPythonAloneReadsIsDeclined() {
        byte[] frame = {(byte) 0x81, (byte) 0xa1, 'f', (byte) 0xd4, 80, 0};
        Info info = store.put("frame", frame, PutOptions.defaults().format(DataFormat.MSGPACK).tracked(true));
        Map<String, Object> data = reference("frame", store.id(), info.entryId());
        assertThrows(BadFormatException.class, () -> new Keeper().calculate(data));
        assertThrows(BadFormatException.class, () -> new Keeper().calculate(merged(data, Map.of("plain", 1))));
        Map<String, Object> answer = Map.of("operation", "transpose");
        store.put("values", new byte[] {(byte) 0x81, (byte) 0xa6, 'v', 'a', 'l', 'u', 'e', 's', (byte) 0xd4, 80, 0},
                PutOptions.defaults().format(DataFormat.MSGPACK));
        Map<String, Object> output = new HashMap<>(Map.of("_lmdb_ref", true, "_lmdb_input_key", "values",
                "_lmdb_output_key", "out", "_lmdb_db_path", store.path().toString(), "_lmdb_db_name", "default"));
        assertThrows(BadFormatException.class, () -> new MatrixProcessorCalculator("m", answer).calculate(output));
    }
}
