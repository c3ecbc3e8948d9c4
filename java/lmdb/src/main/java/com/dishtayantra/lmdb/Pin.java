package com.dishtayantra.lmdb;

import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A native view, shared by the views of an entry that this JVM has at a time, so that looking at the same entry again and
 * again leaves nothing for the garbage collector to find.
 *
 * <p>It ends when its base buffer is unreachable, or when the last view is closed and no buffer was handed out.
 */
final class Pin implements Runnable {
    /** By the payload's address, which no other payload has while this one is pinned. */
    private static final ConcurrentHashMap<Long, Pin> PINS = new ConcurrentHashMap<>();

    /** Bit of the state: the pin is over, or about to be. */
    private static final int ENDED = 1;
    /** Bit of the state: buffers were handed out, so that closing views does not end the pin. */
    private static final int HANDED_OUT = 2;
    /** One view in the state. */
    private static final int VIEW = 4;

    final Handle handle;
    final long entryId;
    /** The key of {@link #PINS}, kept so that ending needs no memory. */
    private final Long address;
    private final long size;
    private final WeakReference<ByteBuffer> base;
    private final Cleaner.Cleanable cleanable;
    /** {@link #ENDED}, {@link #HANDED_OUT}, and the views that are open, counted in steps of {@link #VIEW}. */
    private final AtomicInteger state = new AtomicInteger(ENDED);

    private Pin(Handle handle, ByteBuffer base, long entryId, long address, long size) {
        this.handle = handle;
        this.entryId = entryId;
        this.address = address;
        this.size = size;
        this.base = new WeakReference<>(base);
        cleanable = Handle.CLEANER.register(base, this);
    }

    /** A pin with its first view. It owns the native view from its return on, not when it throws. */
    static Pin of(Handle handle, long pointer, ByteBuffer base, long entryId, long address, long size) {
        Pin pin = new Pin(handle, base, entryId, address, size);
        PINS.put(pin.address, pin);
        handle.own(pointer);
        pin.state.set(VIEW);
        return pin;
    }

    /** The pin of the payload at an address; null when there is none. */
    static Pin at(long address) {
        return PINS.get(address);
    }

    /** Adds a view of the entry; null when the pin is over. */
    ByteBuffer join() {
        ByteBuffer alive = base.get();
        if (alive == null) {
            return null;
        }
        int now = state.get();
        while ((now & ENDED) == 0) {
            if (state.compareAndSet(now, now + VIEW)) {
                return alive;
            }
            now = state.get();
        }
        return null;
    }

    /** A view was closed. */
    void part() {
        int now = state.get();
        int then = parted(now);
        while (!state.compareAndSet(now, then)) {
            now = state.get();
            then = parted(now);
        }
        if ((then & ENDED) != 0) {
            cleanable.clean();
        }
    }

    private static int parted(int state) {
        int left = state - VIEW;
        return left == 0 ? ENDED : left;
    }

    /**
     * A buffer is handed out by a caller that holds the base buffer.
     *
     * @throws StoreClosedException the last view was closed meanwhile, before any buffer was handed out
     */
    void handOut() {
        int now = state.get();
        while ((now & HANDED_OUT) == 0) {
            if ((now & ENDED) != 0) {
                throw Handle.closed("view");
            }
            if (state.compareAndSet(now, now | HANDED_OUT)) {
                Pressure.add(size);
                return;
            }
            now = state.get();
        }
    }

    /** Ends the pin: no buffer can be reached any more, or there never was one. */
    @Override
    public void run() {
        int before = state.get();
        while (!state.compareAndSet(before, before | ENDED)) {
            before = state.get();
        }
        handle.close();
        if ((before & HANDED_OUT) != 0) {
            Pressure.remove(size);
        }
        PINS.remove(address, this);
    }
}
