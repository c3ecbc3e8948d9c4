package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceTest {
    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(64 << 20));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Map<String, Object> fields() {
        Map<String, Object> fields = new HashMap<>();
        fields.put("_lmdb_ref", true);
        fields.put("_lmdb_input_key", "input:calc:1");
        fields.put("_lmdb_output_key", "output:calc:1");
        fields.put("_lmdb_db_path", store.path().toString());
        fields.put("_lmdb_db_name", "prices");
        fields.put("_lmdb_format", "msgpack");
        fields.put("_txn_id", "1");
        return fields;
    }

    @Test
    void aMapIsReadAndMadeAgain() {
        Map<String, Object> fields = fields();
        assertTrue(Reference.isReference(fields));
        fields.put("other", 5);
        Reference reference = Reference.of(fields);
        fields.remove("other");
        assertEquals(fields, reference.toMap());
        assertEquals(JsonParser.parseString(reference.toJson()), JsonParser.parseString(Reference.parse(reference.toJson()).toJson()));
        assertEquals(Optional.of("1"), reference.txnId());
        assertEquals(Optional.of(DataFormat.MSGPACK), reference.format());
        assertTrue(reference.hasInput() && reference.wantsOutput());
        assertEquals(Optional.empty(), reference.get("other"));
        fields.put("_lmdb_output_key", null);
        assertFalse(Reference.of(fields).wantsOutput());
        assertFalse(Reference.isReference(Map.of("_lmdb_ref", "true")));
        assertFalse(Reference.isReference("text"));
        assertTrue(Reference.isOutputWritten(Reference.outputWritten()));
        assertFalse(Reference.isOutputWritten(Map.of()));
    }

    @Test
    void anEntryThatCannotBeRightIsNamed() {
        for (Object[] wrong : new Object[][] {
            {"_lmdb_ref", "yes"}, {"_lmdb_input_key", 5}, {"_lmdb_input_key", ""}, {"_lmdb_db_path", "relative"},
            {"_lmdb_format", "pickle"}, {"_txn_id", true}, {"_lmdb_output_key", "k".repeat(512)}}) {
            Map<String, Object> fields = fields();
            fields.put((String) wrong[0], wrong[1]);
            CorruptException error = assertThrows(CorruptException.class, () -> Reference.of(fields));
            assertTrue(error.getMessage().contains((String) wrong[0]), error.getMessage());
        }
        assertThrows(CorruptException.class, () -> Reference.parse("[]"));
        assertThrows(CorruptException.class, () -> Reference.parse("{\"_lmdb_ref\": 1}"));
        assertThrows(CorruptException.class, () -> Reference.of(Map.of()).viewInput());
    }

    @Test
    void theInputIsOpenedAndTheOutputPut() {
        store.database("prices").put("input:calc:1", new byte[] {1, 2}, PutOptions.defaults().tracked(true));
        Reference reference = Reference.of(fields());
        try (View view = reference.viewInput()) {
            assertEquals(2, view.buffer().get(1));
            assertTrue(view.info().isTracked());
        }
        Info info = reference.putOutput(
                PutOptions.defaults(), ByteBuffer.wrap(new byte[] {3}), ByteBuffer.wrap(new byte[] {4}));
        assertEquals("output:calc:1", info.key());
        assertEquals("1", info.txnId());
        assertArrayEquals(new byte[] {3, 4}, store.database("prices").get("output:calc:1").orElseThrow());
        try (View view = store.database("prices").view("output:calc:1")) {
            assertEquals(info, view.info());
            assertEquals("1", view.info().txnId());
        }
    }

    @Test
    void aStoreIsFoundWhereAMapOfPathsHasIt() throws Exception {
        store.database("prices").put("input:calc:1", new byte[] {1, 2}, PutOptions.defaults().tracked(true));
        Map<String, Object> fields = fields();
        fields.put("_lmdb_db_path", "/dy/their/mount/store");
        String reference = Reference.of(fields).toJson();
        String wrong = elsewhere(reference, "/nowhere");
        assertTrue(wrong.contains("/dy/their/mount/store") && wrong.contains("/nowhere/store"), wrong);
        assertFalse(store.database("prices").contains("output:calc:1"));
        assertEquals("answered", elsewhere(reference, directory.toString()));
        assertArrayEquals(new byte[] {1, 2}, store.database("prices").get("output:calc:1").orElseThrow());
    }

    private String elsewhere(String reference, String mount) throws Exception {
        ProcessBuilder child = Child.program(List.of(), Elsewhere.class, store.path().toString(), reference);
        child.environment().put("LMDB_PATH_MAP", "{\"/dy/their/mount\": \"" + mount + "\"}");
        return Child.said(child.redirectErrorStream(false).redirectError(ProcessBuilder.Redirect.DISCARD).start()).trim();
    }

    @Test
    void documentsOfEverySizeAreOutputs() {
        Reference reference = Reference.of(fields());
        for (int count : new int[] {1, 100_000}) {
            Writer writer = new Writer();
            writer.map(1).key("values").segment(new double[count]);
            Info info = reference.putOutput(writer, PutOptions.defaults());
            assertEquals("1", info.txnId());
            try (View view = store.database("prices").view("output:calc:1")) {
                assertEquals("1", view.info().txnId());
                assertEquals(count, view.document().at("values").size());
            }
        }
        try (Loan loan = reference.loanOutput(16)) {
            loan.longs().put(1, 5);
            reference.publishOutput(loan, PutOptions.defaults());
        }
        try (View view = store.database("prices").view("output:calc:1")) {
            assertEquals(5, view.longs().get(1));
        }
    }

    @Test
    void anInputThatIsGoneIsNamed() {
        NotFoundException error = assertThrows(NotFoundException.class, () -> Reference.of(fields()).viewInput());
        assertTrue(error.getMessage().contains("input:calc:1"), error.getMessage());
    }

    @Test
    void answersMayBeDirect() {
        Map<String, Object> fields = fields();
        fields.remove("_lmdb_output_key");
        store.database("prices").put("input:calc:1", new byte[2], PutOptions.defaults().tracked(true));
        Reference reference = Reference.of(fields);
        reference.viewInput().close();
        reference.settleDirect();
        InvalidArgumentException error = assertThrows(InvalidArgumentException.class,
                () -> reference.putOutput(PutOptions.defaults(), ByteBuffer.allocate(1)));
        assertTrue(error.getMessage().contains("_lmdb_output_key"), error.getMessage());
        try (Loan loan = reference.loanOutput(8)) {
            assertThrows(InvalidArgumentException.class, () -> reference.publishOutput(loan, PutOptions.defaults()));
        }
        store.database("prices").delete("input:calc:1");
        reference.settleDirect();
    }

    @Test
    void theStoreOfAReferenceIsTheOneThatIsOpen() {
        store.put("k", new byte[] {9});
        try (Store same = Reference.of(fields()).store()) {
            assertEquals(store.path(), same.path());
            assertArrayEquals(new byte[] {9}, same.get("k").orElseThrow());
        }
    }

    @Test
    void theNamesAreTheEngines() {
        List<String> names = new ArrayList<>(Reference.NAMES);
        names.addAll(List.of(Reference.MARKER, Reference.OUTPUT_WRITTEN));
        assertEquals(names, Arrays.stream(Reference.names()).map(Texts::decode).collect(Collectors.toList()));
    }
}
