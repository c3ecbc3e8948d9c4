import com.dishtayantra.lmdb.DataFormat;
import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Loan;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.Writer;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Puts a payload in each format. */
final class Writing {
    private Writing() {}

    static void write(Store store, Request request) {
        switch (request.format) {
            case "json":
                byte[] text = document(request).toString().getBytes(StandardCharsets.UTF_8);
                store.put(request.key, text, request.options.format(DataFormat.JSON));
                break;
            case "msgpack":
                writeMsgpack(store, request);
                break;
            case "segments":
                writeSegments(store, request);
                break;
            case "raw":
                writeRaw(store, request);
                break;
            case "numpy":
                Segment rows = Segment.of(Dtype.FLOAT64, bytes(Content.floats(request.seed, 2 * request.count)),
                        request.count, 2);
                store.put(request.key, request.options.format(DataFormat.NUMPY), rows.toNpy());
                break;
            case "Fortran numpy":
                Segment columns = Segment.of(Dtype.FLOAT64, bytes(Content.floats(request.seed, 2 * request.count)),
                        request.count, 2).inFortranOrder();
                store.put(request.key, request.options.format(DataFormat.NUMPY), columns.toNpy());
                break;
            case "arrow":
                store.put(request.key, request.options.format(DataFormat.ARROW), ByteBuffer.wrap(request.frame("head")),
                        bytes(Content.floats(request.seed, request.count)), ByteBuffer.wrap(request.frame("between")),
                        bytes(Content.longs(request.seed, request.count)), ByteBuffer.wrap(request.frame("tail")));
                break;
            case "table":
                try (Writer writer = new Writer()) {
                    writer.map(2).key("seed").uint64(request.seed).key("table").table(request.origin, Tables.made(request));
                    writer.put(store, request.key, request.options);
                }
                break;
            default:
                throw new IllegalArgumentException("no format " + request.format);
        }
    }

    /** The whole document, its columns as lists. */
    static JsonObject document(Request request) {
        JsonArray tags = new JsonArray();
        for (String tag : Content.TAGS) {
            tags.add(tag);
        }
        JsonObject nested = new JsonObject();
        nested.add("tags", tags);
        nested.addProperty("least", Long.MIN_VALUE);
        nested.addProperty("most", Long.MAX_VALUE);
        JsonArray floats = new JsonArray();
        JsonArray longs = new JsonArray();
        for (int i = 0; i < request.count; i++) {
            floats.add(Content.floatAt(request.seed, i));
            longs.add(Content.longAt(request.seed, i));
        }
        JsonObject document = new JsonObject();
        document.addProperty("name", Content.NAME);
        document.add("none", JsonNull.INSTANCE);
        document.addProperty("yes", true);
        document.addProperty("ratio", Content.RATIO);
        document.add("nested", nested);
        document.addProperty("seed", request.seed);
        document.add("floats", floats);
        document.add("longs", longs);
        return document;
    }

    /** Everything of a document but its columns, of which {@code columns} follow. */
    private static void writePlain(Writer writer, Request request, int columns) {
        writer.map(6 + columns).key("name").string(Content.NAME).key("none").nil().key("yes").bool(true);
        writer.key("ratio").float64(Content.RATIO).key("seed").uint64(request.seed);
        writer.key("nested").map(3).key("tags").array(Content.TAGS.length);
        for (String tag : Content.TAGS) {
            writer.string(tag);
        }
        writer.key("least").int64(Long.MIN_VALUE).key("most").int64(Long.MAX_VALUE);
    }

    private static void writeMsgpack(Store store, Request request) {
        try (Writer writer = new Writer()) {
            writePlain(writer, request, 2);
            writer.key("floats").array(request.count);
            for (int i = 0; i < request.count; i++) {
                writer.float64(Content.floatAt(request.seed, i));
            }
            writer.key("longs").array(request.count);
            for (int i = 0; i < request.count; i++) {
                writer.int64(Content.longAt(request.seed, i));
            }
            writer.put(store, request.key, request.options);
        }
    }

    private static void writeSegments(Store store, Request request) {
        long seed = request.seed;
        int count = request.count;
        try (Writer writer = new Writer()) {
            writePlain(writer, request, 4);
            writer.key("marks").segment(ByteBuffer.wrap(Content.marks(seed, 2 * count + 1)));
            writer.key("floats").segment(Content.floats(seed, count));
            writer.key("ints").segment(Content.ints(seed, count));
            writer.key("longs").segment(Segment.of(Dtype.INT64, bytes(Content.longs(seed, count)), count, 1));
            writer.put(store, request.key, request.options);
        }
    }

    private static void writeRaw(Store store, Request request) {
        if (request.isInline) {
            store.put(request.key, request.options, bytes(Content.longs(request.seed, request.count)));
            return;
        }
        try (Loan loan = store.loan(8L * request.count)) {
            loan.longs().put(Content.longs(request.seed, request.count));
            loan.publish(request.key, request.options);
        }
    }

    private static ByteBuffer bytes(double[] items) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(8 * items.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(items);
        return bytes;
    }

    private static ByteBuffer bytes(long[] items) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(8 * items.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(items);
        return bytes;
    }
}
