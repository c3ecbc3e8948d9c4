package com.dishtayantra.lmdb;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * One thread of the platform that waits in the native library in place of all virtual threads, which would keep their
 * carriers there: as many as there are processors would stop every other one. It ends when nobody has waited for a while.
 */
final class Watcher implements Runnable {
    /** How long it stays when nobody waits, in ms. */
    private static final long IDLE_MS = 1000;
    /** Threads that are woken by one look. */
    private static final int WOKEN = 256;

    private static final MethodHandle IS_VIRTUAL = isVirtualHandle();
    /** Threads that are parked, and what else is to be run. */
    private static final ConcurrentHashMap<Long, Object> WAITING = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong();
    private static final AtomicBoolean RUNS = new AtomicBoolean();

    private final long[] told = new long[WOKEN];

    private Watcher() {}

    /** {@code Thread.isVirtual}, which Java has from 21 on; null before. */
    private static MethodHandle isVirtualHandle() {
        try {
            return MethodHandles.publicLookup().findVirtual(
                    Thread.class, "isVirtual", MethodType.methodType(boolean.class));
        } catch (NoSuchMethodException | IllegalAccessException | UnsupportedOperationException older) {
            return null;
        }
    }

    /** Whether the calling thread is a virtual one. */
    static boolean isNeeded() {
        try {
            return IS_VIRTUAL != null && (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable checked) {
            throw new IllegalStateException(checked);
        }
    }

    /**
     * Parks the calling thread until something happened to a key, the time is up, or it is interrupted.
     *
     * @return whether a live entry was there when the key was watched already
     */
    static boolean park(Database database, byte[] key, long millis) {
        Long id = NEXT.incrementAndGet();
        WAITING.put(id, Thread.currentThread());
        try {
            long pointer = database.store.enter();
            try {
                add(pointer, database.name, key, id);
            } finally {
                database.store.leave();
            }
            start();
            if (database.contains(key)) {
                return true;
            }
            LockSupport.parkNanos(Watcher.class, 1_000_000 * millis);
            return false;
        } finally {
            remove(id);
            WAITING.remove(id);
        }
    }

    /** Has {@code then} run, by the watching thread, when an entry is under one of the keys; their ids, to be forgotten. */
    static long[] watch(Database database, List<byte[]> keys, IntFunction<Runnable> then) {
        long[] ids = new long[keys.size()];
        long pointer = database.store.enter();
        try {
            for (int i = 0; i < ids.length; i++) {
                ids[i] = NEXT.incrementAndGet();
                WAITING.put(ids[i], then.apply(i));
                add(pointer, database.name, keys.get(i), ids[i]);
            }
            start();
        } catch (Throwable failure) {
            forget(ids);
            throw failure;
        } finally {
            database.store.leave();
        }
        return ids;
    }

    /** Waits no more for what {@link #watch} gave; nothing to do for what came. */
    static void forget(long[] ids) {
        for (long id : ids) {
            if (WAITING.remove(id) != null) {
                remove(id);
            }
        }
    }

    /** How many keys are waited for. */
    static int waiting() {
        return WAITING.size();
    }

    private static void start() {
        if (!RUNS.compareAndSet(false, true)) {
            return;
        }
        try {
            Thread thread = new Thread(null, new Watcher(), "dishtayantra-lmdb-watcher", 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(null);
            thread.start();
        } catch (Throwable failure) {
            RUNS.set(false);
            throw failure;
        }
    }

    @Override
    public void run() {
        do {
            try {
                watch();
            } finally {
                RUNS.set(false);
            }
            // Somebody may have come meanwhile and have seen that this thread runs.
        } while (!WAITING.isEmpty() && RUNS.compareAndSet(false, true));
    }

    private void watch() {
        for (int count = await(told, IDLE_MS); count >= 0; count = await(told, IDLE_MS)) {
            for (int i = 0; i < count; i++) {
                wake(told[i]);
            }
        }
    }

    private static void wake(long id) {
        try {
            Object waiting = WAITING.get(id);
            if (waiting instanceof Thread) {
                LockSupport.unpark((Thread) waiting);
            } else if (waiting != null) {
                ((Runnable) waiting).run();
            }
        } catch (OutOfMemoryError full) {
            // The thread looks again by itself, only later.
            return;
        }
    }

    private static native void add(long store, byte[] database, byte[] key, long id);

    private static native void remove(long id);

    private static native int await(long[] told, long timeoutMs);
}
