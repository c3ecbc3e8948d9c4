package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.nio.file.Path;
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
