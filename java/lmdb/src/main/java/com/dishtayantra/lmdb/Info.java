package com.dishtayantra.lmdb;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.OptionalLong;

/** What is stored with a payload. Immutable; may be shared by threads. */
@SuppressWarnings("deprecation")
public final class Info implements Envelope {
    /** Longs in which the engine tells the numbers. */
    static final int TOLD = 8;

    private static final int INLINE = 1;
    private static final int CHECKSUM = 2;
    private static final int TRACKED = 4;
    private static final int SNAPSHOT = 8;
    static final int COPIED = 32;

    private final byte[] key;
    private final byte[] txnId;
    private final byte[] source;
    private final byte[] target;
    private final long[] told;

    /** Keeps the arrays. */
    Info(byte[] key, byte[] txnId, byte[] source, byte[] target, long[] told) {
        this.key = key;
        this.told = told;
        this.txnId = txnId;
        this.source = source;
        this.target = target;
    }

    /** The key as text; bytes that are not UTF-8 show as replacement characters. */
    @Override
    public String key() {
        return Texts.decode(key);
    }

    /** The key as it was put. */
    @Override
    public byte[] keyBytes() {
        return key.clone();
    }

    /** Id of the exchange; made from the entry's id when it was put without one. */
    @Override
    public String txnId() {
        return txnId.length == 0 ? String.format("%016x", entryId()) : Texts.decode(txnId);
    }

    /** Who put the entry; may be empty. */
    @Override
    public String source() {
        return Texts.decode(source);
    }

    /** Whom the entry is for; may be empty. */
    @Override
    public String target() {
        return Texts.decode(target);
    }

    /** Id of the entry in its store; never used twice. */
    @Override
    public long entryId() {
        return told[0];
    }

    /** Bytes of the payload. */
    @Override
    public long size() {
        return told[1];
    }

    /** When it was put, by the wall clock. */
    @Override
    public Instant created() {
        return Instant.ofEpochSecond(Math.floorDiv(told[2], 1_000_000_000L), Math.floorMod(told[2], 1_000_000_000L));
    }

    /** Time to live as it was put; zero means until deleted. */
    @Override
    public Duration ttl() {
        return Duration.ofMillis(told[3]);
    }

    /** XXH3-64 of the payload, when one was stored. */
    @Override
    public OptionalLong checksum() {
        return has(CHECKSUM) ? OptionalLong.of(told[4]) : OptionalLong.empty();
    }

    /** Where the payload begins in the file {@code data.mdb}; 0 when it lies in the entry's record. */
    @Override
    public long fileOffset() {
        return told[5];
    }

    /** Format of the payload. */
    @Override
    public DataFormat format() {
        return DataFormat.of((int) told[6]);
    }

    /** Whether the payload lies in the entry's record, so that a view of it is a copy. */
    @Override
    public boolean isInline() {
        return has(INLINE);
    }

    /** Whether the store records when the entry is first opened. */
    @Override
    public boolean isTracked() {
        return has(TRACKED);
    }

    /** Whether the view that told this holds a snapshot of the whole store. None does any more: see {@link #isCopied}. */
    @Override
    public boolean holdsSnapshot() {
        return has(SNAPSHOT);
    }

    /** Whether the view that told this is a copy, since no pin was free. */
    public boolean isCopied() {
        return has(COPIED);
    }

    private boolean has(int flag) {
        return (told[7] & flag) != 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Info
                && Arrays.equals(key, ((Info) other).key)
                && Arrays.equals(told, ((Info) other).told);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(entryId());
    }

    @Override
    public String toString() {
        return "Info(key " + key() + ", " + format() + ", " + size() + " bytes, id " + txnId() + ")";
    }
}
