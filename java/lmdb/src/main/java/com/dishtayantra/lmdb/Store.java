package com.dishtayantra.lmdb;

import static java.lang.ref.Reference.reachabilityFence;

import java.lang.ref.Cleaner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/**
 * An open store, and its database {@code "default"}.
 *
 * <p>Opening a directory again in a process gives another holder of the same store, in whatever language the first one
 * was made; the last holder that is closed closes it. Views, loans and documents outlive the holder they came from.
 *
 * <p>All methods may be called from any thread, also while another one closes the store: a call is done or throws {@link
 * StoreClosedException}. A store that is unreachable is closed by the garbage collector.
 */
public final class Store extends Database implements AutoCloseable {
    /** The database when none is named. */
    public static final String DEFAULT_DATABASE = "default";

    private final Cleaner.Cleanable cleanable;

    /** A store that is closed until it has one. */
    Store() {
        super(new Handle(Handle.Kind.STORE), DEFAULT_DATABASE.getBytes(StandardCharsets.UTF_8));
        cleanable = Handle.CLEANER.register(this, store);
    }

    Store own(long pointer) {
        store.own(pointer);
        reachabilityFence(this);
        return this;
    }

    /** Opens the store in a directory, with default options; see {@link #open(Path, StoreOptions)}. */
    public static Store open(Path path) {
        return open(path, StoreOptions.defaults());
    }

    /** Opens the store in a directory, with default options; see {@link #open(Path, StoreOptions)}. */
    public static Store open(String path) {
        Objects.requireNonNull(path, "path");
        return open(Texts.encode("path", path), StoreOptions.defaults());
    }

    /**
     * Opens the store in a directory, which is made when it is not there.
     *
     * <p>Options that differ from those of a store that is open already, and a directory that others can read, are
     * warned about. The library's warnings and other messages go to the {@link System.Logger} {@code com.dishtayantra.lmdb};
     * which of its levels are on is looked at whenever a store is opened here.
     *
     * @throws StorePermissionException the directory does not permit it, or others may write to it
     * @throws ForeignStoreException the directory holds another program's store, or one of another version
     * @throws AlreadyOpenException this process has it open through another copy of LMDB
     * @throws NotFoundException there is no store and only an existing one is wanted
     * @throws LmdbException a resource limit is too small, or the file system cannot hold a store
     */
    public static Store open(Path path, StoreOptions options) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(options, "options");
        return open(FileNames.bytes(path), options);
    }

    private static Store open(byte[] directory, StoreOptions options) {
        NativeLibrary.ensureLoaded();
        Messages.listen();
        return new Store().own(open(directory, options.mapSize, options.prefault, options.maxReaders,
                options.maxDatabases, options.mode, options.flags));
    }

    /** Absolute path of the store's directory. */
    public Path path() {
        return path(store);
    }

    static Path path(Handle store) {
        long pointer = store.enter();
        try {
            return FileNames.path(path(pointer));
        } finally {
            store.leave();
        }
    }

    /**
     * Which store it is: 32 hexadecimal digits that no other has, also not one that is made in its place. With the id of an
     * entry, 16 digits, and a colon between them they are what {@link Reference#ENTRY} says.
     */
    public String id() {
        long pointer = store.enter();
        try {
            return Texts.decode(id(pointer));
        } finally {
            store.leave();
        }
    }

    /**
     * A named database. It is made by the first put.
     *
     * @throws InvalidArgumentException the name cannot be written in UTF-8; one that is empty, too long or reserved is
     *     refused with {@link BadKeyException} when it is used
     */
    public Database database(String name) {
        return new Database(store, Texts.encode("database", name));
    }

    /**
     * Removes everything that has expired and takes back what dead processes held. This also happens by itself.
     *
     * @return how many entries went
     */
    public long sweep() {
        long pointer = store.enter();
        try {
            return sweep(pointer);
        } finally {
            store.leave();
        }
    }

    /** What the store holds and who uses it: a JSON object. */
    public String stats() {
        long pointer = store.enter();
        try {
            return Texts.decode(stats(pointer));
        } finally {
            store.leave();
        }
    }

    /**
     * The calls of calculators, of every process since the store was made: a JSON object. {@code calculators} has for each
     * how many went which way, what failed last and how long they took; {@code slow_calls} the latest that took longer than
     * {@code lmdb_slow_ms}.
     */
    public String calls() {
        long pointer = store.enter();
        try {
            return Texts.decode(calls(pointer));
        } finally {
            store.leave();
        }
    }

    /** Whether this holder was closed. */
    public boolean isClosed() {
        return store.isClosed();
    }

    /** Closes this holder. Calls that are under way in other threads end first. Closing again does nothing. */
    @Override
    public void close() {
        cleanable.clean();
    }

    private static native long open(byte[] path, long mapSize, long prefault, int maxReaders, int maxDatabases,
            int mode, int flags);

    static native void release(long store);

    private static native byte[] path(long store);

    private static native byte[] id(long store);

    private static native long sweep(long store);

    private static native byte[] stats(long store);

    private static native byte[] calls(long store);
}
