package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableTest {
    private static final PutOptions OPTIONS = PutOptions.defaults();
    private static final long T0 = Instant.parse("2026-03-01T12:00:00Z").getEpochSecond();

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

    private static Field[] trades() {
        return new Field[] {
            Field.of("px", 1.5, 2.5, -3),
            Field.of("qty", 10L, 20L, 30L).withNulls(false, true, false),
            Field.coded("sym", Arrays.asList("AB", "CD", "AB")),
            Field.texts("note", Arrays.asList("größe ☃", null, "")),
            Field.of("ok", true, false, true),
        };
    }

    private static final List<Map<String, Object>> ROWS = List.of(
            row(1.5, 10L, "AB", "größe ☃", true), row(2.5, null, "CD", null, false), row(-3.0, 30L, "AB", "", true));

    private static Map<String, Object> row(Object... values) {
        Map<String, Object> row = new LinkedHashMap<>();
        String[] names = {"px", "qty", "sym", "note", "ok"};
        for (int i = 0; i < names.length; i++) {
            row.put(names[i], values[i]);
        }
        return row;
    }

    private void put(String key, Table.Origin origin, Field... columns) {
        try (Writer writer = new Writer()) {
            writer.map(2).key("n").int64(7).key("t").table(origin, columns).put(store, key, OPTIONS);
        }
    }

    private interface Check {
        void of(Table table);
    }

    /** Reads a table as it is stored and as one of this JVM's own. */
    private void check(Check check, Field... columns) {
        put("table", Table.Origin.COLUMNS, columns);
        try (View view = store.view("table")) {
            view.document().validate();
            Table table = view.document().at("t").asTable();
            table.check();
            check.of(table);
        }
        check.of(Table.of(columns));
    }

    @Test
    void columnsAreUsedInPlace() {
        check(table -> {
            assertEquals(3, table.rows());
            assertEquals(5, table.columns());
            assertEquals(List.of("px", "qty", "sym", "note", "ok"), table.names());
            assertEquals(Table.Origin.COLUMNS, table.origin());
            assertEquals(0, table.metadata().remaining());
            DoubleBuffer prices = table.column("px").doubles();
            assertTrue(prices.isDirect() && prices.isReadOnly());
            assertEquals(ByteOrder.LITTLE_ENDIAN, prices.order());
            assertEquals(3, prices.limit());
            assertEquals(-3, prices.get(2));
            assertEquals(0, table.column("px").data().alignmentOffset(0, 64));
            Column quantities = table.column("qty");
            assertEquals("l", quantities.format());
            assertEquals(1, quantities.nullCount());
            assertTrue(quantities.isNull(1));
            assertFalse(quantities.isNull(2));
            assertEquals(30, quantities.longs().get(2));
            assertArrayEquals(new double[] {10, Double.NaN, 30}, quantities.toDoubles());
            assertArrayEquals(new double[] {1.5, 2.5, -3}, table.column("px").toDoubles());
            assertThrows(InvalidArgumentException.class, () -> table.column("sym").toDoubles());
            Column symbols = table.column(2);
            assertTrue(symbols.hasDictionary());
            assertEquals(List.of("AB", "CD"), symbols.dictionary().toList());
            assertEquals(1, symbols.codes().get(1));
            assertEquals(0, symbols.code(2));
            assertEquals("AB", symbols.str(2));
            Column notes = table.column("note");
            assertEquals("größe ☃", notes.str(0));
            assertNull(notes.str(1));
            assertEquals("", notes.str(2));
            assertTrue(table.findColumn("no").isEmpty());
            assertEquals(ROWS, table.toRows());
            assertEquals(Arrays.asList(10L, null, 30L), table.toColumns().get("qty"));
        }, trades());
    }

    @Test
    void valuesOfEveryFormatComeBack() {
        ByteBuffer decimals = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN).putLong(12345).putLong(0).putLong(-12345)
                .putLong(-1).flip();
        check(table -> {
            assertEquals(List.of(1L, -2L), table.column("byte").toList());
            assertEquals(-2, table.column("short").shorts().get(1));
            assertEquals(-2, table.column("int").ints().get(1));
            assertEquals(1.5, table.column("float").floats().get(0));
            assertEquals(List.of(1L, BigInteger.ONE.shiftLeft(64).subtract(BigInteger.TWO)), table.column("most").toList());
            assertEquals(Arrays.asList(true, null), table.column("bool").toList());
            assertEquals(Arrays.asList(1.5, Double.NEGATIVE_INFINITY), table.column("half").toList());
            Column times = table.column("time");
            assertEquals("tsn:Europe/Berlin", times.format());
            assertEquals("Europe/Berlin", times.zone());
            assertEquals(Instant.ofEpochSecond(T0, 7), times.instant(0));
            assertNull(times.instant(1));
            assertEquals(T0 * 1_000_000_000 + 7, times.longs().get(0));
            assertEquals(Duration.ofMillis(-1500), table.column("span").duration(1));
            assertEquals(LocalDate.of(1969, 12, 31), table.column("date").date(1));
            assertEquals(new BigDecimal("123.45"), table.column("decimal").decimal(0));
            assertEquals(new BigDecimal("-123.45"), table.column("decimal").decimal(1));
            assertArrayEquals(new byte[] {3, 4}, (byte[]) table.column("two").get(1));
            assertEquals(Arrays.asList(List.of(1.5, 2.5), List.of()), table.column("list").toList());
            assertEquals(2.5, table.column("list").child(0).doubles().get(1));
            assertEquals(Map.of("a", 1L, "b", List.of("y")), table.column("struct").get(0));
            assertEquals(Arrays.asList("x", "y"), table.column("small codes").toList());
            assertEquals(Arrays.asList(null, null), table.column("null").toList());
        },
        Field.of("byte", (byte) 1, (byte) -2), Field.of("short", (short) 1, (short) -2), Field.of("int", 1, -2),
        Field.of("float", 1.5f, 2), Field.of("most", "L", 2, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(1).putLong(-2).flip()),
        Field.of("bool", true, true).withNulls(false, true),
        Field.of("half", "e", 2, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putShort((short) 0x3e00)
                .putShort((short) 0xfc00).flip()),
        Field.times("time", Unit.NANOSECOND, "Europe/Berlin", T0 * 1_000_000_000 + 7, 0).withNulls(false, true),
        Field.spans("span", Unit.MILLISECOND, 1, -1500), Field.dates("date", 0, -1), Field.of("decimal", "d:9,2", 2, decimals),
        Field.of("two", "w:2", 2, ByteBuffer.wrap(new byte[] {1, 2, 3, 4})),
        Field.lists("list", new int[] {2, 0}, Field.of("item", 1.5, 2.5)),
        Field.structs("struct", Field.of("a", 1L, 2L), Field.lists("b", new int[] {1, 0}, Field.texts("item", List.of("y")))),
        Field.of("small codes", (byte) 0, (byte) 1).withDictionary(Field.texts("", List.of("x", "y"))),
        new Field("null", "n", 2, 2, null, null, null, new Field[0], null, 2, null));
    }

    /** To calls that know no tables it is what it was made of. */
    @Test
    void whoKnowsNoTablesReadsThePlainValue() {
        for (Table.Origin origin : List.of(Table.Origin.ROWS, Table.Origin.COLUMNS, Table.Origin.LIST)) {
            Field[] columns = origin == Table.Origin.LIST ? new Field[] {Field.texts("", List.of("a", "b"))} : trades();
            put("plain", origin, columns);
            Object plain = origin == Table.Origin.ROWS ? ROWS : origin == Table.Origin.LIST ? List.of("a", "b") : columns(ROWS);
            try (View view = store.view("plain")) {
                Document document = view.document();
                Node table = document.at("t");
                assertTrue(table.isTable());
                assertFalse(document.root().isTable());
                assertEquals(origin, table.asTable().origin());
                assertEquals(origin == Table.Origin.COLUMNS ? ValueType.MAP : ValueType.ARRAY, table.type());
                assertEquals(plain, table.toObject());
                assertEquals(Map.of("n", 7L, "t", plain), document.toMap());
                assertThrows(InvalidArgumentException.class, () -> document.at("n").asTable());
            }
        }
        put("rows", Table.Origin.ROWS, trades());
        put("frame", Table.Origin.COLUMNS, trades());
        try (View rows = store.view("rows"); View frame = store.view("frame")) {
            assertEquals(ROWS.get(1), rows.document().at("t.1").toObject());
            assertEquals("CD", rows.document().at("t.1.sym").toObject());
            assertEquals(columns(ROWS).get("note"), frame.document().at("t.note").toObject());
            List<Object> prices = new ArrayList<>();
            for (Node row : rows.document().at("t").elements()) {
                prices.add(row.get("px").asDouble());
            }
            assertEquals(List.of(1.5, 2.5, -3.0), prices);
        }
    }

    private static Map<String, List<Object>> columns(List<Map<String, Object>> rows) {
        Map<String, List<Object>> columns = new LinkedHashMap<>();
        for (Map<String, Object> row : rows) {
            row.forEach((name, value) -> columns.computeIfAbsent(name, none -> new ArrayList<>()).add(value));
        }
        return columns;
    }

    @Test
    void aTableIsWrittenOnAsItIs() {
        put("first", Table.Origin.ROWS, trades());
        try (View first = store.view("first"); Writer writer = new Writer()) {
            writer.value(Map.of("again", first.document().at("t").asTable())).put(store, "second", OPTIONS);
        }
        try (View second = store.view("second"); Writer writer = new Writer()) {
            second.document().validate();
            assertEquals(Table.Origin.ROWS, second.document().at("again").asTable().origin());
            assertEquals(ROWS, second.document().at("again").toObject());
            writer.value(Map.of("of fields", trades())).put(store, "third", OPTIONS);
        }
        try (View third = store.view("third")) {
            assertEquals(columns(ROWS), third.document().at("of fields").toObject());
        }
    }

    @Test
    void largeTablesAreBuiltInTheStoreAndMayBePutAgain() {
        int rows = 200_000;
        double[] values = new double[rows];
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            values[i] = i;
            texts.add("text " + i % 1000);
        }
        ByteBuffer direct = ByteBuffer.allocateDirect(8 * rows).order(ByteOrder.LITTLE_ENDIAN);
        direct.asLongBuffer().put(LongBuffer.wrap(new long[rows]).put(rows - 1, 5));
        try (Writer writer = new Writer()) {
            writer.map(2).key("x").segment(values).key("t").table(Field.of("v", values), Field.coded("c", texts),
                    Field.texts("u", texts), Field.of("d", "l", rows, direct));
            writer.put(store, "one", OPTIONS);
            writer.put(store, "two", OPTIONS);
        }
        for (String key : List.of("one", "two")) {
            try (View view = store.view(key)) {
                view.document().validate();
                Table table = view.document().at("t").asTable();
                assertEquals(rows - 1, table.column("v").doubles().get(rows - 1));
                assertEquals(5, table.column("d").longs().get(rows - 1));
                assertEquals("text 999", table.column("c").str(1999));
                assertEquals(rows - 1, view.document().at("x").asSegment().doubles().get(rows - 1));
            }
        }
    }

    @Test
    void aTableWithoutRowsIsOne() {
        check(table -> {
            assertEquals(0, table.rows());
            assertEquals(List.of(), table.toRows());
            assertEquals(0, table.column("a").doubles().limit());
            assertEquals(List.of(), table.column("b").toList());
            assertThrows(IndexOutOfBoundsException.class, () -> table.column("b").str(0));
        }, Field.of("a", new double[0]), Field.texts("b", List.of()), Field.coded("c", List.of()));
    }

    @Test
    void whatDoesNotFitIsRefusedByName() {
        Table table = Table.of(trades());
        NotFoundException none = assertThrows(NotFoundException.class, () -> table.column("price"));
        assertTrue(none.getMessage().contains("\"price\"") && none.getMessage().contains("\"px\""), none.getMessage());
        assertThrows(IndexOutOfBoundsException.class, () -> table.column(5));
        assertThrows(IndexOutOfBoundsException.class, () -> table.column(-1));
        assertThrows(IndexOutOfBoundsException.class, () -> table.column("px").get(3));
        assertThrows(IndexOutOfBoundsException.class, () -> table.column("px").isNull(-1));
        assertThrows(IndexOutOfBoundsException.class, () -> table.column("px").child(0));
        List<org.junit.jupiter.api.function.Executable> wrong = List.of(
                () -> table.column("px").longs(), () -> table.column("sym").ints(), () -> table.column("qty").doubles(),
                () -> table.column("px").codes(), () -> table.column("px").str(0), () -> table.column("px").dictionary(),
                () -> table.column("px").instant(0), () -> table.column("px").duration(0), () -> table.column("px").date(0),
                () -> table.column("px").decimal(0), () -> table.exportTo(0, 8),
                () -> Field.times("t", Unit.DAY, "", 1L), () -> Field.of("a", 1, 2).withNulls(true),
                () -> Field.of("a", java.nio.CharBuffer.wrap("a")),
                () -> Table.of(Field.of("a", 1.0), Field.of("b", 1.0, 2.0)),
                () -> Table.of(Field.of("a", "l", 2, ByteBuffer.allocate(8))),
                () -> Table.of(Field.of("a", "?", 2, ByteBuffer.allocate(8))),
                () -> Table.of(Field.of("a", 1.0).withDictionary(Field.texts("", List.of("x")))),
                () -> new Writer().table(Table.Origin.LIST, Field.of("a", 1), Field.of("b", 1)),
                () -> new Writer().map(1).table(Field.of("a", 1)),
                () -> new Writer().arrow(Table.Origin.ARROW, 0));
        for (int i = 0; i < wrong.size(); i++) {
            assertThrows(InvalidArgumentException.class, wrong.get(i), "case " + i);
        }
    }

    /** Whoever asks for a table gets the same one of rows that are plain. */
    @Test
    void plainValuesBecomeTables() {
        Object[] plain = {ROWS, columns(ROWS), new ArrayList<>(List.of(ROWS.get(0), Map.of("px", 7.0)))};
        for (Object value : plain) {
            try (Writer writer = new Writer()) {
                writer.value(Map.of("t", value)).put(store, "plain", OPTIONS);
            }
            try (View view = store.view("plain")) {
                Node node = view.document().at("t");
                assertFalse(node.isTable());
                for (Table table : List.of(node.toTable(), Table.from(value))) {
                    table.check();
                    assertEquals(1.5, table.column("px").doubles().get(0));
                    assertEquals(0, table.column("px").data().alignmentOffset(0, 64));
                    assertEquals("AB", table.column("sym").str(0));
                    assertEquals(10L, table.column("qty").get(0));
                    if (table.rows() == 2) {
                        assertTrue(table.column("sym").isNull(1));
                    } else {
                        assertEquals(ROWS, table.toRows());
                    }
                }
            }
        }
        put("table", Table.Origin.ROWS, trades());
        try (View view = store.view("table")) {
            assertEquals(Call.address(view.document().at("t").asTable().column("px").data()),
                    Call.address(view.document().at("t").toTable().column("px").data()));
            assertThrows(InvalidArgumentException.class, () -> view.document().at("n").toTable());
        }
        assertEquals(List.of("a", "b"), Table.from(List.of("a", "b")).column(0).toList());
        assertEquals(2.5, Table.from(Map.of("x", new double[] {1.5, 2.5})).column("x").doubles().get(1));
        assertThrows(InvalidArgumentException.class, () -> Table.from(7));
    }

    /** What is in columns is looked at where it is asked for. */
    @Test
    void damageIsFoundWhereItIsReadAndByTheCheck() {
        ByteBuffer offsets = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(0).putInt(9).putInt(2).flip();
        Table[] damaged = {
            Table.of(Field.of("a", "u", 2, offsets, ByteBuffer.wrap(new byte[] {'h', 'i'}))),
            Table.of(Field.of("a", 0, 7).withDictionary(Field.texts("", List.of("x")))),
            Table.of(Field.of("a", "+l", 2, offsets, null, Field.of("", 1L, 2L))),
            Table.of(Field.of("a", "+L", 1, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(-5).putLong(1).flip(),
                    null, Field.of("", 1L, 2L))),
        };
        for (Table table : damaged) {
            assertThrows(CorruptException.class, () -> table.column("a").toList());
            assertThrows(CorruptException.class, table::check);
            assertThrows(CorruptException.class, () -> table.exportTo(1, 1));
        }
    }

    @Test
    void buffersOutliveTheViewAndOtherValuesDoNot() {
        put("table", Table.Origin.COLUMNS, trades());
        View view = store.view("table");
        Table table = view.document().at("t").asTable();
        Column prices = table.column("px");
        view.close();
        assertEquals(2.5, prices.doubles().get(1));
        assertThrows(StoreClosedException.class, () -> table.column("qty"));
        assertThrows(StoreClosedException.class, table::check);
        assertThrows(StoreClosedException.class, () -> table.exportTo(1, 1));
    }
}
