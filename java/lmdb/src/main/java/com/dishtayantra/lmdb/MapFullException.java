package com.dishtayantra.lmdb;

/** The store may not grow further and nothing can be reclaimed; the message says who pins what. */
public final class MapFullException extends LmdbException {
    private static final long serialVersionUID = 1L;

    MapFullException(String message) {
        super(Status.MAP_FULL, message);
    }
}
