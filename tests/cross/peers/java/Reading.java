import com.dishtayantra.lmdb.DataFormat;
import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Node;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.ValueType;
import com.dishtayantra.lmdb.View;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Compares a payload with what it should hold, and notes which arrays it used in place. */
final class Reading {
    private static final Field ADDRESS = addressOfBuffers();

    final JsonArray arrays = new JsonArray();
    private final Request request;

    Reading(Request request) {
        this.request = request;
    }

    void read(View view) throws Fault {
        int count = request.count;
        switch (request.format) {
            case "json":
                Fault.require(view.format() == DataFormat.JSON, "no json");
                String text = StandardCharsets.UTF_8.decode(view.buffer()).toString();
                Fault.require(sameNumbers(JsonParser.parseString(text).getAsJsonObject(), Writing.document(request)),
                        "the document differs");
                break;
            case "msgpack":
                Document plain = view.document();
                plain(plain.root(), 2);
                listed(plain.root().get("floats"), "floats");
                listed(plain.root().get("longs"), "longs");
                break;
            case "segments":
                Document document = view.document();
                plain(document.root(), 4);
                marks(segment(document, "marks", Dtype.UINT8, 2 * count + 1).bytes(), 2 * count + 1);
                Segment floats = segment(document, "floats", Dtype.FLOAT64, count);
                floats(floats.bytes(), floats.doubles(), count);
                Segment ints = segment(document, "ints", Dtype.INT32, count);
                ints(ints.bytes(), ints.ints(), count);
                Segment longs = segment(document, "longs", Dtype.INT64, count, 1);
                longs(longs.bytes(), longs.longs(), count);
                break;
            case "raw":
                longs(view.buffer(), view.longs(), count);
                break;
            case "numpy":
            case "Fortran numpy":
                Segment array = view.array();
                Fault.require(array.dtype() == Dtype.FLOAT64 && Arrays.equals(array.shape(), new long[] {count, 2}),
                        "the array is " + array);
                // Without an item both orders are one.
                Fault.require(count == 0 || array.isFortranOrder() == request.format.equals("Fortran numpy"),
                        "another order");
                floats(array.bytes(), array.doubles(), 2 * count);
                break;
            case "table":
                new Tables(request, arrays).read(view.document().at("table"));
                break;
            default:
                stream(view);
        }
    }

