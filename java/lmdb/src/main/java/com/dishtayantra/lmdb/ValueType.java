package com.dishtayantra.lmdb;

/** What a value of a document is. The ordinals are the numbers of the C ABI. */
public enum ValueType {
    /** Nothing. */
    NIL,
    /** True or false. */
    BOOL,
    /** A whole number of 64 bits, signed or unsigned. */
    INT,
    /** A floating-point number of 32 or 64 bits. */
    FLOAT,
    /** Text. */
    STRING,
    /** Bytes. */
    BYTES,
    /** Values in a row. */
    ARRAY,
    /** Keys with a value each. */
    MAP,
    /** Bytes with a type number of their own. */
    EXT,
    /** An array whose items are of one type, used in place. */
    SEGMENT;

    private static final ValueType[] ALL = values();

    static ValueType of(int number) {
        return ALL[number];
    }
}
