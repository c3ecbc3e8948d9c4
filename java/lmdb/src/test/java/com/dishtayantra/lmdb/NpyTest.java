package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The golden arrays of format numpy, of which every language makes the same. */
class NpyTest {
    private static final Path FOLDER = Paths.get(System.getProperty("dishtayantra.documents")).resolveSibling("npy");

    @TempDir static Path directory;

    @TestFactory
    List<DynamicTest> arraysAreReadAndDamageIsRefused() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonElement row : JsonParser.parseString(Files.readString(FOLDER.resolve("table.json"))).getAsJsonArray()) {
            JsonObject expected = row.getAsJsonObject();
            tests.add(DynamicTest.dynamicTest(expected.get("file").getAsString(), () -> check(expected)));
        }
        return tests;
    }

    private static void check(JsonObject expected) throws Exception {
        byte[] image = Files.readAllBytes(FOLDER.resolve(expected.get("file").getAsString()));
        try (Store store = Store.open(directory.resolve("store"))) {
            store.put("array", image, PutOptions.defaults().format(DataFormat.NUMPY));
            try (View view = store.view("array")) {
                String status = expected.get("status").getAsString();
                if (status.equals("corrupt")) {
                    assertThrows(CorruptException.class, view::array);
                } else if (status.equals("refused") || number(expected.get("dtype")) == 0) {
                    assertThrows(InvalidArgumentException.class, view::array);
                } else {
                    check(expected, view.array());
                }
            }
        }
    }

    private static void check(JsonObject expected, Segment array) {
        assertEquals(number(expected.get("dtype")), array.dtype().code());
        assertEquals(number(expected.get("unit")), array.unit().ordinal());
        assertArrayEquals(longs(expected.getAsJsonArray("shape")), array.shape());
        assertEquals(expected.get("fortran").getAsBoolean(), array.isFortranOrder());
        assertEquals(number(expected.get("size")), array.bytes().remaining());
        if (!expected.get("numbers").isJsonNull() && array.dtype() != Dtype.BOOL) {
            double[] numbers = StreamSupport.stream(expected.getAsJsonArray("numbers").spliterator(), false)
                    .mapToDouble(JsonElement::getAsDouble).toArray();
            assertArrayEquals(numbers, array.toDoubles());
        }
    }

    private static long number(JsonElement number) {
        return number.getAsLong();
    }

    private static long[] longs(JsonArray numbers) {
        return StreamSupport.stream(numbers.spliterator(), false).mapToLong(JsonElement::getAsLong).toArray();
    }
}
