package com.dishtayantra.lmdb;

/** A format that does not exist, or a payload whose format does not allow what was asked. */
public final class BadFormatException extends InvalidArgumentException {
    private static final long serialVersionUID = 1L;

    /** A format that cannot be used here. */
    public BadFormatException(String message) {
        super(Status.BAD_FORMAT, message);
    }
}
