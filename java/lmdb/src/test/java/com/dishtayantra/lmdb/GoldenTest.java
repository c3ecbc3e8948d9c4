package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden documents of all languages, read and written again byte for byte. */
class GoldenTest {
    @TempDir Path directory;

    static Stream<Path> documents() throws IOException {
        return documents(Paths.get(System.getProperty("dishtayantra.documents")), 7);
    }

    /** Also those with exact values of Python's, which read as the plain ones beside them. */
    static Stream<Path> allDocuments() throws IOException {
        Path exact = Paths.get(System.getProperty("dishtayantra.documents")).resolveSibling("exact");
        return Stream.concat(documents(), documents(exact, 3));
    }

    private static Stream<Path> documents(Path folder, int least) throws IOException {
        Path[] found;
        try (Stream<Path> files = Files.list(folder)) {
            found = files.filter(file -> file.toString().endsWith(".msgpack")).sorted().toArray(Path[]::new);
        }
        assertTrue(found.length >= least, "golden documents");
        return Stream.of(found);
    }

    private static JsonElement described(Path document) throws IOException {
        String json = document.toString().replace(".msgpack", ".json");
        return JsonParser.parseString(Files.readString(Paths.get(json)));
    }

    @ParameterizedTest
    @MethodSource("allDocuments")
    void isReadAsDescribed(Path document) throws IOException {
        try (Store store = Store.open(directory.resolve("store"))) {
            byte[] payload = Files.readAllBytes(document);
            store.put("golden", payload, PutOptions.defaults().format(DataFormat.MSGPACK));
            try (View view = store.view("golden")) {
                view.document().validate();
                assertEquals(described(document), describe(view.document().root()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void isWrittenAgainByteForByte(Path document) throws IOException {
        Writer writer = new Writer();
        write(writer, described(document));
        assertEquals(ByteBuffer.wrap(Files.readAllBytes(document)), writer.toBytes());
        try (Store store = Store.open(directory.resolve("store"))) {
            writer.put(store, "golden", PutOptions.defaults());
            try (View view = store.view("golden")) {
                assertEquals(ByteBuffer.wrap(Files.readAllBytes(document)), view.buffer());
            }
        }
    }

    static JsonElement describe(Node node) {
        switch (node.type()) {
            case NIL:
                return JsonNull.INSTANCE;
            case BOOL:
                return new JsonPrimitive(node.asBoolean());
            case INT:
                return new JsonPrimitive((Number) node.toObject());
            case FLOAT:
                return new JsonPrimitive(node.asDouble());
            case STRING:
                return new JsonPrimitive(node.asString());
            case BYTES:
                return wrapped("$bytes", new JsonPrimitive(hex(ByteBuffer.wrap(node.asBytes()))));
            case SEGMENT:
                return wrapped("$segment", describe(node.asSegment()));
            case ARRAY:
                JsonArray values = new JsonArray();
                node.elements().forEach(element -> values.add(describe(element)));
                return values;
            default:
                JsonObject pairs = new JsonObject();
                for (Map.Entry<Node, Node> pair : node.entries()) {
                    pairs.add(pair.getKey().asString(), describe(pair.getValue()));
                }
                return pairs;
        }
    }

    private static JsonObject describe(Segment segment) {
        JsonObject described = new JsonObject();
        described.addProperty("dtype", segment.dtype().code());
        described.addProperty("unit", segment.unit().ordinal());
        described.addProperty("flags", (segment.isList() ? 1 : 0) + (segment.isScalar() ? 2 : 0));
        JsonArray shape = new JsonArray();
        for (long dimension : segment.shape()) {
            shape.add(dimension);
        }
        described.add("shape", shape);
        described.addProperty("data", hex(segment.bytes()));
        return described;
    }

    private static JsonObject wrapped(String name, JsonElement value) {
        JsonObject object = new JsonObject();
        object.add(name, value);
        return object;
    }

    static void write(Writer writer, JsonElement value) {
        if (value.isJsonNull()) {
            writer.nil();
        } else if (value.isJsonArray()) {
            writer.array(value.getAsJsonArray().size());
            value.getAsJsonArray().forEach(held -> write(writer, held));
        } else if (value.isJsonPrimitive()) {
            write(writer, value.getAsJsonPrimitive());
        } else if (value.getAsJsonObject().has("$bytes")) {
            writer.binary(unhex(value.getAsJsonObject().get("$bytes").getAsString()).array());
        } else if (value.getAsJsonObject().has("$segment")) {
            writer.segment(segment(value.getAsJsonObject().getAsJsonObject("$segment")));
        } else {
            JsonObject object = value.getAsJsonObject();
            writer.map(object.size());
            object.entrySet().forEach(pair -> {
                writer.key(pair.getKey());
                write(writer, pair.getValue());
            });
        }
    }

    private static void write(Writer writer, JsonPrimitive value) {
        if (value.isBoolean()) {
            writer.bool(value.getAsBoolean());
        } else if (value.isString()) {
            writer.string(value.getAsString());
        } else if (value.getAsString().matches("-?[0-9]+")) {
            writer.value(new BigInteger(value.getAsString()));
        } else {
            writer.float64(value.getAsDouble());
        }
    }

    private static Segment segment(JsonObject described) {
        JsonArray dimensions = described.getAsJsonArray("shape");
        long[] shape = new long[dimensions.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = dimensions.get(i).getAsLong();
        }
        Segment segment = Segment.of(Dtype.of(described.get("dtype").getAsInt()),
                Unit.of(described.get("unit").getAsInt()), unhex(described.get("data").getAsString()), shape);
        int flags = described.get("flags").getAsInt();
        return flags == 1 ? segment.asList() : flags == 2 ? segment.asScalar() : segment;
    }

    private static String hex(ByteBuffer bytes) {
        StringBuilder text = new StringBuilder();
        while (bytes.hasRemaining()) {
            text.append(String.format("%02x", bytes.get()));
        }
        return text.toString();
    }

    static ByteBuffer unhex(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(text.length() / 2).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < text.length(); i += 2) {
            bytes.put((byte) Integer.parseInt(text.substring(i, i + 2), 16));
        }
        return bytes.flip();
    }
}
