package com.dishtayantra.lmdb;

/** Every reader slot of the store is held by a live reader. */
public final class ReadersFullException extends LmdbException {
    private static final long serialVersionUID = 1L;

    ReadersFullException(String message) {
        super(Status.READERS_FULL, message);
    }
}
