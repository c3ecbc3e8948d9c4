package com.dishtayantra.lmdb;

/** The store is open in this process through another copy of LMDB. */
public final class AlreadyOpenException extends LmdbException {
    private static final long serialVersionUID = 1L;

    AlreadyOpenException(String message) {
        super(Status.ALREADY_OPEN, message);
    }
}
