package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.Database;
import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.Dtype;
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
import java.util.Map;
import java.util.UUID;

/** Payloads in a store as the maps that calculators take. */
final class Payloads {
    /** What a payload that is no map is called. */
    static final String VALUES = "values";

    private Payloads() {}

    /** A payload as a map. Throws {@link IllegalArgumentException} for formats that cannot be calculated on here. */
    static Map<String, Object> of(View view) {
        switch (view.format()) {
            case MSGPACK:
                return of(view.document());
            case NUMPY:
                return values(view.array());
            case RAW:
                return values(doubles(view.buffer()));
            default:
                throw new IllegalArgumentException("entry '" + view.info().key() + "': format " + view.format()
                        + " cannot be calculated on in Java; msgpack, numpy and raw can");
        }
    }

    static Map<String, Object> of(Document document) {
        Node root = document.root();
        return root.type() == ValueType.MAP ? root.toMap() : values(root.toObject());
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

    /** A copy of a payload without the names of the protocol that came beside it. */
    static Map<String, Object> withoutProtocol(Map<String, Object> data) {
        Map<String, Object> payload = new LinkedHashMap<>(data);
        payload.keySet().removeIf(key -> key.startsWith("_lmdb_") || key.equals(Reference.TXN_ID));
        return payload;
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
