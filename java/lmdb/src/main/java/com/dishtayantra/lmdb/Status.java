package com.dishtayantra.lmdb;

/** The kinds of failure, with the numbers of the C ABI. Numbers have gaps and are never used twice. */
public enum Status {
    /** No live entry under the key: absent or expired. */
    NOT_FOUND(10),
    /** What was waited for did not come in time. */
    TIMEOUT(11),
    /** The caller's buffer is smaller than the payload. */
    BUFFER_TOO_SMALL(12),
    /** A live entry is under the key and overwriting was not allowed. */
    KEY_EXISTS(13),
    /** The loan's row is gone: its owner was taken for dead or it was published already. */
    LOAN_LOST(14),
    /** A calculator answered without ever opening the input its reference names. */
    REFERENCE_IGNORED(15),
    /** An argument that no call can accept. */
    INVALID_ARGUMENT(20),
    /** A configuration key with a value that is not allowed. */
    CONFIG(21),
    /** A key or database name that is empty, too long or reserved. */
    BAD_KEY(22),
    /** A payload over 4,294,836,160 bytes. */
    TOO_LARGE(23),
    /** A format number or name that does not exist. */
    BAD_FORMAT(24),
    /** The store may not grow further and nothing can be reclaimed. */
    MAP_FULL(30),
    /** The file system has no space left. */
    DISK_FULL(31),
    /** Every reader slot is taken by a live reader. */
    READERS_FULL(32),
    /** Every named database slot is taken. */
    DBS_FULL(33),
    /** A resource limit of the process is too small for the map. */
    LIMIT(34),
    /** The directory or a file in it does not permit this. */
    PERMISSION(40),
    /** The operating system reported an error. */
    IO(41),
    /** Bytes in the store, a document or a reference that cannot be right. */
    CORRUPT(42),
    /** The directory holds a store that is not ours to use. */
    FOREIGN_STORE(43),
    /** The store is open in this process through another copy of LMDB. */
    ALREADY_OPEN(44),
    /** The file system cannot hold a store. */
    UNSUPPORTED(45),
    /** The handle was closed. */
    CLOSED(50),
    /** The handle was made before a fork and is used in the child. */
    FORKED(51),
    /** LMDB or the engine met a state it never should. */
    INTERNAL(60),
    /** A panic was caught at the library's boundary. */
    PANIC(61);

    private final int code;

    Status(int code) {
        this.code = code;
    }

    /** The number that crosses the C ABI. */
    public int code() {
        return code;
    }

    /** Where the documentation explains it, such as {@code docs/troubleshooting.md#map_full}. */
    public String help() {
        NativeLibrary.ensureLoaded();
        return Texts.decode(NativeLibrary.help(code));
    }

    /** The kind of a number; {@link #INTERNAL} for a number of a newer library. */
    static Status of(int code) {
        for (Status status : values()) {
            if (status.code == code) {
                return status;
            }
        }
        return INTERNAL;
    }

    /** The exception of a failure; called by the native library. */
    static RuntimeException failure(int code, String message) {
        Status status = of(code);
        switch (status) {
            case NOT_FOUND:
                return new NotFoundException(message);
            case TIMEOUT:
                return new LmdbTimeoutException(message);
            case KEY_EXISTS:
                return new KeyExistsException(message);
            case LOAN_LOST:
                return new LoanLostException(message);
            case BAD_KEY:
                return new BadKeyException(message);
            case TOO_LARGE:
                return new TooLargeException(message);
            case BAD_FORMAT:
                return new BadFormatException(message);
            case CONFIG:
                return new ConfigException(message);
            case MAP_FULL:
                return new MapFullException(message);
            case DISK_FULL:
                return new DiskFullException(message);
            case READERS_FULL:
                return new ReadersFullException(message);
            case PERMISSION:
                return new StorePermissionException(message);
            case CORRUPT:
                return new CorruptException(message);
            case FOREIGN_STORE:
                return new ForeignStoreException(message);
            case ALREADY_OPEN:
                return new AlreadyOpenException(message);
            case INVALID_ARGUMENT:
                return new InvalidArgumentException(status, message);
            case CLOSED:
            case FORKED:
                return new StoreClosedException(status, message);
            default:
                return new LmdbException(status, message);
        }
    }
}
