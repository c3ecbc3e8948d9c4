package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.util.Objects;

/** The parts of a payload as the native library takes them: direct buffers and arrays, each with its range. */
final class Parts {
    /** Direct {@link ByteBuffer}s and {@code byte[]}s. */
    final Object[] sources;
    /** Of each source where its part begins, the part's length, and 1 when it is an array. */
    final int[] ranges;

    private Parts(int count) {
        sources = new Object[count];
        ranges = new int[3 * count];
    }

    static Parts of(byte[] payload) {
        if (payload == null) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "the payload is null");
        }
        Parts parts = new Parts(1);
        parts.set(0, payload, 0, payload.length);
        return parts;
    }

    /** The remaining bytes of each buffer; positions stay as they are. */
    static Parts of(ByteBuffer... buffers) {
        Parts parts = new Parts(Objects.requireNonNull(buffers, "parts").length);
        for (int i = 0; i < buffers.length; i++) {
            ByteBuffer buffer = buffers[i];
            if (buffer == null) {
                throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "part " + i + " of the payload is null");
            }
            if (buffer.isDirect()) {
                parts.set(i, buffer, buffer.position(), buffer.remaining());
            } else if (buffer.hasArray()) {
                parts.set(i, buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining());
            } else {
                byte[] copy = new byte[buffer.remaining()];
                buffer.duplicate().get(copy);
                parts.set(i, copy, 0, copy.length);
            }
        }
        return parts;
    }

    private void set(int index, Object source, int offset, int length) {
        sources[index] = source;
        ranges[3 * index] = offset;
        ranges[3 * index + 1] = length;
        ranges[3 * index + 2] = source instanceof byte[] ? 1 : 0;
    }
}
