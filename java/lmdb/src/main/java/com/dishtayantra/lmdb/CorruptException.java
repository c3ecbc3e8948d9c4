package com.dishtayantra.lmdb;

/** Bytes in a store, a document or a reference that cannot be right; the message names key and position. */
public final class CorruptException extends LmdbException {
    private static final long serialVersionUID = 1L;

    CorruptException(String message) {
        super(Status.CORRUPT, message);
    }
}
