package com.dishtayantra.lmdb;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * The former name of {@link Info}, which documents the methods.
 *
 * @deprecated use {@link Info}
 */
@Deprecated
public interface Envelope {
    /** {@link Info#key()}. */
    String key();

    /** {@link Info#keyBytes()}. */
    byte[] keyBytes();

    /** {@link Info#txnId()}. */
    String txnId();

    /** {@link Info#source()}. */
    String source();

    /** {@link Info#target()}. */
    String target();

    /** {@link Info#entryId()}. */
    long entryId();

    /** {@link Info#size()}. */
    long size();

    /** {@link Info#created()}. */
    Instant created();

    /** {@link Info#ttl()}. */
    Duration ttl();

    /** {@link Info#checksum()}. */
    OptionalLong checksum();

    /** {@link Info#fileOffset()}. */
    long fileOffset();

    /** {@link Info#format()}. */
    DataFormat format();

    /** {@link Info#isInline()}. */
    boolean isInline();

    /** {@link Info#isTracked()}. */
    boolean isTracked();

    /** {@link Info#holdsSnapshot()}. */
    boolean holdsSnapshot();
}
