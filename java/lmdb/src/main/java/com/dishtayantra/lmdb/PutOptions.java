package com.dishtayantra.lmdb;

import java.time.Duration;
import java.util.Objects;

/**
 * How an entry is put. Immutable: each method answers changed options, {@code
 * PutOptions.defaults().format(DataFormat.JSON).ttl(Duration.ofMinutes(1))}. May be shared by threads.
 */
public final class PutOptions {
    private static final int NO_OVERWRITE = 1;
    private static final int CHECKSUM = 2;
    private static final int TRACKED = 4;

    private static final byte[] NONE = {};
    private static final PutOptions DEFAULTS = new PutOptions(DataFormat.RAW, 300_000, 0, NONE, NONE, NONE);

    final DataFormat format;
    final long ttlMs;
    final int flags;
    final byte[] txnId;
    final byte[] source;
    final byte[] target;

    private PutOptions(DataFormat format, long ttlMs, int flags, byte[] txnId, byte[] source, byte[] target) {
        this.format = format;
        this.ttlMs = ttlMs;
        this.flags = flags;
        this.txnId = txnId;
        this.source = source;
        this.target = target;
    }

    /** Raw bytes for 300 seconds, without checksum, from and for nobody in particular. */
    public static PutOptions defaults() {
        return DEFAULTS;
    }

    /** Format of the payload, which the envelope records; raw by default. Nothing checks the payload against it. */
    public PutOptions format(DataFormat value) {
        return new PutOptions(Objects.requireNonNull(value, "format"), ttlMs, flags, txnId, source, target);
    }

    /**
     * Time to live, 300 seconds by default; {@link Duration#ZERO} means until deleted. It counts in milliseconds; a
     * begun one counts as one.
     *
     * @throws InvalidArgumentException when it is negative
     */
    public PutOptions ttl(Duration value) {
        return new PutOptions(format, Texts.millis("ttl", value), flags, txnId, source, target);
    }

    /** Whether a put fails with {@link KeyExistsException} when a live entry is under the key; false by default. */
    public PutOptions noOverwrite(boolean on) {
        return withFlag(NO_OVERWRITE, on);
    }

    /** Whether an XXH3 checksum of the payload is stored; false by default. */
    public PutOptions checksum(boolean on) {
        return withFlag(CHECKSUM, on);
    }

    /** Whether it is recorded when the entry is first opened (for inputs of an exchange); false by default. */
    public PutOptions tracked(boolean on) {
        return withFlag(TRACKED, on);
    }

    /** Id of the exchange; made from the entry's id by default. */
    public PutOptions txnId(String value) {
        return new PutOptions(format, ttlMs, flags, Texts.encode("txnId", value), source, target);
    }

    /** Who puts the entry. */
    public PutOptions source(String value) {
        return new PutOptions(format, ttlMs, flags, txnId, Texts.encode("source", value), target);
    }

    /** Whom the entry is for. */
    public PutOptions target(String value) {
        return new PutOptions(format, ttlMs, flags, txnId, source, Texts.encode("target", value));
    }

    private PutOptions withFlag(int flag, boolean on) {
        return new PutOptions(format, ttlMs, on ? flags | flag : flags & ~flag, txnId, source, target);
    }
}
