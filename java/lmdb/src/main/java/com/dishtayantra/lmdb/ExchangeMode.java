package com.dishtayantra.lmdb;

import java.util.Arrays;

/** Which payloads of a calculator go through the store: the setting {@code lmdb_exchange_mode}. */
public enum ExchangeMode {
    /** Inputs; the calculator's return value is the result. */
    INPUT("input"),
    /** Outputs; inputs are passed directly. */
    OUTPUT("output"),
    /** Both. */
    BOTH("both"),
    /** Both, and results stay in the store: only references travel. */
    REFERENCE("reference");

    private final String wireName;

    ExchangeMode(String wireName) {
        this.wireName = wireName;
    }

    /** The name that configurations use, such as {@code "both"}. */
    public String wireName() {
        return wireName;
    }

    /** Whether inputs go through the store. */
    public boolean sendsInputs() {
        return this != OUTPUT;
    }

    /** Whether outputs go through the store. */
    public boolean sendsOutputs() {
        return this != INPUT;
    }

    /**
     * The mode of a name, as {@link #wireName} writes it.
     *
     * @throws ConfigException when no mode has it
     */
    public static ExchangeMode fromName(String name) {
        for (ExchangeMode mode : values()) {
            if (mode.wireName.equals(name)) {
                return mode;
            }
        }
        throw new ConfigException(
                "lmdb_exchange_mode is \"" + name + "\"; allowed are " + Arrays.toString(values()));
    }

    @Override
    public String toString() {
        return wireName;
    }
}
