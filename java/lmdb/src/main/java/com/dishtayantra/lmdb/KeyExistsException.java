package com.dishtayantra.lmdb;

/** A live entry is under the key and overwriting was not allowed. */
public final class KeyExistsException extends LmdbException {
    private static final long serialVersionUID = 1L;

    KeyExistsException(String message) {
        super(Status.KEY_EXISTS, message);
    }
}
