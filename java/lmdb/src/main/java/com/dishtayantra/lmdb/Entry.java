package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.util.Objects;

/** One entry of {@link Database#putMany}. The payload is read when it is put and belongs to the caller. */
public final class Entry {
    final byte[] key;
    final PutOptions options;
    final Parts parts;

    private Entry(byte[] key, PutOptions options, Parts parts) {
        this.key = key;
        this.options = Objects.requireNonNull(options, "options");
        this.parts = parts;
    }

    /** An entry whose payload is an array. */
    public static Entry of(String key, byte[] payload, PutOptions options) {
        return new Entry(Texts.encode("key", key), options, Parts.of(payload));
    }

    /** An entry whose payload is the remaining bytes of buffers, joined in their order. */
    public static Entry of(String key, PutOptions options, ByteBuffer... parts) {
        return new Entry(Texts.encode("key", key), options, Parts.of(parts));
    }

    /** An entry whose key is bytes. */
    public static Entry of(byte[] key, PutOptions options, ByteBuffer... parts) {
        return new Entry(Database.key(key), options, Parts.of(parts));
    }
}
