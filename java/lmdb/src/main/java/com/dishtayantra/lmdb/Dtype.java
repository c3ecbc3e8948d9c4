package com.dishtayantra.lmdb;

/** What one item of a segment is. Items are little-endian; the codes are NumPy's characters. */
public enum Dtype {
    /** One byte: 0 is false, 1 is true. */
    BOOL('?', 1, "bool"),
    /** A signed integer of 8 bits. */
    INT8('b', 1, "int8"),
    /** An unsigned integer of 8 bits. */
    UINT8('B', 1, "uint8"),
    /** A signed integer of 16 bits. */
    INT16('h', 2, "int16"),
    /** An unsigned integer of 16 bits. */
    UINT16('H', 2, "uint16"),
    /** A signed integer of 32 bits. */
    INT32('i', 4, "int32"),
    /** An unsigned integer of 32 bits. */
    UINT32('I', 4, "uint32"),
    /** A signed integer of 64 bits. */
    INT64('q', 8, "int64"),
    /** An unsigned integer of 64 bits. */
    UINT64('Q', 8, "uint64"),
    /** A float of 32 bits. */
    FLOAT32('f', 4, "float32"),
    /** A float of 64 bits. */
    FLOAT64('d', 8, "float64"),
    /** A point in time: a signed integer of 64 bits that counts {@link Unit}s since 1970; the smallest is none. */
    DATETIME64('M', 8, "datetime64"),
    /** A span of time: a signed integer of 64 bits that counts {@link Unit}s; the smallest is none. */
    TIMEDELTA64('m', 8, "timedelta64"),
    /** A float of 16 bits. */
    FLOAT16('e', 2, "float16"),
    /** A complex number: two floats of 32 bits, the real part first. */
    COMPLEX64('F', 8, "complex64"),
    /** A complex number: two floats of 64 bits, the real part first. */
    COMPLEX128('D', 16, "complex128");

    private final char code;
    private final int itemSize;
    private final String numpyName;

    Dtype(char code, int itemSize, String numpyName) {
        this.code = code;
        this.itemSize = itemSize;
        this.numpyName = numpyName;
    }

    /** NumPy's character for the type, the number that is stored. */
    public int code() {
        return code;
    }

    /** Bytes of one item. */
    public int itemSize() {
        return itemSize;
    }

    /** Whether items count steps of time. */
    public boolean isTime() {
        return this == DATETIME64 || this == TIMEDELTA64;
    }

    /** Whether items are whole numbers; times and bools are not. */
    public boolean isInteger() {
        return compareTo(INT8) >= 0 && compareTo(UINT64) <= 0;
    }

    /** Whether items are floats. */
    public boolean isFloat() {
        return this == FLOAT32 || this == FLOAT64 || this == FLOAT16;
    }

    /** Whether items are complex numbers. */
    public boolean isComplex() {
        return this == COMPLEX64 || this == COMPLEX128;
    }

    static Dtype of(int code) {
        for (Dtype dtype : values()) {
            if (dtype.code == code) {
                return dtype;
            }
        }
        throw new InvalidArgumentException(Status.INVALID_ARGUMENT, code + " is no dtype");
    }

    /** NumPy's name of the type, such as {@code float64}. */
    @Override
    public String toString() {
        return numpyName;
    }
}
