package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * A named database of a store: entries under keys.
 *
 * <p>Keys are texts in UTF-8, or bytes, of 1 to 511 bytes. All methods may be called from any thread. They throw {@link
 * StoreClosedException} after the store was closed, {@link BadKeyException} for a key that cannot be, {@link
 * CorruptException} for a store that is damaged, and what they name themselves.
 */
public class Database {
    private static final int QUIET = 1;
    /** A power of two. */
    private static final int SEEN = 64;

    final Handle store;
    final byte[] name;
    /** Pins of entries that were looked at; see {@link View#open}. A race loses one, which costs a little time. */
    private final Pin[] seen = new Pin[SEEN];

    Database(Handle store, byte[] name) {
        this.store = store;
        this.name = name;
    }

    /** The database's name. */
    public String name() {
        return Texts.decode(name);
    }

    /** Which database of which store, for messages. */
    private String place() {
        return "database \"" + name() + "\" of \"" + Store.path(store) + "\"";
    }

    /**
     * Puts a payload of raw bytes for 300 seconds, in place of what is under the key.
     *
     * @throws MapFullException the store is full and nothing can be reclaimed
     * @throws DiskFullException the file system has no space left
     */
    public Info put(String key, byte[] payload) {
        return put(Texts.encode("key", key), Parts.of(payload), PutOptions.defaults());
    }

    /**
     * Puts a payload.
     *
     * @throws KeyExistsException a live entry is there and the options do not allow to overwrite
     * @throws MapFullException the store is full and nothing can be reclaimed
     * @throws DiskFullException the file system has no space left
     */
    public Info put(String key, byte[] payload, PutOptions options) {
        return put(Texts.encode("key", key), Parts.of(payload), options);
    }

    /**
     * Puts a payload that is the remaining bytes of buffers, joined in their order. The buffers' positions stay. What
     * direct buffers hold is copied once, straight into the store. Throws as {@link #put(String, byte[], PutOptions)}.
     *
     * @throws TooLargeException over 4,294,836,160 bytes in all
     */
    public Info put(String key, PutOptions options, ByteBuffer... parts) {
        return put(Texts.encode("key", key), options, parts);
    }

    /** Puts a payload under a key of bytes; see {@link #put(String, PutOptions, ByteBuffer...)}. */
    public Info put(byte[] key, PutOptions options, ByteBuffer... parts) {
        Objects.requireNonNull(parts, "parts");
        if (parts.length == 1 && parts[0] != null && parts[0].isDirect()) {
            return putDirect(key(key), parts[0], options);
        }
        return put(key(key), Parts.of(parts), options);
    }

    private Info put(byte[] key, Parts parts, PutOptions options) {
        Objects.requireNonNull(options, "options");
        return Pressure.relieved(new Supplier<Info>() {
            @Override
            public Info get() {
                Call call = Call.of(name, key, options);
                long pointer = store.enter();
                try {
                    put(pointer, call.address, parts.sources, parts.ranges, options.format.code(), options.flags,
                            options.ttlMs);
                } finally {
                    store.leave();
                }
                return new Info(key, options.txnId, options.source, options.target, call.toldAll(Info.TOLD));
            }
        });
    }

    private Info putDirect(byte[] key, ByteBuffer payload, PutOptions options) {
        Objects.requireNonNull(options, "options");
        int offset = payload.position();
        int length = payload.remaining();
        return Pressure.relieved(new Supplier<Info>() {
            @Override
            public Info get() {
                Call call = Call.of(name, key, options);
                long pointer = store.enter();
                try {
                    putDirect(pointer, call.address, payload, offset, length, options.format.code(), options.flags,
                            options.ttlMs);
                } finally {
                    store.leave();
                }
                return new Info(key, options.txnId, options.source, options.target, call.toldAll(Info.TOLD));
            }
        });
    }

