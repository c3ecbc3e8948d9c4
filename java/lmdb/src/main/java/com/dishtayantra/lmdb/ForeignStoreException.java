package com.dishtayantra.lmdb;

/** The directory holds a store that is not ours to use. */
public final class ForeignStoreException extends LmdbException {
    private static final long serialVersionUID = 1L;

    ForeignStoreException(String message) {
        super(Status.FOREIGN_STORE, message);
    }
}
