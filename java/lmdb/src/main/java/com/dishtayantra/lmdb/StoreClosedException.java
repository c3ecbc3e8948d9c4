package com.dishtayantra.lmdb;

/** A store, view, loan or document writer was used after it was closed, or in a forked child. */
public final class StoreClosedException extends IllegalStateException implements LmdbFailure {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is. */
    private final Status status;

    StoreClosedException(Status status, String message) {
        super(message);
        this.status = status;
    }

    @Override
    public Status status() {
        return status;
    }
}
