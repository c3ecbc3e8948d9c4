package com.dishtayantra.lmdb;

import java.util.Arrays;

/** What a payload's bytes are; every envelope names one. The numbers are those of the C ABI. */
public enum DataFormat {
    /** JSON text in UTF-8, for debugging. */
    JSON(1, "json"),
    /** One MessagePack value; arrays in it may be typed segments. */
    MSGPACK(2, "msgpack"),
    /** Bytes as they are. */
    RAW(3, "raw"),
    /** One array as a {@code .npy} file holds it. */
    NUMPY(4, "numpy"),
    /** An Arrow IPC stream. */
    ARROW(5, "arrow");

    private final int code;
    private final String wireName;

    DataFormat(int code, String wireName) {
        this.code = code;
        this.wireName = wireName;
    }

    /** The number that stands in the envelope. */
    public int code() {
        return code;
    }

    /** The name that configurations and references use, such as {@code "msgpack"}. */
    public String wireName() {
        return wireName;
    }

    /**
     * The format of a name, as {@link #wireName} writes it.
     *
     * @throws BadFormatException when no format has it
     */
    public static DataFormat fromName(String name) {
        for (DataFormat format : values()) {
            if (format.wireName.equals(name)) {
                return format;
            }
        }
        throw unknown("\"" + name + "\"");
    }

    /** The format of a number. */
    static DataFormat of(int code) {
        for (DataFormat format : values()) {
            if (format.code == code) {
                return format;
            }
        }
        throw unknown(String.valueOf(code));
    }

    private static BadFormatException unknown(String found) {
        return new BadFormatException("unknown format " + found + "; allowed are " + Arrays.toString(values()));
    }

    @Override
    public String toString() {
        return wireName;
    }
}
