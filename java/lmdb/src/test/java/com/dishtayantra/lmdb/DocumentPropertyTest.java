package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.value.ExtensionValue;
import org.msgpack.value.Value;

/** Random documents, against a MessagePack library that knows nothing of segments. */
class DocumentPropertyTest {
    private static final int SEEDS = 400;

    @TempDir Path directory;

    private static Object random(Random random, int depth) {
        switch (random.nextInt(depth > 4 ? 8 : 10)) {
            case 0:
                return null;
            case 1:
                return random.nextBoolean();
            case 2:
                return random.nextLong() >> random.nextInt(64);
            case 3:
                return new BigInteger(64, random).setBit(63);
            case 4:
                return random.nextInt(20) == 0 ? Double.NaN : random.nextGaussian();
            case 5:
            case 6:
                StringBuilder text = new StringBuilder();
                random.ints(random.nextInt(random.nextInt(10) == 0 ? 70_000 : 40), 1, 0x3000).forEach(text::appendCodePoint);
                return text.toString();
            case 7:
                double[] items = new double[random.nextInt(50)];
                for (int i = 0; i < items.length; i++) {
                    items[i] = random.nextDouble();
                }
                return Segment.of(Dtype.FLOAT64, bytesOf(items), items.length);
            case 8:
                List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(20); i > 0; i--) {
                    list.add(random(random, depth + 1));
                }
                return list;
            default:
                Map<String, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(20); i > 0; i--) {
                    map.put("key " + random.nextInt(1000), random(random, depth + 1));
                }
                return map;
        }
    }

    private static ByteBuffer bytesOf(double[] items) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * items.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(items);
        return bytes;
    }

    /** What the other library makes of a document. */
    private static Object plain(Value value) {
        switch (value.getValueType()) {
            case NIL:
                return null;
            case BOOLEAN:
                return value.asBooleanValue().getBoolean();
            case INTEGER:
                return value.asIntegerValue().isInLongRange()
                        ? (Object) value.asIntegerValue().toLong()
                        : value.asIntegerValue().toBigInteger();
            case FLOAT:
                return value.asFloatValue().toDouble();
            case STRING:
                return value.asStringValue().asString();
            case BINARY:
                return ByteBuffer.wrap(value.asBinaryValue().asByteArray());
            case ARRAY:
                List<Object> list = new ArrayList<>();
                value.asArrayValue().forEach(held -> list.add(plain(held)));
                return list;
            case MAP:
                Map<Object, Object> map = new HashMap<>();
                value.asMapValue().entrySet().forEach(pair -> map.put(plain(pair.getKey()), plain(pair.getValue())));
                return map;
            default:
                ExtensionValue extension = value.asExtensionValue();
                assertEquals(68, extension.getType());
                byte[] body = extension.getData();
                int size = (int) ByteBuffer.wrap(body).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong(8) * 8;
                return Segment.of(Dtype.FLOAT64, ByteBuffer.wrap(body, body.length - size, size), size / 8);
        }
    }

    @Test
    void whatIsWrittenIsReadByBoth() throws IOException {
        try (Store store = Store.open(directory.resolve("store"))) {
            for (int seed = 0; seed < SEEDS; seed++) {
                Object value = random(new Random(seed), 0);
                Writer writer = new Writer();
                writer.value(value).put(store, "doc", PutOptions.defaults());
                try (View view = store.view("doc")) {
                    view.document().validate();
                    assertTrue(Objects.equals(value, view.document().toObject()), "read here, seed " + seed);
                    Value other = MessagePack.newDefaultUnpacker(writer.toBytes()).unpackValue();
                    assertTrue(Objects.equals(value, plain(other)), "read there, seed " + seed);
                }
            }
        }
    }

    @Test
    void whatAnotherLibraryWritesIsRead() throws IOException {
        try (Store store = Store.open(directory.resolve("store"))) {
            try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
                packer.packMapHeader(4).packString("f").packFloat(0.5f).packString("b").packBinaryHeader(2)
                        .writePayload(new byte[] {7, 8}).packString("x").packExtensionTypeHeader((byte) -7, 3)
                        .writePayload(new byte[] {1, 2, 3}).packInt(5).packLong(-5);
                store.put("doc", packer.toByteArray(), PutOptions.defaults().format(DataFormat.MSGPACK));
            }
            try (View view = store.view("doc")) {
                Map<?, ?> read = (Map<?, ?>) view.document().toObject();
                assertEquals(0.5, read.get("f"));
                assertEquals(ByteBuffer.wrap(new byte[] {7, 8}), ByteBuffer.wrap((byte[]) read.get("b")));
                assertEquals(new Extension(-7, new byte[] {1, 2, 3}), read.get("x"));
                assertEquals(-5L, read.get(5L));
            }
        }
    }

    @Test
    void bytesThatWereChangedAtRandomCrashNothing() {
        try (Store store = Store.open(directory.resolve("store"))) {
            int refused = 0;
            for (int seed = 0; seed < 2000; seed++) {
                Random random = new Random(seed);
                Writer writer = new Writer();
                writer.value(Map.of("values", new double[100], "list", List.of(1, "two", 3.0, Map.of()), "n", 5));
                byte[] bytes = writer.toBytes().array();
                for (int i = random.nextInt(5) + 1; i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
                store.put("doc", bytes, PutOptions.defaults().format(DataFormat.MSGPACK));
                try (View view = store.view("doc")) {
                    view.document().toObject();
                    view.document().find("values").ifPresent(Node::asSegment);
                    view.document().validate();
                } catch (CorruptException | InvalidArgumentException corrupt) {
                    refused++;
                }
            }
            assertTrue(refused > 100, refused + " refused");
        }
    }
}