    /**
     * Puts all entries in one step, or none. Throws what a put throws; nothing is stored then.
     *
     * @return what is stored with each, in the order of the entries
     */
    public List<Info> putMany(List<Entry> entries) {
        int count = Objects.requireNonNull(entries, "entries").size();
        Object[] each = new Object[6 * count];
        long[] numbers = new long[3 * count];
        long[] told = new long[Info.TOLD * count];
        for (int i = 0; i < count; i++) {
            Entry entry = Objects.requireNonNull(entries.get(i), "an entry of entries");
            Object[] row = {entry.key, entry.parts.sources, entry.parts.ranges, entry.options.txnId,
                entry.options.source, entry.options.target};
            System.arraycopy(row, 0, each, 6 * i, row.length);
            numbers[3 * i] = entry.options.format.code();
            numbers[3 * i + 1] = entry.options.flags;
            numbers[3 * i + 2] = entry.options.ttlMs;
        }
        Pressure.relieved(new Supplier<Void>() {
            @Override
            public Void get() {
                long pointer = store.enter();
                try {
                    putMany(pointer, name, each, numbers, told);
                } finally {
                    store.leave();
                }
                return null;
            }
        });
        Info[] infos = new Info[count];
        for (int i = 0; i < count; i++) {
            Entry entry = entries.get(i);
            infos[i] = new Info(entry.key, entry.options.txnId, entry.options.source, entry.options.target,
                    Arrays.copyOfRange(told, Info.TOLD * i, Info.TOLD * (i + 1)));
        }
        return List.of(infos);
    }

    /**
     * Puts all entries in one step, or none.
     *
     * @deprecated use {@link #putMany}
     */
    @Deprecated
    public List<Envelope> putAll(List<Entry> entries) {
        return List.copyOf(putMany(entries));
    }

    /**
     * A copy of the payload; empty when there is no live entry.
     *
     * @throws TooLargeException over 2 GiB, more than an array can hold: use {@link #view}
     */
    public Optional<byte[]> get(String key) {
        return getBytes(Texts.encode("key", key));
    }

    /** A copy of the payload under a key of bytes; see {@link #get(String)}. */
    public Optional<byte[]> get(byte[] key) {
        return getBytes(key(key));
    }

    private Optional<byte[]> getBytes(byte[] key) {
        long pointer = store.enter();
        try {
            return Optional.ofNullable(get(pointer, name, key));
        } finally {
            store.leave();
        }
    }

    /**
     * Looks at a payload in place. Close the view; see there how long buffers of it live.
     *
     * @throws NotFoundException there is no live entry
     * @throws ReadersFullException every reader slot is taken
     */
    public View view(String key) {
        return view(Texts.encode("key", key));
    }

    /** Looks at a payload under a key of bytes; see {@link #view(String)}. */
    public View view(byte[] key) {
        View view = look(key(key), 0);
        if (view != null) {
            return view;
        }
        throw new NotFoundException(
                "no live entry under \"" + Texts.decode(key) + "\" in " + place() + ": it is absent or expired");
    }

    /** As {@link #view(String)}, but empty when there is no live entry. */
    public Optional<View> findView(String key) {
        return findView(Texts.encode("key", key));
    }

    /** As {@link #view(byte[])}, but empty when there is no live entry. */
    public Optional<View> findView(byte[] key) {
        return Optional.ofNullable(look(key(key), 0));
    }

    /** As {@link #findView(String)}, but a tracked entry does not count as opened: for tools that do not answer. */
    public Optional<View> findViewQuietly(String key) {
        return Optional.ofNullable(look(Texts.encode("key", key), QUIET));
    }

    private View look(byte[] key, int flags) {
        return Pressure.relieved(new Supplier<View>() {
            @Override
            public View get() {
                long pointer = store.enter();
                try {
                    return View.open(pointer, name, key, flags, seen);
                } finally {
                    store.leave();
                }
            }
        });
    }

