package com.dishtayantra.lmdb;

/** An argument that no call can accept. */
public class InvalidArgumentException extends IllegalArgumentException implements LmdbFailure {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is. */
    private final Status status;

    InvalidArgumentException(Status status, String message) {
        super(message);
        this.status = status;
    }

    @Override
    public Status status() {
        return status;
    }
}
