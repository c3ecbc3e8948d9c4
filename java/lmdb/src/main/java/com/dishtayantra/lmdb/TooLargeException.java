package com.dishtayantra.lmdb;

/** A payload over 4,294,836,160 bytes. */
public final class TooLargeException extends InvalidArgumentException {
    private static final long serialVersionUID = 1L;

    TooLargeException(String message) {
        super(Status.TOO_LARGE, message);
    }
}
