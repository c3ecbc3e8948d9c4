package com.dishtayantra.lmdb;

/** The directory of a store, or a file in it, does not permit this. */
public final class StorePermissionException extends LmdbException {
    private static final long serialVersionUID = 1L;

    StorePermissionException(String message) {
        super(Status.PERMISSION, message);
    }
}
