package com.dishtayantra.lmdb;

import static java.lang.ref.Reference.reachabilityFence;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * A payload in place, read-only. It stays as it is, whatever happens to the entry, for as long as anything of it can be
 * reached: the pin ends when the last buffer, slice or typed view of it is unreachable or, when none was handed out, at
 * {@link #close}. So buffers may be kept and passed on freely, also after the view was closed; keeping one keeps the
 * payload's room in the store.
 *
 * <p>A closed view hands out nothing new: its methods throw {@link StoreClosedException}. All methods may be called from
 * any thread. Buffers are little-endian; like all buffers each serves one thread at a time, but any number of duplicates
 * may read at once.
 */
public final class View implements AutoCloseable {
    private static final int TXN_ID = 1;
    private static final int SOURCE = 2;
    private static final int TARGET = 3;
    private static final int KEY = 4;

    /** Answers of the native library: no live entry, and the one that is known. */
    private static final int ABSENT = 0;
    private static final int KNOWN = 1;

    /** Longs in which the engine tells of an array: dtype, unit, flags, dimensions, items' position, size, shape. */
    private static final int ARRAY_TOLD = 6 + 64;
    private static final int FORTRAN = 1;
    private static final int BIG_ENDIAN = 2;

    private final Pin pin;
    private final long[] told;
    /**
     * The front of the payload, all of it up to 2 GiB - 1; null in a closed view. Whatever is handed out of it keeps it
     * reachable.
     */
    private volatile ByteBuffer base;

    private static final AtomicReferenceFieldUpdater<View, ByteBuffer> BASE =
            AtomicReferenceFieldUpdater.newUpdater(View.class, ByteBuffer.class, "base");

    private View(Pin pin, ByteBuffer base, long[] told) {
        this.pin = pin;
        this.base = base;
        this.told = told;
    }

    /**
     * A view of an entry; null when there is no live one.
     *
     * @param seen pins of entries that were looked at, by the hashes of their keys: when the live entry is the same one its
     *     pin serves once more
     */
    static View open(long store, byte[] database, byte[] key, int flags, Pin[] seen) {
        int at = Arrays.hashCode(key) & (seen.length - 1);
        Pin pin = seen[at];
        ByteBuffer base = pin == null ? null : pin.join();
        int found = ABSENT;
        Call call = Call.of(database, key);
        try {
            found = open(store, call.address, flags, base == null ? 0 : pin.entryId);
        } finally {
            if (base != null && found != KNOWN) {
                pin.part();
            }
            reachabilityFence(call);
        }
        if (found == KNOWN) {
            return joined(pin, base, call);
        }
        if (found == ABSENT) {
            return null;
        }
        View view = of(call);
        // Not one that is a copy: when it is known again, what is told says nothing of that.
        if ((view.told[7] & Info.COPIED) == 0) {
            seen[at] = view.pin;
        }
        return view;
    }

    /** The view of what the engine told: the envelope's numbers, the native view, the payload's address. */
    static View of(Call call) {
        long pointer = call.told(Info.TOLD);
        Pin pin;
        ByteBuffer base;
        try {
            long entryId = call.told(0);
            long address = call.told(Info.TOLD + 1);
            pin = Pin.at(address);
            base = pin == null || pin.entryId != entryId ? null : pin.join();
            if (base == null) {
                long size = call.told(1);
                Handle handle = new Handle(Handle.Kind.VIEW);
                base = range(pointer, 0, Math.min(size, Integer.MAX_VALUE));
                pin = Pin.of(handle, pointer, base, entryId, address, size);
                pointer = 0;
            }
        } finally {
            release(pointer);
        }
        return joined(pin, base, call);
    }

    /** A view of a pin that was joined for it. */
    private static View joined(Pin pin, ByteBuffer base, Call call) {
        try {
            return new View(pin, base, call.toldAll(Info.TOLD));
        } catch (Throwable failure) {
            pin.part();
            throw failure;
        }
    }

    /** Bytes of the payload. */
    public long size() {
        return told[1];
    }

    /** Format of the payload. */
    public DataFormat format() {
        return DataFormat.of((int) told[6]);
    }

    /** What is stored with the payload, as it was when the view was opened. */
    public Info info() {
        long pointer = enter();
        try {
            return new Info(text(pointer, KEY), text(pointer, TXN_ID), text(pointer, SOURCE), text(pointer, TARGET),
                    told.clone());
        } finally {
            leave();
        }
    }

    /**
     * What is stored with the payload.
     *
     * @deprecated use {@link #info}
     */
    @Deprecated
    public Envelope envelope() {
        return info();
    }

    /**
     * The whole payload.
     *
     * @throws TooLargeException over 2 GiB - 1, more than a buffer can span: use {@link #buffers} or {@link
     *     #buffer(long, long)}
     */
    public ByteBuffer buffer() {
        if (size() > Integer.MAX_VALUE) {
            throw new TooLargeException("a payload of " + size() + " bytes: a ByteBuffer spans " + Integer.MAX_VALUE
                    + " at most; take buffers() or buffer(offset, length)");
        }
        return front();
    }

    /**
     * A part of the payload, in place.
     *
     * @throws InvalidArgumentException the part is not inside the payload, or over 2 GiB - 1
     */
    public ByteBuffer buffer(long offset, long length) {
        if (offset < 0 || length < 0 || offset > size() - length || length > Integer.MAX_VALUE) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, length + " bytes at " + offset
                    + " of a payload of " + size() + "; a ByteBuffer spans " + Integer.MAX_VALUE + " at most");
        }
        if (offset + length <= Integer.MAX_VALUE) {
            ByteBuffer part = front();
            part.position((int) offset).limit((int) (offset + length));
            return part.slice().order(ByteOrder.LITTLE_ENDIAN);
        }
        return far(offset, length);
    }

    /** The whole payload as buffers of up to 1 GiB each; one when it is no larger. */
    public List<ByteBuffer> buffers() {
        final long most = 1L << 30;
        List<ByteBuffer> buffers = new ArrayList<>();
        long offset = 0;
        do {
            long length = Math.min(most, size() - offset);
            buffers.add(buffer(offset, length));
            offset += length;
        } while (offset < size());
        return buffers;
    }

    /** A raw payload as doubles. Throws {@link InvalidArgumentException} when its size is no multiple of 8. */
    public DoubleBuffer doubles() {
        return items(Double.BYTES).asDoubleBuffer();
    }

    /** A raw payload as floats. Throws {@link InvalidArgumentException} when its size is no multiple of 4. */
    public FloatBuffer floats() {
        return items(Float.BYTES).asFloatBuffer();
    }

    /** A raw payload as longs. Throws {@link InvalidArgumentException} when its size is no multiple of 8. */
    public LongBuffer longs() {
        return items(Long.BYTES).asLongBuffer();
    }

    /** A raw payload as ints. Throws {@link InvalidArgumentException} when its size is no multiple of 4. */
    public IntBuffer ints() {
        return items(Integer.BYTES).asIntBuffer();
    }

    /** A raw payload as shorts. Throws {@link InvalidArgumentException} when its size is no multiple of 2. */
    public ShortBuffer shorts() {
        return items(Short.BYTES).asShortBuffer();
    }

    /**
     * The array of a payload in format numpy: in place, or a copy when it is not little-endian.
     *
     * @throws BadFormatException the payload has another format
     * @throws CorruptException it is no {@code .npy} image
     * @throws InvalidArgumentException its items are none that a {@link Dtype} is of
     */
    public Segment array() {
        require(DataFormat.NUMPY, "array");
        long[] array = new long[ARRAY_TOLD];
        long pointer = enter();
        try {
            array(pointer, array);
        } finally {
            leave();
        }
        Dtype dtype = Dtype.of((int) array[0]);
        ByteBuffer items = buffer(array[4], array[5]);
        if ((array[2] & BIG_ENDIAN) != 0) {
            items = turned(items, dtype.isComplex() ? dtype.itemSize() / 2 : dtype.itemSize());
        }
        int shape = ARRAY_TOLD - 64;
        return new Segment(dtype, Unit.of((int) array[1]), Arrays.copyOfRange(array, shape, shape + (int) array[3]), 0,
                (array[2] & FORTRAN) != 0, items);
    }

    /** A copy of items with the bytes of each in the other order. */
    private static ByteBuffer turned(ByteBuffer items, int size) {
        ByteBuffer turned = ByteBuffer.allocate(items.remaining());
        for (int i = 0; i < turned.capacity(); i++) {
            turned.put(i, items.get(i - i % size + size - 1 - i % size));
        }
        return turned;
    }

    /**
     * A payload in format msgpack as a document that is walked in place. It can be used until the view is closed.
     *
     * @throws BadFormatException the payload has another format
     */
    public Document document() {
        require(DataFormat.MSGPACK, "document");
        return new Document(this);
    }

    /**
     * Compares the payload with the checksum it was put with, if there is one. Reads all of it.
     *
     * @throws CorruptException they differ; the message names the key
     */
    public void verify() {
        long pointer = enter();
        try {
            verify(pointer);
        } finally {
            leave();
        }
    }

    /** Whether the view was closed. */
    public boolean isClosed() {
        return base == null;
    }

    /** Closes the view; buffers it handed out stay valid. Closing again does nothing. */
    @Override
    public void close() {
        if (BASE.getAndSet(this, null) != null) {
            pin.part();
        }
    }

    /** Begins a native call on the view; {@link #leave} ends it. */
    long enter() {
        if (isClosed()) {
            throw Handle.closed("view");
        }
        return pin.handle.enter();
    }

    void leave() {
        pin.handle.leave();
    }

    /** A copy of a part of the payload, for texts and the like. */
    byte[] copy(long offset, long length) {
        byte[] bytes = new byte[Math.toIntExact(length)];
        if (offset + length > Integer.MAX_VALUE) {
            far(offset, length).get(bytes);
            return bytes;
        }
        // Closing meanwhile must not end the pin.
        enter();
        try {
            ByteBuffer part = open().duplicate();
            part.position((int) offset);
            part.get(bytes);
        } finally {
            leave();
        }
        return bytes;
    }

    private ByteBuffer front() {
        ByteBuffer front = open();
        pin.handOut();
        return front.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer open() {
        ByteBuffer open = base;
        if (open == null) {
            throw Handle.closed("view");
        }
        return open;
    }

    /** A part beyond the front. The view stays pinned until its last buffer is unreachable, too. */
    private ByteBuffer far(long offset, long length) {
        long pointer = enter();
        ByteBuffer part;
        try {
            part = range(pointer, offset, length);
            Handle.CLEANER.register(part, pin.handle.leaving());
        } catch (Throwable failure) {
            leave();
            throw failure;
        }
        return part.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer items(int size) {
        if (size() % size != 0) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "a payload of " + size() + " bytes is no row of items of " + size);
        }
        return buffer();
    }

    private void require(DataFormat wanted, String what) {
        if (format() != wanted) {
            throw new BadFormatException("entry \"" + info().key() + "\": a payload in format " + format()
                    + " has no " + what + "; " + wanted + " has");
        }
    }

    private static native int open(long store, long call, int flags, long known);

    private static native ByteBuffer range(long view, long offset, long length);

    private static native byte[] text(long view, int field);

    private static native void verify(long view);

    private static native void array(long view, long[] told);

    static native void release(long view);
}
