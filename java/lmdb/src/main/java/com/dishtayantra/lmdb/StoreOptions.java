package com.dishtayantra.lmdb;

/**
 * How a store is opened. Immutable: each method answers changed options, {@code
 * StoreOptions.defaults().mapSize(8L << 30)}. May be shared by threads.
 */
public final class StoreOptions {
    private static final int FOLLOW_SYMLINKS = 1;
    private static final int NO_SWEEPER = 2;
    private static final int EXISTING = 4;
    private static final int SYNC = 8;

    private static final StoreOptions DEFAULTS = new StoreOptions(0, 16L << 20, 512, 100, 0700, 0);

    final long mapSize;
    final long prefault;
    final int maxReaders;
    final int maxDatabases;
    final int mode;
    final int flags;

    private StoreOptions(long mapSize, long prefault, int maxReaders, int maxDatabases, int mode, int flags) {
        this.mapSize = notNegative("mapSize", mapSize);
        this.prefault = notNegative("prefault", prefault);
        this.maxReaders = (int) notNegative("maxReaders", maxReaders);
        this.maxDatabases = (int) notNegative("maxDatabases", maxDatabases);
        this.mode = (int) notNegative("mode", mode);
        this.flags = flags;
    }

    /** A store for its owner alone, created with at most 1 GiB when it is not there. */
    public static StoreOptions defaults() {
        return DEFAULTS;
    }

    /**
     * How far the store may grow, in bytes. 0, the default, means 1 GiB for a store that is created and leaves the limit of
     * one that is there as it is; another value raises it, and never lowers it.
     */
    public StoreOptions mapSize(long bytes) {
        return new StoreOptions(bytes, prefault, maxReaders, maxDatabases, mode, flags);
    }

    /** How many bytes ahead of the used ones are kept populated; 16 MiB by default. */
    public StoreOptions prefault(long bytes) {
        return new StoreOptions(mapSize, bytes, maxReaders, maxDatabases, mode, flags);
    }

    /** Reader slots, 512 by default. The process that creates the store decides. */
    public StoreOptions maxReaders(int slots) {
        return new StoreOptions(mapSize, prefault, slots, maxDatabases, mode, flags);
    }

    /** Named databases, 100 by default. A store keeps the largest number it was opened with. */
    public StoreOptions maxDatabases(int databases) {
        return new StoreOptions(mapSize, prefault, maxReaders, databases, mode, flags);
    }

    /** Mode of the directory, {@code 0700} by default; bits for group or others allow a store shared with them. */
    public StoreOptions mode(int bits) {
        return new StoreOptions(mapSize, prefault, maxReaders, maxDatabases, bits, flags);
    }

    /** Whether entries survive a power failure too, and not only the death of any process; false by default. */
    public StoreOptions sync(boolean on) {
        return withFlag(SYNC, on);
    }

    /** Whether the directory may be a symbolic link; false by default. */
    public StoreOptions followSymlinks(boolean on) {
        return withFlag(FOLLOW_SYMLINKS, on);
    }

    /** Whether this process removes expired entries in the background; true by default. */
    public StoreOptions sweeper(boolean on) {
        return withFlag(NO_SWEEPER, !on);
    }

    /** Whether opening fails when there is no store yet, instead of creating one; false by default. */
    public StoreOptions existing(boolean on) {
        return withFlag(EXISTING, on);
    }

    private StoreOptions withFlag(int flag, boolean on) {
        int changed = on ? flags | flag : flags & ~flag;
        return new StoreOptions(mapSize, prefault, maxReaders, maxDatabases, mode, changed);
    }

    private static long notNegative(String name, long value) {
        if (value < 0) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, name + " is " + value + "; it cannot be negative");
        }
        return value;
    }
}
