package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentTest {
    private static final PutOptions OPTIONS = PutOptions.defaults();

    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(256 << 20));
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** A shape costs no bytes when a dimension is 0, so a few of them could ask for any number of lists. */
    @Test
    void anArrayWithoutItemsIsOnlySoManyLists() {
        ByteBuffer none = ByteBuffer.allocate(0);
        assertEquals(List.of(List.of(), List.of()), Segment.of(Dtype.FLOAT64, none, 2, 0, 1L << 60).toLists());
        assertEquals(List.of(), Segment.of(Dtype.FLOAT64, none, 0, 1L << 60).toLists());
        assertEquals(1 << 20, ((List<?>) Segment.of(Dtype.INT8, none, 1 << 20, 0).toLists()).size());
        for (long[] shape : new long[][] {{200_000_000L, 0}, {1L << 33, 0}, {1 << 10, 1 << 10, 2, 0}}) {
            Segment segment = Segment.of(Dtype.FLOAT64, none, shape);
            assertTrue(assertThrows(InvalidArgumentException.class, segment::toLists).getMessage().contains("1048576"));
            Writer writer = new Writer();
            writer.map(1).key("values");
            InvalidArgumentException refused =
                    assertThrows(InvalidArgumentException.class, () -> writer.segment(segment.asList()));
            assertTrue(refused.getMessage().contains("empty lists"), refused.getMessage());
            writer.segment(segment).put(store, "empty", PutOptions.defaults());
            byte[] payload;
            try (View view = store.view("empty")) {
                payload = new byte[view.buffer().remaining()];
                view.buffer().get(payload);
            }
            // The flags: behind the head of the map, the key, the head of the segment, and three bytes of its body.
            payload[1 + 7 + 6 + 3] = 1;
            store.put("empty", payload, OPTIONS.format(DataFormat.MSGPACK));
            try (View view = store.view("empty")) {
                Document document = view.document();
                assertTrue(assertThrows(CorruptException.class, document::toMap).getMessage().contains("empty lists"));
            }
        }
    }

    @Test
    void valuesAreFoundByPathKeyAndIndex() {
        Writer writer = new Writer();
        writer.map(8).key("values").segment(new double[] {1.5, -2, 3}).key("name").string("flüge").key("count").int64(-4)
                .key("most").uint64(-1L).key("ok").bool(true).key("none").nil().key("raw").binary(new byte[] {0, -1})
                .key("meta").map(2).key("a.b").float64(0.25).key("list").array(3).int64(1).string("two").array(0);
        writer.put(store, "doc", OPTIONS);
        try (View view = store.view("doc")) {
            assertEquals(DataFormat.MSGPACK, view.format());
            Document document = view.document();
            document.validate();
            assertEquals(ValueType.MAP, document.root().type());
            assertEquals(8, document.root().size());
            assertEquals("flüge", document.at("name").asString());
            assertEquals(-4, document.at("count").asLong());
            assertEquals(-4.0, document.at("count").asDouble());
            assertEquals(-1L, document.at("most").asUnsignedLong());
            assertThrows(InvalidArgumentException.class, () -> document.at("most").asLong());
            assertTrue(document.at("ok").asBoolean());
            assertTrue(document.at("none").isNil());
            assertArrayEquals(new byte[] {0, -1}, document.at("raw").asBytes());
            assertEquals(0.25, document.at("meta").get("a.b").asDouble());
            assertEquals("two", document.at("meta.list.1").asString());
            assertEquals("two", document.at("meta.list").at(1).asString());
            assertEquals(0, document.at("meta.list.2").size());
            assertTrue(document.find("meta.nothing").isEmpty());
            assertThrows(NotFoundException.class, () -> document.at("meta.list.3"));
            assertThrows(NotFoundException.class, () -> document.at("meta").get("c"));
            assertThrows(NotFoundException.class, () -> document.at("meta.list").at(3));
            assertThrows(InvalidArgumentException.class, () -> document.at("name").asLong());
            assertThrows(InvalidArgumentException.class, () -> document.at("name").asSegment());
            assertEquals(List.of("values", "name", "count", "most", "ok", "none", "raw", "meta"), document.root().keys());
            List<ValueType> types = new ArrayList<>();
            document.at("meta.list").elements().forEach(element -> types.add(element.type()));
            assertEquals(List.of(ValueType.INT, ValueType.STRING, ValueType.ARRAY), types);
            Segment values = document.at("values").asSegment();
            assertEquals(Dtype.FLOAT64, values.dtype());
            assertArrayEquals(new long[] {3}, values.shape());
            DoubleBuffer doubles = values.doubles();
            assertTrue(doubles.isDirect() && doubles.isReadOnly());
            assertEquals(ByteOrder.LITTLE_ENDIAN, doubles.order());
            assertEquals(-2, doubles.get(1));
            assertEquals(0, values.bytes().alignmentOffset(0, 64));
            assertArrayEquals(new double[] {1.5, -2, 3}, document.at("values").asDoubles());
        }
    }

    @Test
    void itemsOfEveryTypeComeBackInPlace() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("bool", new boolean[] {true, false, true});
        values.put("short", new short[] {1, -2, Short.MIN_VALUE});
        values.put("int", new int[] {1, -2, Integer.MIN_VALUE});
        values.put("long", new long[] {1, -2, Long.MIN_VALUE});
        values.put("float", new float[] {1, -2.5f, Float.NaN});
        values.put("double", new double[] {1, -2.5, Double.NEGATIVE_INFINITY});
        values.put("big", ByteBuffer.allocate(16).putDouble(2.5).putDouble(3.5).flip().order(ByteOrder.BIG_ENDIAN)
                .asReadOnlyBuffer().asDoubleBuffer());
        values.put("u8", ByteBuffer.wrap(new byte[] {1, -1}));
        new Writer().value(values).put(store, "doc", OPTIONS);
        try (View view = store.view("doc")) {
            Map<String, Object> read = view.document().toMap();
            Segment bools = (Segment) read.get("bool");
            assertEquals(Dtype.BOOL, bools.dtype());
            assertEquals(List.of(true, false, true), bools.toLists());
            assertEquals(Short.MIN_VALUE, ((Segment) read.get("short")).shorts().get(2));
            assertEquals(Integer.MIN_VALUE, ((Segment) read.get("int")).ints().get(2));
            assertEquals(Long.MIN_VALUE, ((Segment) read.get("long")).longs().get(2));
            assertTrue(Float.isNaN(((Segment) read.get("float")).floats().get(2)));
            assertEquals(Double.NEGATIVE_INFINITY, ((Segment) read.get("double")).doubles().get(2));
            assertArrayEquals(new double[] {2.5, 3.5}, ((Segment) read.get("big")).toDoubles());
            assertArrayEquals(new double[] {1, 255}, ((Segment) read.get("u8")).toDoubles());
            assertThrows(InvalidArgumentException.class, () -> ((Segment) read.get("int")).doubles());
            assertThrows(InvalidArgumentException.class, bools::toDoubles);
        }
    }

    @Test
    void halvesAndComplexNumbersComeBackInPlace() {
        ByteBuffer halves = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
        halves.putShort((short) 0x3e00).putShort((short) 0xc000).putShort((short) 0xfc00).flip();
        ByteBuffer singles = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        singles.putFloat(1.5f).putFloat(-2).putFloat(0).putFloat(0.25f).flip();
        ByteBuffer doubles = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        doubles.putDouble(1.5).putDouble(-2).flip();
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("half", Segment.of(Dtype.FLOAT16, halves, 3));
        values.put("single", Segment.of(Dtype.COMPLEX64, singles, 2, 1));
        values.put("double", Segment.of(Dtype.COMPLEX128, doubles, 1));
        values.put("scalar", Segment.of(Dtype.COMPLEX128, doubles).asScalar());
        values.put("number", Segment.of(Dtype.FLOAT16, halves.duplicate().limit(2)).asScalar());
        new Writer().value(values).put(store, "doc", OPTIONS);
        try (View view = store.view("doc")) {
            Map<String, Object> read = view.document().toMap();
            Segment half = (Segment) read.get("half");
            Segment single = (Segment) read.get("single");
            assertEquals(values.get("half"), half);
            assertTrue(half.halves().isDirect() && single.floatPairs().isDirect());
            assertEquals((short) 0xc000, half.halves().get(1));
            assertArrayEquals(new double[] {1.5, -2, Double.NEGATIVE_INFINITY}, half.toDoubles());
            assertArrayEquals(half.toDoubles(), view.document().at("half").asDoubles());
            assertEquals(0.25f, single.floatPairs().get(3));
            assertEquals(2, single.count());
            assertEquals(List.of(List.of(List.of(1.5, -2.0)), List.of(List.of(0.0, 0.25))), single.toLists());
            assertEquals(-2, ((Segment) read.get("double")).doublePairs().get(1));
            assertEquals(List.of(1.5, -2.0), ((Segment) read.get("scalar")).item(0));
            assertEquals(1.5, read.get("number"));
            assertThrows(InvalidArgumentException.class, () -> ((Segment) read.get("double")).doubles());
            assertThrows(InvalidArgumentException.class, half::shorts);
            assertThrows(InvalidArgumentException.class, single::toDoubles);
            assertThrows(InvalidArgumentException.class, () -> view.document().at("single").asDoubles());
        }
    }

    @Test
    void segmentsStayValidAfterTheViewWasClosed() {
        new Writer().map(1).key("values").segment(new double[20_000], 100, 200).put(store, "doc", OPTIONS);
        Segment kept;
        try (View view = store.view("doc")) {
            kept = (Segment) view.document().toMap().get("values");
        }
        store.delete("doc");
        System.gc();
        assertArrayEquals(new long[] {100, 200}, kept.shape());
        assertEquals(0, kept.doubles().get(19_999));
        List<?> rows = (List<?>) kept.toLists();
        assertEquals(100, rows.size());
        assertEquals(200, ((List<?>) rows.get(0)).size());
    }

    @Test
    void objectsComeBackAsTheyWent() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("null", null);
        map.put("true", true);
        map.put("long", Long.MIN_VALUE);
        map.put("big", new BigInteger("18446744073709551615"));
        map.put("double", 0.1);
        map.put("text", "𝔘nicode \0 ½");
        map.put("list", Arrays.asList(1L, "x", null, List.of(), Map.of("k", 2.5)));
        map.put("empty", Map.of());
        new Writer().value(map).put(store, "doc", OPTIONS);
        try (View view = store.view("doc")) {
            assertEquals(map, view.document().toObject());
            assertEquals(map, view.document().toMap());
            assertEquals(List.copyOf(map.keySet()), List.copyOf(view.document().toMap().keySet()));
            assertEquals(2.5, view.document().at("list.4").toMap().get("k"));
            assertNull(view.document().at("null").toObject());
            assertThrows(InvalidArgumentException.class, () -> view.document().at("list").toMap());
        }
    }

    @Test
    void listsAndSingleNumbersKeepWhatTheyWere() {
        ByteBuffer items = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(7).putLong(-7).flip();
        Map<String, Object> map = Map.of(
                "list", Segment.of(Dtype.INT64, items, 2).asList(),
                "rows", Segment.of(Dtype.INT64, items, 2, 1).asList(),
                "number", Segment.of(Dtype.INT64, items.slice().limit(8)).asScalar(),
                "instant", Segment.of(Dtype.DATETIME64, Unit.SECOND, items.slice().limit(8)).asScalar());
        new Writer().value(map).put(store, "doc", OPTIONS);
        try (View view = store.view("doc")) {
            Map<String, Object> read = view.document().toMap();
            assertEquals(List.of(7L, -7L), read.get("list"));
            assertEquals(List.of(List.of(7L), List.of(-7L)), read.get("rows"));
            assertEquals(7L, read.get("number"));
            Segment instant = (Segment) read.get("instant");
            assertEquals(Unit.SECOND, instant.unit());
            assertTrue(instant.isScalar());
            assertEquals(7L, instant.item(0));
            assertEquals(7, view.document().at("number").asLong());
        }
        assertThrows(InvalidArgumentException.class, () -> Segment.of(Dtype.INT64, items, 3));
        assertThrows(InvalidArgumentException.class, () -> Segment.of(Dtype.INT64, items, -1));
        assertThrows(InvalidArgumentException.class, () -> Segment.of(Dtype.INT64, Unit.DAY, items, 2));
        assertThrows(InvalidArgumentException.class, () -> Segment.of(Dtype.INT64, items, 2).asScalar());
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Writer writer = new Writer();
        assertThrows(InvalidArgumentException.class, writer::size);
        writer.map(1);
        assertThrows(InvalidArgumentException.class, () -> writer.array(1), "as a key");
        assertThrows(InvalidArgumentException.class, () -> writer.segment(new int[1]), "as a key");
        writer.key("a");
        InvalidArgumentException missing =
                assertThrows(InvalidArgumentException.class, () -> writer.put(store, "doc", OPTIONS));
        assertTrue(missing.getMessage().contains("the value of pair 1"), missing.getMessage());
        writer.nil();
        assertThrows(InvalidArgumentException.class, writer::nil);
        assertEquals(4, writer.size());
        assertThrows(InvalidArgumentException.class, () -> writer.array(-1));
        writer.reset();
        InvalidArgumentException path = assertThrows(InvalidArgumentException.class,
                () -> writer.value(Map.of("a", List.of(1, new Object()))));
        assertTrue(path.getMessage().contains("\"a.1\""), path.getMessage());
        writer.reset();
        BigInteger large = BigInteger.ONE.shiftLeft(64);
        assertThrows(InvalidArgumentException.class, () -> writer.value(List.of(large)));
        writer.reset();
        assertThrows(InvalidArgumentException.class, () -> writer.segment(new double[3], 2, 2));
        try (Loan loan = store.loan(3)) {
            writer.value("long enough");
            assertThrows(InvalidArgumentException.class, () -> writer.writeTo(loan));
        }
    }

    @Test
    void aWriterPutsTheSameValueAgainAndIntoALoan() {
        for (int count : new int[] {10, 100_000}) {
            double[] values = new double[count];
            Arrays.setAll(values, i -> i);
            Writer writer = new Writer();
            writer.map(2).key("values").segment(values).key("after").int64(9);
            writer.put(store, "one", OPTIONS);
            writer.put(store, "two", OPTIONS);
            try (Loan loan = store.loan(writer.size() + 5)) {
                writer.writeTo(loan);
                loan.publish("three", writer.size(), OPTIONS.format(DataFormat.MSGPACK));
            }
            byte[] bytes = new byte[(int) writer.size()];
            writer.toBytes().get(bytes);
            for (String key : new String[] {"one", "two", "three"}) {
                assertArrayEquals(bytes, store.get(key).orElseThrow(), key);
                try (View view = store.view(key)) {
                    assertArrayEquals(values, view.document().at("values").asDoubles());
                    assertEquals(9, view.document().at("after").asLong());
                }
            }
        }
    }

    @Test
    void nestingIsBounded() {
        byte[] deep = new byte[600];
        Arrays.fill(deep, (byte) 0x91);
        deep[599] = (byte) 0xc0;
        store.put("deep", deep, OPTIONS.format(DataFormat.MSGPACK));
        try (View view = store.view("deep")) {
            CorruptException error = assertThrows(CorruptException.class, () -> view.document().toObject());
            assertTrue(error.getMessage().contains("512"), error.getMessage());
        }
    }

    @Test
    void aDocumentOfManyValuesIsReadInOrder() {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            values.add(i % 3 == 0 ? (Object) (long) i : i % 3 == 1 ? "text " + i : List.of((double) i));
        }
        new Writer().value(values).put(store, "doc", OPTIONS);
        try (View view = store.view("doc")) {
            assertEquals(values, view.document().toObject());
            assertEquals("text 9997", view.document().at("9997").asString());
        }
    }
}