    /** Where a direct buffer's bytes lie. */
    static JsonObject place(String name, ByteBuffer bytes) {
        JsonObject place = new JsonObject();
        place.addProperty("name", name);
        try {
            place.addProperty("address", ADDRESS.getLong(bytes) + bytes.position());
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
        place.addProperty("bytes", bytes.remaining());
        return place;
    }

    private static Field addressOfBuffers() {
        try {
            Field address = Buffer.class.getDeclaredField("address");
            address.setAccessible(true);
            return address;
        } catch (NoSuchFieldException changed) {
            throw new IllegalStateException(changed);
        }
    }

    /** Equality of documents; numbers that a parser leaves as text are of one type in both. */
    private static boolean sameNumbers(JsonObject found, JsonObject expected) {
        for (String name : new String[] {"floats", "longs"}) {
            JsonArray items = found.remove(name).getAsJsonArray();
            JsonArray wanted = expected.remove(name).getAsJsonArray();
            if (items.size() != wanted.size()) {
                return false;
            }
            for (int i = 0; i < items.size(); i++) {
                boolean same = name.equals("floats")
                        ? items.get(i).getAsDouble() == wanted.get(i).getAsDouble()
                        : items.get(i).getAsString().equals(wanted.get(i).getAsString());
                if (!same) {
                    return false;
                }
            }
        }
        return found.equals(expected);
    }

    private Segment segment(Document document, String name, Dtype dtype, long... shape) throws Fault {
        Segment segment = document.root().get(name).asSegment();
        boolean right = segment.dtype() == dtype && Arrays.equals(segment.shape(), shape) && !segment.isList()
                && !segment.isScalar();
        Fault.require(right, name + " is " + segment);
        return segment;
    }

    private void floats(ByteBuffer bytes, DoubleBuffer found, int count) throws Fault {
        begin("floats", bytes, found, count);
        for (int i = 0; i < count; i++) {
            if (found.get(i) != Content.floatAt(request.seed, i)) {
                throw new Fault("floats[" + i + "] is " + found.get(i) + ", not " + Content.floatAt(request.seed, i));
            }
        }
    }

    private void longs(ByteBuffer bytes, LongBuffer found, int count) throws Fault {
        begin("longs", bytes, found, count);
        for (int i = 0; i < count; i++) {
            if (found.get(i) != Content.longAt(request.seed, i)) {
                throw new Fault("longs[" + i + "] is " + found.get(i) + ", not " + Content.longAt(request.seed, i));
            }
        }
    }

    private void ints(ByteBuffer bytes, IntBuffer found, int count) throws Fault {
        begin("ints", bytes, found, count);
        for (int i = 0; i < count; i++) {
            if (found.get(i) != Content.intAt(request.seed, i)) {
                throw new Fault("ints[" + i + "] is " + found.get(i) + ", not " + Content.intAt(request.seed, i));
            }
        }
    }

    private void marks(ByteBuffer found, int count) throws Fault {
        begin("marks", found, found, count);
        for (int i = 0; i < count; i++) {
            if (found.get(i) != Content.markAt(request.seed, i)) {
                throw new Fault("marks[" + i + "] is " + found.get(i) + ", not " + Content.markAt(request.seed, i));
            }
        }
    }

    private void begin(String name, ByteBuffer bytes, Buffer found, int count) throws Fault {
        arrays.add(place(name, bytes));
        Fault.require(found.isReadOnly() && found.isDirect(), name + " can be written to, or is a copy");
        Fault.require(found.remaining() == count, name + " has " + found.remaining() + " items");
    }

    private void listed(Node list, String name) throws Fault {
        Fault.require(list.type() == ValueType.ARRAY, name + " is no list");
        int i = 0;
        for (Node item : list.elements()) {
            boolean same = name.equals("floats")
                    ? item.asDouble() == Content.floatAt(request.seed, i)
                    : item.asLong() == Content.longAt(request.seed, i);
            Fault.require(same, name + "[" + i + "] differs");
            i++;
        }
        Fault.require(i == request.count, name + " has " + i + " items");
    }

    /** What a document holds beside {@code columns} columns. */
    private void plain(Node root, int columns) throws Fault {
        Node nested = root.get("nested");
        Node tags = nested.get("tags");
        boolean same = root.size() == 6 + columns
                && root.get("name").asString().equals(Content.NAME)
                && root.get("none").isNil()
                && root.get("yes").asBoolean()
                && root.get("ratio").asDouble() == Content.RATIO
                && root.get("seed").asLong() == request.seed
                && nested.get("least").asLong() == Long.MIN_VALUE
                && nested.get("most").asLong() == Long.MAX_VALUE
                && tags.size() == Content.TAGS.length;
        for (int i = 0; same && i < Content.TAGS.length; i++) {
            same = tags.at(i).asString().equals(Content.TAGS[i]);
        }
        Fault.require(same, "what is beside the columns differs");
    }

    private void stream(View view) throws Fault {
        Fault.require(view.format() == DataFormat.ARROW, "no arrow");
        ByteBuffer rest = view.buffer();
        frame(rest, "head");
        ByteBuffer floats = column(rest);
        frame(rest, "between");
        ByteBuffer longs = column(rest);
        frame(rest, "tail");
        Fault.require(!rest.hasRemaining(), rest.remaining() + " bytes after the stream");
        floats(floats, floats.asDoubleBuffer(), request.count);
        longs(longs, longs.asLongBuffer(), request.count);
    }

    private void frame(ByteBuffer rest, String part) throws Fault {
        byte[] expected = request.frame(part);
        Fault.require(rest.remaining() >= expected.length, "the stream ends too early");
        byte[] found = new byte[expected.length];
        rest.get(found);
        Fault.require(Arrays.equals(found, expected), "the frame differs in its " + part);
    }

    private ByteBuffer column(ByteBuffer rest) throws Fault {
        int size = 8 * request.count;
        Fault.require(rest.remaining() >= size, "the stream ends too early");
        ByteBuffer column = rest.slice().order(ByteOrder.LITTLE_ENDIAN);
        column.limit(size);
        rest.position(rest.position() + size);
        return column;
    }
}