    /**
     * Lends room in the store for a payload to be built in place, with no copy. Nobody sees it before it is published.
     *
     * @param size bytes, at most 4,294,836,160; publishing may take fewer
     * @throws MapFullException the store is full and nothing can be reclaimed
     * @throws DiskFullException the file system has no space left
     * @throws TooLargeException a payload cannot be that large
     */
    public Loan loan(long size) {
        return Pressure.relieved(new Supplier<Loan>() {
            @Override
            public Loan get() {
                long pointer = store.enter();
                try {
                    return Loan.open(pointer, name, size);
                } finally {
                    store.leave();
                }
            }
        });
    }

    /** Whether a live entry is under the key. */
    public boolean contains(String key) {
        return contains(Texts.encode("key", key));
    }

    /** Whether a live entry is under a key of bytes. */
    public boolean contains(byte[] key) {
        long pointer = store.enter();
        try {
            return contains(pointer, name, key(key));
        } finally {
            store.leave();
        }
    }

    /** Deletes an entry; false: there was no live one. Views of it stay valid. */
    public boolean delete(String key) {
        return delete(Texts.encode("key", key));
    }

    /** Deletes the entry under a key of bytes; see {@link #delete(String)}. */
    public boolean delete(byte[] key) {
        long pointer = store.enter();
        try {
            return delete(pointer, name, key(key));
        } finally {
            store.leave();
        }
    }

    /** Gives a live entry a new time to live, from now; {@link Duration#ZERO} means until deleted. False: none is there. */
    public boolean touch(String key, Duration ttl) {
        return touch(Texts.encode("key", key), ttl);
    }

    /** Gives the entry under a key of bytes a new time to live; see {@link #touch(String, Duration)}. */
    public boolean touch(byte[] key, Duration ttl) {
        long millis = Texts.millis("ttl", ttl);
        long pointer = store.enter();
        try {
            return touch(pointer, name, key(key), millis);
        } finally {
            store.leave();
        }
    }

    /** The live keys that start with a text, in the order of their bytes; {@code ""} gives all of them. */
    public List<String> keys(String prefix) {
        List<String> keys = new ArrayList<>();
        for (byte[] key : keys(Texts.encode("prefix", prefix))) {
            keys.add(Texts.decode(key));
        }
        return keys;
    }

    /** The live keys that start with some bytes, in the order of their bytes. */
    public List<byte[]> keys(byte[] prefix) {
        long pointer = store.enter();
        try {
            return Arrays.asList(keys(pointer, name, prefix));
        } finally {
            store.leave();
        }
    }

    /**
     * Waits until a live entry is under the key, put by this or another process. Costs no processor time meanwhile. A
     * virtual thread gives its carrier to others.
     *
     * @throws LmdbTimeoutException nothing came in time
     * @throws InterruptedException the thread was interrupted; noticed within 100 ms, by a virtual thread at once
     */
    public void waitFor(String key, Duration timeout) throws InterruptedException {
        waitFor(Texts.encode("key", key), timeout);
    }

