package com.dishtayantra.lmdb;

/** Nothing is there: no live entry under a key, no value at a path. */
public final class NotFoundException extends LmdbException {
    private static final long serialVersionUID = 1L;

    NotFoundException(String message) {
        super(Status.NOT_FOUND, message);
    }
}
