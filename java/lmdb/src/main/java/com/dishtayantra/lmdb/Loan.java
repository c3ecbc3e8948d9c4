package com.dishtayantra.lmdb;

import java.lang.ref.Cleaner;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * Room in a store, lent to one producer to build a payload in place and publish it. No lock is held meanwhile; a loan
 * that is closed, or whose process dies, leaves nothing behind.
 *
 * <pre>{@code
 * try (Loan loan = store.loan(8L * n)) {
 *     DoubleBuffer values = loan.doubles();
 *     ...
 *     loan.publish("prices", PutOptions.defaults());
 * }
 * }</pre>
 *
 * <p>Publishing or closing ends the use of the loan's buffers. Those it handed out have no room any more from then on
 * (their limit is 0, so putting throws). What the program derived from them itself (a slice, a duplicate, a typed
 * view, a buffer whose limit it raised again, as {@code clear()} does) is out of reach. The memory stays mapped, so nothing
 * crashes. What such a buffer can still do:
 *
 * <ul>
 *   <li>after {@link #close}, nothing to others: the room is given back when no buffer over it can be reached any more;
 *   <li>after publishing, change the published entry, and once that is deleted, replaced or expired, <em>any</em> later
 *       entry or loan of the store, of whatever program; reading shows its bytes;
 *   <li>the same after publishing was refused, and beyond the bytes that were published;
 *   <li>with the system property {@code dishtayantra.lmdb.retainLoans=true} no other entry than the published one: its
 *       room serves nothing else before no buffer over it can be reached. That makes loans slower, see docs/java.md.
 * </ul>
 *
 * <p>So keep no slice, duplicate or typed view of a loan's buffers beyond publishing.
 *
 * <p>One thread at a time calls a loan's methods; calls by several are safe and one after the other. Several threads may
 * fill its buffers.
 */
public final class Loan implements AutoCloseable {
    /** Property: what was published is pinned until no buffer over it can be reached. */
    static final String RETAIN_PROPERTY = "dishtayantra.lmdb.retainLoans";

    private static final boolean RETAINS = Boolean.getBoolean(RETAIN_PROPERTY);
    /** Flag of publishing that says so to the native library. */
    private static final int RETAIN = 8;

    private final Handle handle;
    private final byte[] database;
    private final long size;
    private final Room room;
    private final Cleaner.Cleanable cleanable;
    /** The front of the loan; keeps the memory mapped for as long as anything of it can be reached. */
    private ByteBuffer base;
    private final List<Buffer> handedOut = new ArrayList<>();

    private Loan(Handle handle, ByteBuffer base, byte[] database, long size) {
        this.handle = handle;
        this.base = base;
        this.database = database;
        this.size = size;
        room = new Room(handle, size);
        cleanable = Handle.CLEANER.register(base, room);
    }

    /** The loan that was told through a call. */
    private static Loan told(Call call, Handle handle, ByteBuffer base, byte[] database, long size) {
        handle.own(call.told(0));
        try {
            return new Loan(handle, base, database, size);
        } catch (Throwable failure) {
            handle.close();
            throw failure;
        }
    }

    /** Takes a loan of a store. */
    static Loan open(long store, byte[] database, long size) {
        checked(size);
        Call call = Call.plain();
        Handle handle = new Handle(Handle.Kind.LOAN);
        return told(call, handle, open(store, call.address, size), database, size);
    }

    /** Takes a loan of the store that a reference names. */
    static Loan openOutput(long reference, byte[] database, long size) {
        checked(size);
        Call call = Call.plain();
        Handle handle = new Handle(Handle.Kind.LOAN);
        return told(call, handle, openOutput(reference, call.address, size), database, size);
    }

    private static void checked(long size) {
        if (size < 0) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "a loan of " + size + " bytes");
        }
    }

    /** Bytes that were lent. */
    public long size() {
        return size;
    }

    /**
     * All of the loan: little-endian, 64-byte aligned; what it holds at first is of no meaning.
     *
     * @throws StoreClosedException after the loan was published or closed
     * @throws TooLargeException over 2 GiB - 1, more than a buffer can span: use {@link #buffer(long, long)}
     */
    public ByteBuffer buffer() {
        if (size > Integer.MAX_VALUE) {
            throw new TooLargeException("a loan of " + size + " bytes: a ByteBuffer spans " + Integer.MAX_VALUE
                    + " at most; take buffer(offset, length)");
        }
        return buffer(0, size);
    }

    /**
     * A part of the loan.
     *
     * @throws InvalidArgumentException the part is not inside the loan, or over 2 GiB - 1
     */
    public synchronized ByteBuffer buffer(long offset, long length) {
        if (offset < 0 || length < 0 || offset > size - length || length > Integer.MAX_VALUE) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, length + " bytes at " + offset + " of a loan of "
                    + size + "; a ByteBuffer spans " + Integer.MAX_VALUE + " at most");
        }
        return kept(part(offset, length));
    }

    /** A part of the loan that does not leave this package. */
    synchronized ByteBuffer part(long offset, long length) {
        requireOpen();
        ByteBuffer part;
        if (offset + length <= Integer.MAX_VALUE) {
            ByteBuffer front = base.duplicate();
            front.position((int) offset).limit((int) (offset + length));
            part = front.slice();
        } else {
            long pointer = handle.enter();
            ByteBuffer far;
            try {
                far = range(pointer, offset, length);
                Handle.CLEANER.register(far, handle.leaving());
            } catch (Throwable failure) {
                handle.leave();
                throw failure;
            }
            part = far.duplicate();
        }
        return part.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Runs something with the native loan, which is neither published nor closed meanwhile. */
    synchronized void use(LongConsumer body) {
        requireOpen();
        long pointer = handle.enter();
        try {
            body.accept(pointer);
        } finally {
            handle.leave();
        }
    }

    /** All of the loan as doubles; as {@link #buffer()}. The size must be a multiple of 8. */
    public DoubleBuffer doubles() {
        return kept(items(Double.BYTES).asDoubleBuffer());
    }

    /** All of the loan as floats; as {@link #buffer()}. The size must be a multiple of 4. */
    public FloatBuffer floats() {
        return kept(items(Float.BYTES).asFloatBuffer());
    }

    /** All of the loan as longs; as {@link #buffer()}. The size must be a multiple of 8. */
    public LongBuffer longs() {
        return kept(items(Long.BYTES).asLongBuffer());
    }

    /** All of the loan as ints; as {@link #buffer()}. The size must be a multiple of 4. */
    public IntBuffer ints() {
        return kept(items(Integer.BYTES).asIntBuffer());
    }

    /** All of the loan as shorts; as {@link #buffer()}. The size must be a multiple of 2. */
    public ShortBuffer shorts() {
        return kept(items(Short.BYTES).asShortBuffer());
    }

    /** Publishes all of the loan as an entry of the database it was taken from; see {@link #publish(byte[], long, PutOptions)}. */
    public Info publish(String key, PutOptions options) {
        return publish(Texts.encode("key", key), size, options);
    }

    /** Publishes the front of the loan; see {@link #publish(byte[], long, PutOptions)}. */
    public Info publish(String key, long bytes, PutOptions options) {
        return publish(Texts.encode("key", key), bytes, options);
    }

    /**
     * Publishes the front of the loan as an entry: in one step readers see it, whole, instead of what was under the key.
     * The loan is over then, also when publishing fails for another reason than an argument that cannot be.
     *
     * @param bytes how many from the first on; at most those that were lent
     * @throws LoanLostException the loan is no longer in the store: this process was taken for dead
     * @throws KeyExistsException a live entry is there and the options do not allow to overwrite
     * @throws StoreClosedException it was published or closed before
     * @throws MapFullException the store is full and nothing can be reclaimed
     */
    public synchronized Info publish(byte[] key, long bytes, PutOptions options) {
        Objects.requireNonNull(options, "options");
        requireOpen();
        Call call = Call.of(database, Database.key(key), options);
        long pointer = handle.enter();
        try {
            publish(pointer, call.address, bytes, options.format.code(), flags(options), options.ttlMs);
        } finally {
            left(call);
        }
        return new Info(key, options.txnId, options.source, options.target, call.toldAll(Info.TOLD));
    }

    /** Publishes the loan as the output that a reference asks for. */
    synchronized Info publishOutput(long reference, byte[] key, byte[] txnId, PutOptions options) {
        requireOpen();
        Call call = Call.of(database, key, options);
        long pointer = handle.enter();
        try {
            publishOutput(pointer, reference, call.address, options.format.code(), flags(options), options.ttlMs);
        } finally {
            left(call);
        }
        return new Info(key, options.txnId.length == 0 ? txnId : options.txnId, options.source, options.target,
                call.toldAll(Info.TOLD));
    }

    private int flags(PutOptions options) {
        return RETAINS && !handedOut.isEmpty() ? options.flags | RETAIN : options.flags;
    }

    /** After publishing, and also when it could not be published and the loan is over. */
    private void left(Call call) {
        handle.leave();
        if (call.told(Info.TOLD) != 0) {
            end(RETAINS);
        }
    }

    /** Whether the loan was published or closed. */
    public synchronized boolean isClosed() {
        return base == null;
    }

    /**
     * Gives the room back when the loan was not published; when buffers were handed out, once they cannot be reached any
     * more. Closing again does nothing.
     */
    @Override
    public synchronized void close() {
        if (base == null) {
            return;
        }
        try {
            if (handedOut.isEmpty()) {
                drop();
            }
        } finally {
            end(true);
        }
    }

    private void drop() {
        long pointer = handle.enter();
        try {
            drop(pointer);
        } finally {
            handle.leave();
        }
    }

    private void requireOpen() {
        if (base == null) {
            throw ended();
        }
    }

    /**
     * Ends the use of the buffers.
     *
     * @param retained the room is the store's again only when the buffers that were handed out are unreachable
     */
    private void end(boolean retained) {
        // By index: an iterator needs memory.
        for (int i = 0; i < handedOut.size(); i++) {
            handedOut.get(i).limit(0);
        }
        if (handedOut.isEmpty()) {
            base = null;
            cleanable.clean();
            return;
        }
        handedOut.clear();
        if (retained) {
            room.retain();
        }
        base = null;
    }

    private synchronized <B extends Buffer> B kept(B buffer) {
        requireOpen();
        handedOut.add(buffer);
        return buffer;
    }

    private ByteBuffer items(int itemSize) {
        if (size % itemSize != 0) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "a loan of " + size + " bytes is no row of items of " + itemSize);
        }
        return buffer();
    }

    private static StoreClosedException ended() {
        return new StoreClosedException(Status.CLOSED, "the loan was published or closed; take another");
    }

    /** What ends with the last buffer. */
    private static final class Room implements Runnable {
        private final Handle handle;
        private final long size;
        private volatile boolean retained;

        Room(Handle handle, long size) {
            this.handle = handle;
            this.size = size;
        }

        void retain() {
            retained = true;
            Pressure.add(size);
        }

        @Override
        public void run() {
            handle.close();
            if (retained) {
                Pressure.remove(size);
            }
        }
    }

    private static native ByteBuffer open(long store, long call, long size);

    private static native ByteBuffer openOutput(long reference, long call, long size);

    static native ByteBuffer range(long loan, long offset, long length);

    private static native void publish(long loan, long call, long bytes, int format, int flags, long ttlMs);

    private static native void publishOutput(long loan, long reference, long call, int format, int flags, long ttlMs);

    private static native void drop(long loan);

    static native void release(long loan);
}
