package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.BadFormatException;
import com.dishtayantra.lmdb.DataFormat;
import com.dishtayantra.lmdb.Database;
import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Extension;
import com.dishtayantra.lmdb.Node;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Reference;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.ValueType;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Payloads in a store as the maps that calculators take. */
final class Payloads {
    /** What a payload that is no map is called. */
    static final String VALUES = "values";

    /** Extensions of MessagePack: arrays in format numpy, Python's own types and tables, and what is kept for tables. */
    private static final Set<Integer> PYTHONS = Set.of(78, 80, 84);

    private Payloads() {}

    /** A payload as a map; throws as {@link #value} does. */
    static Map<String, Object> of(View view) {
        return view.format() == DataFormat.MSGPACK ? of(view.document()) : values(value(view));
    }

    /**
     * A payload as objects.
     *
     * @throws BadFormatException it is in a format, or holds a value of a type, that Java does not read
     */
    static Object value(View view) {
        switch (view.format()) {
            case MSGPACK:
                return readable(view.document().toObject(), "");
            case NUMPY:
                return view.array();
            case RAW:
                return doubles(view.buffer());
            default:
                throw new BadFormatException("entry '" + view.info().key() + "': format " + view.format()
                        + " cannot be calculated on in Java; msgpack, numpy and raw can");
        }
    }

    static Map<String, Object> of(Document document) {
        Node root = document.root();
        return root.type() == ValueType.MAP ? readable(root.toMap(), "") : values(readable(root.toObject(), ""));
    }

    /** The value itself, unless there is one in it that Python alone reads. */
    private static <T> T readable(T value, String path) {
        if (value instanceof Map) {
            ((Map<?, ?>) value).forEach((key, held) -> readable(held, path + "." + key));
        } else if (value instanceof List) {
            for (Object item : (List<?>) value) {
                if (item instanceof Map || item instanceof List || item instanceof Extension) {
                    readable(item, path);
                }
            }
        } else if (value instanceof Extension && PYTHONS.contains(((Extension) value).type())) {
            throw new BadFormatException("'" + path.substring(Math.min(1, path.length()))
                    + "' is a frame, or of another type that is read in Python alone");
        }
        return value;
    }

    private static Map<String, Object> values(Object payload) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(VALUES, payload);
        return map;
    }

    /** Raw bytes as the doubles they are. */
    static Segment doubles(ByteBuffer bytes) {
        int size = bytes.remaining();
        if (size % Double.BYTES != 0) {
            throw new IllegalArgumentException(size + " raw bytes are no whole number of float64");
        }
        return Segment.of(Dtype.FLOAT64, bytes, size / Double.BYTES);
    }

    /** A value in place in the store of a reference, where nobody else finds it; its room is free when the view is. */
    static View lodged(Reference reference, Writer writer) {
        try (Store store = reference.store()) {
            Database database = store.database(reference.get(Reference.DB_NAME).orElse(Store.DEFAULT_DATABASE));
            String key = "lodged:" + UUID.randomUUID();
            writer.put(database, key, PutOptions.defaults().ttl(Duration.ofMinutes(1)));
            View view = database.view(key);
            database.delete(key);
            return view;
        }
    }
}
