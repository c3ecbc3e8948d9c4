package com.dishtayantra.lmdb;

/** A key that is empty or over 511 bytes, or a database name that is too long or reserved. */
public final class BadKeyException extends InvalidArgumentException {
    private static final long serialVersionUID = 1L;

    BadKeyException(String message) {
        super(Status.BAD_KEY, message);
    }
}
