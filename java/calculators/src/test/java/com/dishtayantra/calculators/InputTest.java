package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.dishtayantra.lmdb.Field;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.Table;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a calculator reads by its kind. */
class InputTest {
    private static final Map<String, Object> VALUES =
            Map.of("n", 3, "side", "buy", "open", true, "tags", List.of("a", "b"), "mixed", List.of("a", 1.0));

    private static void check(Input input) {
        assertEquals(3.0, input.number("n"));
        assertEquals("buy", input.text("side"));
        assertTrue(input.flag("open"));
        assertEquals(List.of("a", "b"), input.texts("tags"));
        assertEquals(List.of("buy"), input.texts("side"));
        assertEquals(Optional.empty(), input.findFlag("none"));
        Stream<BiFunction<Input, String, Object>> calls =
                Stream.of(Input::number, Input::text, Input::flag, Input::texts, Input::numbers);
        calls.forEach(call -> {
            IllegalArgumentException absent =
                    assertThrows(IllegalArgumentException.class, () -> call.apply(input, "none"));
            assertTrue(absent.getMessage().contains("no 'none'"), absent.getMessage());
            IllegalArgumentException wrong =
                    assertThrows(IllegalArgumentException.class, () -> call.apply(input, "mixed"));
            assertTrue(wrong.getMessage().contains("'mixed'"), wrong.getMessage());
        });
    }

    @Test
    void aMapIsReadByKind() {
        check(Input.of(VALUES));
    }

    private static void checkTables(Input input) {
        for (String name : List.of("rows", "columns", "table", "frame")) {
            Table table = input.table(name);
            assertEquals(List.of("px", "sym"), table.names(), name);
            assertEquals(2.5, table.column("px").doubles().get(1), name);
            assertEquals(4.0, sum(Numbers.of(table.column("px"))), name);
            assertEquals("B", table.column("sym").str(1), name);
        }
        assertEquals(List.of("x", "y"), input.table("texts").column(0).toList());
        assertEquals(Optional.empty(), input.findTable("none"));
        for (String name : List.of("none", "number")) {
            IllegalArgumentException wrong = assertThrows(IllegalArgumentException.class, () -> input.table(name));
            assertTrue(wrong.getMessage().contains("'" + name + "'"), wrong.getMessage());
        }
    }

    private static double sum(Numbers numbers) {
        double sum = 0;
        for (int i = 0; i < numbers.size(); i++) {
            sum += numbers.get(i);
        }
        return sum;
    }

    private static Map<String, Object> row(double price, String symbol) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("px", price);
        row.put("sym", symbol);
        return row;
    }

    /** The same columns however they came. */
    @Test
    void tablesAreReadWhateverTheyWere(@TempDir Path directory) {
        Map<String, Object> columns = new LinkedHashMap<>();
        columns.put("px", new double[] {1.5, 2.5});
        columns.put("sym", List.of("A", "B"));
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("rows", List.of(row(1.5, "A"), row(2.5, "B")));
        values.put("columns", columns);
        values.put("table", new Field[] {Field.of("px", 1.5, 2.5), Field.coded("sym", List.of("A", "B"))});
        values.put("frame", Table.of(Field.of("px", 1.5, 2.5), Field.texts("sym", List.of("A", "B"))));
        values.put("texts", List.of("x", "y"));
        values.put("number", 7);
        checkTables(Input.of(values));
        try (Store store = Store.open(directory.resolve("store")); Writer writer = new Writer()) {
            writer.value(values).put(store, "in", PutOptions.defaults());
            try (View view = store.view("in")) {
                checkTables(Input.of(view.document()));
                checkTables(Input.of(view.document().toMap()));
            }
        }
    }

    @Test
    void aDocumentIsReadByKind(@TempDir Path directory) {
        try (Store store = Store.open(directory.resolve("store")); Writer writer = new Writer()) {
            writer.value(VALUES).put(store, "in", PutOptions.defaults());
            try (View view = store.view("in")) {
                check(Input.of(view.document()));
            }
        }
    }
}
