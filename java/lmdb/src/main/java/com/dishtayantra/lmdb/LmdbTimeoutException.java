package com.dishtayantra.lmdb;

/** What was waited for did not come in time; the message names the key and the time. */
public final class LmdbTimeoutException extends LmdbException {
    private static final long serialVersionUID = 1L;

    LmdbTimeoutException(String message) {
        super(Status.TIMEOUT, message);
    }
}
