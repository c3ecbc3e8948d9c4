package com.dishtayantra.lmdb;

/** A setting with a value that is not allowed; the message names key, value and what is allowed. */
public final class ConfigException extends InvalidArgumentException {
    private static final long serialVersionUID = 1L;

    ConfigException(String message) {
        super(Status.CONFIG, message);
    }
}
