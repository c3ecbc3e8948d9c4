package com.dishtayantra.lmdb;

import java.util.Arrays;

/** Bytes with a type number of their own: a MessagePack extension that is no segment. */
public final class Extension {
    private final int type;
    private final byte[] data;

    Extension(int type, byte[] data) {
        this.type = type;
        this.data = data;
    }

    /** The type number, -128 to 127. */
    public int type() {
        return type;
    }

    /** A copy of the bytes. */
    public byte[] data() {
        return data.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Extension
                && type == ((Extension) other).type
                && Arrays.equals(data, ((Extension) other).data);
    }

    @Override
    public int hashCode() {
        return 31 * type + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "Extension(" + type + ", " + data.length + " bytes)";
    }
}