    /** Waits for an entry under a key of bytes; see {@link #waitFor(String, Duration)}. */
    public void waitFor(byte[] key, Duration timeout) throws InterruptedException {
        boolean isVirtual = Watcher.isNeeded();
        // Whoever publishes may die before it wakes anybody, so nobody sleeps for long without looking.
        final long slice = isVirtual ? 500 : 100;
        long millis = Texts.millis("timeout", timeout);
        long began = System.nanoTime();
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while waiting for \"" + Texts.decode(key) + "\"");
            }
            long left = millis - (System.nanoTime() - began) / 1_000_000;
            long most = Math.max(0, Math.min(left, slice));
            if (isVirtual ? park(key(key), most) : waitFor(key(key), most)) {
                return;
            }
            if (isVirtual ? left <= 0 : left <= slice) {
                throw new LmdbTimeoutException("nothing came under key \"" + Texts.decode(key) + "\" in "
                        + place() + " within " + millis + " ms");
            }
        }
    }

    /**
     * Waits until a live entry is under one of the keys.
     *
     * @return the key
     * @throws LmdbTimeoutException nothing came in time
     * @throws InterruptedException the thread was interrupted; noticed at once
     */
    public String waitForAny(List<String> keys, Duration timeout) throws InterruptedException {
        long millis = Texts.millis("timeout", timeout);
        CompletableFuture<String> found = waitForAnyAsync(keys);
        try {
            return found.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            throw new LmdbTimeoutException("nothing came under any of the keys " + keys + " in " + place()
                    + " within " + millis + " ms");
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException) {
                throw (RuntimeException) failed.getCause();
            }
            throw new IllegalStateException(failed.getCause());
        } finally {
            found.cancel(false);
        }
    }

    /**
     * Waits without a thread until a live entry is under the key. Cancelling the result, or completing it otherwise, by
     * {@code orTimeout} say, gives the wait up.
     */
    public CompletableFuture<Void> waitForAsync(String key) {
        CompletableFuture<String> found = waitForAnyAsync(List.of(key));
        CompletableFuture<Void> done = new CompletableFuture<>();
        done.whenComplete(new BiConsumer<Void, Throwable>() {
            @Override
            public void accept(Void nothing, Throwable failure) {
                found.cancel(false);
            }
        });
        found.whenComplete(new BiConsumer<String, Throwable>() {
            @Override
            public void accept(String name, Throwable failure) {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            }
        });
        return done;
    }

    /** The same for the first of several keys, which the result then is. */
    public CompletableFuture<String> waitForAnyAsync(List<String> keys) {
        if (keys.isEmpty()) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "there are no keys: nothing would ever come");
        }
        List<String> names = List.copyOf(keys);
        List<byte[]> encoded = new ArrayList<>(names.size());
        for (String name : names) {
            encoded.add(Texts.encode("key", name));
        }
        CompletableFuture<String> found = new CompletableFuture<>();
        long[] ids = Watcher.watch(this, encoded, new IntFunction<Runnable>() {
            @Override
            public Runnable apply(int i) {
                return new Came(found, encoded.get(i), names.get(i));
            }
        });
        found.whenComplete(new BiConsumer<String, Throwable>() {
            @Override
            public void accept(String name, Throwable failure) {
                Watcher.forget(ids);
            }
        });
        return found;
    }

    /** Completes a wait for one of several keys; run by the thread that watches. */
    private final class Came implements Runnable, Supplier<String> {
        private final CompletableFuture<String> found;
        private final byte[] key;
        private final String name;

        Came(CompletableFuture<String> found, byte[] key, String name) {
            this.found = found;
            this.key = key;
            this.name = name;
        }

        /** What depends on the wait is run by another thread than the one that watches. */
        @Override
        public void run() {
            found.completeAsync(this);
        }

        @Override
        public String get() {
            // Says why, when it cannot be looked at.
            contains(key);
            return name;
        }
    }

    /** Whether a live entry came within so many ms, if the thread may block as long. */
    private boolean waitFor(byte[] key, long millis) {
        long pointer = store.enter();
        try {
            return waitFor(pointer, name, key, millis);
        } finally {
            store.leave();
        }
    }

    /** Whether a live entry is there; if not, parks for so many ms at most, or until it is time to look again. */
    private boolean park(byte[] key, long millis) {
        return contains(key) || millis > 0 && Watcher.park(this, key, millis);
    }

    static byte[] key(byte[] key) {
        if (key == null) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "key is null");
        }
        return key;
    }

    private static native void put(long store, long call, Object[] sources, int[] ranges, int format, int flags,
            long ttlMs);

    private static native void putDirect(long store, long call, ByteBuffer payload, int offset, int length, int format,
            int flags, long ttlMs);

    private static native void putMany(long store, byte[] database, Object[] each, long[] numbers, long[] told);

    private static native byte[] get(long store, byte[] database, byte[] key);

    private static native boolean contains(long store, byte[] database, byte[] key);

    private static native boolean delete(long store, byte[] database, byte[] key);

    private static native boolean touch(long store, byte[] database, byte[] key, long ttlMs);

    private static native byte[][] keys(long store, byte[] database, byte[] prefix);

    private static native boolean waitFor(long store, byte[] database, byte[] key, long timeoutMs);
}
