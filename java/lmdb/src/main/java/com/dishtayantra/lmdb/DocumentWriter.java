package com.dishtayantra.lmdb;

import java.nio.Buffer;

/**
 * The former name of {@link Writer}, which documents the methods.
 *
 * @deprecated use {@link Writer}
 */
@Deprecated
public final class DocumentWriter extends Writer {
    @Override
    public DocumentWriter map(int pairs) {
        super.map(pairs);
        return this;
    }

    @Override
    public DocumentWriter array(int values) {
        super.array(values);
        return this;
    }

    @Override
    public DocumentWriter key(String key) {
        super.key(key);
        return this;
    }

    @Override
    public DocumentWriter nil() {
        super.nil();
        return this;
    }

    @Override
    public DocumentWriter bool(boolean value) {
        super.bool(value);
        return this;
    }

    @Override
    public DocumentWriter int64(long value) {
        super.int64(value);
        return this;
    }

    @Override
    public DocumentWriter uint64(long bits) {
        super.uint64(bits);
        return this;
    }

    @Override
    public DocumentWriter float64(double value) {
        super.float64(value);
        return this;
    }

    @Override
    public DocumentWriter string(String value) {
        super.string(value);
        return this;
    }

    @Override
    public DocumentWriter binary(byte[] value) {
        super.binary(value);
        return this;
    }

    @Override
    public DocumentWriter segment(boolean[] items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(byte[] items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(short[] items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(int[] items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(long[] items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(float[] items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(double[] items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(double[] items, long... shape) {
        super.segment(items, shape);
        return this;
    }

    @Override
    public DocumentWriter segment(Buffer items) {
        super.segment(items);
        return this;
    }

    @Override
    public DocumentWriter segment(Segment array) {
        super.segment(array);
        return this;
    }

    @Override
    public DocumentWriter table(Field... columns) {
        super.table(columns);
        return this;
    }

    @Override
    public DocumentWriter table(Table.Origin origin, Field... columns) {
        super.table(origin, columns);
        return this;
    }

    @Override
    public DocumentWriter table(Table table) {
        super.table(table);
        return this;
    }

    @Override
    public DocumentWriter arrow(Table.Origin origin, long stream) {
        super.arrow(origin, stream);
        return this;
    }

    @Override
    public DocumentWriter value(Object value) {
        super.value(value);
        return this;
    }
}
