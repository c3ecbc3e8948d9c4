package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables that another program wrote, {@code tests/fixtures/make_tables.py}: read, and written again byte for byte. */
class GoldenTableTest {
    @TempDir Path directory;

    static List<String> tables() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("dishtayantra.tables")))) {
            List<String> names = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".msgpack"))
                    .map(name -> name.replace(".msgpack", "")).sorted().collect(Collectors.toList());
            assertEquals(true, names.size() >= 8, names.toString());
            return names;
        }
    }

    @ParameterizedTest
    @MethodSource("tables")
    void isReadAndWrittenAgain(String name) throws IOException {
        Path folder = Path.of(System.getProperty("dishtayantra.tables"));
        byte[] payload = Files.readAllBytes(folder.resolve(name + ".msgpack"));
        JsonObject described = JsonParser.parseString(Files.readString(folder.resolve(name + ".json"))).getAsJsonObject();
        JsonObject table = described.getAsJsonObject("table");
        JsonElement plain = described.get("plain");
        boolean isRoot = name.equals("root");
        try (Store store = Store.open(directory.resolve("store")); Writer told = new Writer(); Writer again = new Writer()) {
            store.put("golden", payload, PutOptions.defaults().format(DataFormat.MSGPACK));
            try (View view = store.view("golden")) {
                view.document().validate();
                assertEquals(plain, GoldenTest.describe(view.document().root()));
                Table found = (isRoot ? view.document().root() : view.document().at("table")).asTable();
                assertEquals(table.get("origin").getAsInt(), found.origin().ordinal() + 1);
                assertEquals(table.get("rows").getAsLong(), found.rows());
                JsonArray columns = table.getAsJsonArray("columns");
                assertEquals(columns.size(), found.columns());
                for (int i = 0; i < columns.size(); i++) {
                    compare(columns.get(i).getAsJsonObject(), found.column(i));
                }
                begin(told, plain, isRoot).table(found.origin(), bytes(table, "metadata"), fields(columns));
                begin(again, plain, isRoot).table(found);
            }
            for (Writer writer : List.of(told, again)) {
                end(writer, plain, isRoot);
                assertEquals(ByteBuffer.wrap(payload), writer.toBytes());
            }
        }
    }

    private static Writer begin(Writer writer, JsonElement plain, boolean isRoot) {
        if (!isRoot) {
            writer.map(3).key("before");
            GoldenTest.write(writer, plain.getAsJsonObject().get("before"));
            writer.key("table");
        }
        return writer;
    }

    private static void end(Writer writer, JsonElement plain, boolean isRoot) {
        if (!isRoot) {
            writer.key("after");
            GoldenTest.write(writer, plain.getAsJsonObject().get("after"));
        }
    }

    private static void compare(JsonObject told, Column found) {
        assertEquals(told.get("name").getAsString(), found.name());
        assertEquals(told.get("format").getAsString(), found.format());
        assertEquals(told.get("length").getAsLong(), found.size());
        assertEquals(told.get("nulls").getAsLong(), found.nullCount());
        assertEquals(bytes(told, "data"), found.data());
        assertEquals(bytes(told, "metadata"), found.metadata());
        assertEquals(!told.get("dictionary").isJsonNull(), found.hasDictionary());
        if (found.hasDictionary()) {
            compare(told.getAsJsonObject("dictionary"), found.dictionary());
        }
        JsonArray children = told.getAsJsonArray("children");
        assertEquals(children.size(), found.children());
        for (int i = 0; i < children.size(); i++) {
            compare(children.get(i).getAsJsonObject(), found.child(i));
        }
    }

    private static Field[] fields(JsonArray columns) {
        Field[] fields = new Field[columns.size()];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = field(columns.get(i).getAsJsonObject());
        }
        return fields;
    }

    private static Field field(JsonObject told) {
        String format = told.get("format").getAsString();
        JsonElement dictionary = told.get("dictionary");
        return new Field(told.get("name").getAsString(), format, told.get("length").getAsLong(), told.get("nulls").getAsLong(),
                bytes(told, "validity"), bytes(told, "offsets"), format.equals("n") ? null : bytes(told, "data"),
                fields(told.getAsJsonArray("children")), dictionary.isJsonNull() ? null : field(dictionary.getAsJsonObject()),
                told.get("flags").getAsInt(), bytes(told, "metadata"));
    }

    /** In direct memory, as fields have them. */
    private static ByteBuffer bytes(JsonObject told, String name) {
        ByteBuffer bytes = GoldenTest.unhex(told.get(name).getAsString());
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining());
        return direct.put(bytes).flip();
    }
}
