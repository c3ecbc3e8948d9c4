package com.dishtayantra.lmdb;

/** A store, an entry, a document or the system refused; kinds of their own are subclasses. */
public class LmdbException extends RuntimeException implements LmdbFailure {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is. */
    private final Status status;

    LmdbException(Status status, String message) {
        super(message);
        this.status = status;
    }

    @Override
    public Status status() {
        return status;
    }
}
