package com.dishtayantra.lmdb;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Payloads stay pinned until the garbage collector finds their buffers unreachable, and it knows nothing of the room
 * they take in the store. When much is pinned, or the store is full, it is asked to look.
 */
final class Pressure {
    /** Pins of a process that make it worthwhile to look at least, and at most; a store has 65,536 for all processes. */
    private static final int FEW_PINS = 1024;
    private static final int MANY_PINS = 4096;
    /** What a pin costs every put, which looks at all of them, in ns. */
    private static final double PIN_NS = 17;
    /** Pinned bytes that do. */
    private static final long FEW_BYTES = 512L << 20;
    /** How long the collector is given to find something. */
    private static final int PATIENCE_MS = 200;

    private static final AtomicInteger PINS = new AtomicInteger();
    private static final AtomicLong BYTES = new AtomicLong();
    private static volatile int pinsWorthwhile = FEW_PINS;
    private static volatile int pinsAllowed = FEW_PINS;
    private static volatile long bytesAllowed = FEW_BYTES;

    private Pressure() {}

    /** A buffer over a payload of {@code size} bytes was handed out. */
    static void add(long size) {
        int pins = PINS.incrementAndGet();
        long bytes = BYTES.addAndGet(size);
        if (pins > pinsAllowed || bytes > bytesAllowed) {
            relieve();
        }
    }

    /** The last buffer over a payload is gone. */
    static void remove(long size) {
        PINS.decrementAndGet();
        BYTES.addAndGet(-size);
    }

    /** Makes a call; when there is no room, has the collector look for unreachable buffers and makes it once more. */
    static <T> T relieved(Supplier<T> call) {
        try {
            return call.get();
        } catch (MapFullException | DiskFullException | ReadersFullException full) {
            if (PINS.get() == 0 || !collect()) {
                throw full;
            }
            return call.get();
        }
    }

    private static synchronized void relieve() {
        if (PINS.get() <= pinsAllowed && BYTES.get() <= bytesAllowed) {
            return;
        }
        collect();
        // What is left is in use: looking again soon would find as little.
        pinsAllowed = Math.max(pinsWorthwhile, 2 * PINS.get());
        bytesAllowed = Math.max(FEW_BYTES, 2 * BYTES.get());
    }

    /**
     * Pins at which a collection that takes so long and puts that look at half of them on average cost least together, when
     * each put brings a pin.
     */
    static int worthwhile(long collectionNs) {
        return (int) Math.max(FEW_PINS, Math.min(MANY_PINS, Math.sqrt(2.0 * collectionNs / PIN_NS)));
    }

    /** Whether anything was freed. */
    private static boolean collect() {
        int before = PINS.get();
        long began = System.nanoTime();
        System.gc();
        pinsWorthwhile = worthwhile(System.nanoTime() - began);
        // The cleaner works in a thread of its own.
        for (int waited = 0; waited < PATIENCE_MS && PINS.get() > before / 2; waited++) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return PINS.get() < before;
    }
}
