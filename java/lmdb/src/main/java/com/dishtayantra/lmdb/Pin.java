package com.dishtayantra.lmdb;

import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A native view, shared by the views of an entry that this JVM has at a time, so that looking at the same entry again and
 * again leaves nothing for the garbage collector to find.
 *
 * <p>It ends when its base buffer is unreachable, or when the last view is closed and no buffer was handed out.
 */
final class Pin implements Runnable {
    /** By the payload's address, which no other payload has while this one is pinned. */
    private static final ConcurrentHashMap<Long, Pin> PINS = new ConcurrentHashMap<>();

    final Handle handle;
    private final long entryId;
    private final long address;
    private final long size;
    private final WeakReference<ByteBuffer> base;
    private final Cleaner.Cleanable cleanable;
    private int views = 1;
    private boolean handedOut;
    private boolean ended;

    /** A pin with its first view. */
    Pin(Handle handle, ByteBuffer base, long entryId, long address, long size) {
        this.handle = handle;
        this.entryId = entryId;
        this.address = address;
        this.size = size;
        this.base = new WeakReference<>(base);
        cleanable = Handle.CLEANER.register(base, this);
        PINS.put(address, this);
    }

    /** The pin of the payload at an address; null when there is none. */
    static Pin at(long address) {
        return PINS.get(address);
    }

    /** Adds a view of the entry; null when this is another entry's, or is over. */
    synchronized ByteBuffer join(long entry) {
        ByteBuffer alive = ended || entry != entryId ? null : base.get();
        if (alive != null) {
            views++;
        }
        return alive;
    }

    /** A view was closed. */
    synchronized void part() {
        views--;
        if (views == 0 && !handedOut) {
            cleanable.clean();
        }
    }

    /** A buffer is handed out. */
    void handOut() {
        synchronized (this) {
            if (handedOut) {
                return;
            }
            handedOut = true;
        }
        Pressure.add(size);
    }

    /** Ends the pin: no buffer can be reached any more, or there never was one. */
    @Override
    public void run() {
        boolean counted;
        synchronized (this) {
            ended = true;
            counted = handedOut;
        }
        PINS.remove(address, this);
        handle.close();
        if (counted) {
            Pressure.remove(size);
        }
    }
}
