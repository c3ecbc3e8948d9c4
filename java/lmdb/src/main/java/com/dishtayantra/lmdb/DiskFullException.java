package com.dishtayantra.lmdb;

/** The file system of the store has no space left. */
public final class DiskFullException extends LmdbException {
    private static final long serialVersionUID = 1L;

    DiskFullException(String message) {
        super(Status.DISK_FULL, message);
    }
}
