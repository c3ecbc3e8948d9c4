package com.dishtayantra.lmdb;

/**
 * What every exception of this package says besides its message.
 *
 * <p>The exceptions are {@link LmdbException} and its kinds, {@link InvalidArgumentException} (an {@link
 * IllegalArgumentException}) and its kinds, and {@link StoreClosedException} (an {@link IllegalStateException}).
 */
public interface LmdbFailure {
    /** What kind of failure it is, with the number of the C ABI. */
    Status status();

    /** What happened, to which path, key or setting, and what to do. */
    String getMessage();

    /** Where the documentation explains it, such as {@code docs/troubleshooting.md#map_full}. */
    default String help() {
        return status().help();
    }
}
