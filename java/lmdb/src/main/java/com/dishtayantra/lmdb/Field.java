package com.dishtayantra.lmdb;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A column of a table that is written by {@link Writer#table(Field...)}.
 *
 * <p>Arrays and collections are copied when it is made, direct {@link ByteBuffer}s are not: they must stay as they are until
 * the table was put, and are copied once, straight into the store. Immutable; any thread may use it.
 */
public final class Field {
    /** Flag of Arrow's schemas: values may be nil. */
    private static final int NULLABLE = 2;
    /** Longs that tell of it: sizes of the texts, flags, children, dictionary, length, nulls, places and sizes of buffers. */
    private static final int TOLD = 15;

    final byte[] name;
    final byte[] format;
    final long length;
    final long nulls;
    /** Direct, or null. */
    final ByteBuffer validity;
    final ByteBuffer offsets;
    final ByteBuffer data;
    final Field[] children;
    /** Null without one. */
    final Field dictionary;
    final int flags;
    final ByteBuffer metadata;

    Field(String name, String format, long length, long nulls, ByteBuffer validity, ByteBuffer offsets, ByteBuffer data,
            Field[] children, Field dictionary, int flags, ByteBuffer metadata) {
        this.name = Texts.encode("the name of a column", name);
        this.format = Texts.encode("the format of a column", format);
        this.length = length;
        this.nulls = nulls;
        this.validity = validity;
        this.offsets = offsets;
        this.data = data;
        this.children = children;
        this.dictionary = dictionary;
        this.flags = flags;
        this.metadata = metadata;
    }

    private static Field made(String name, String format, long length, ByteBuffer offsets, ByteBuffer data, Field... children) {
        return new Field(name, format, length, 0, null, offsets, data, children, null, NULLABLE, null);
    }

    private static ByteBuffer direct(long bytes) {
        return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Doubles. */
    public static Field of(String name, double... values) {
        return of(name, DoubleBuffer.wrap(values));
    }

    /** Floats. */
    public static Field of(String name, float... values) {
        return of(name, FloatBuffer.wrap(values));
    }

    /** Integers of 64 bits. */
    public static Field of(String name, long... values) {
        return of(name, LongBuffer.wrap(values));
    }

    /** Integers of 32 bits. */
    public static Field of(String name, int... values) {
        return of(name, IntBuffer.wrap(values));
    }

    /** Integers of 16 bits. */
    public static Field of(String name, short... values) {
        return of(name, ShortBuffer.wrap(values));
    }

    /** Integers of 8 bits. */
    public static Field of(String name, byte... values) {
        ByteBuffer data = direct(values.length);
        data.put(values).flip();
        return made(name, "c", values.length, null, data);
    }

    /** Bools. */
    public static Field of(String name, boolean... values) {
        return made(name, "b", values.length, null, bits(values, true));
    }

    /** The remaining numbers of a buffer, in whatever order its bytes are; those of a ByteBuffer are integers of 8 bits. */
    public static Field of(String name, Buffer values) {
        long count = values.remaining();
        if (values instanceof DoubleBuffer) {
            ByteBuffer data = direct(Double.BYTES * count);
            data.asDoubleBuffer().put(((DoubleBuffer) values).duplicate());
            return made(name, "g", count, null, data);
        } else if (values instanceof FloatBuffer) {
            ByteBuffer data = direct(Float.BYTES * count);
            data.asFloatBuffer().put(((FloatBuffer) values).duplicate());
            return made(name, "f", count, null, data);
        } else if (values instanceof LongBuffer) {
            ByteBuffer data = direct(Long.BYTES * count);
            data.asLongBuffer().put(((LongBuffer) values).duplicate());
            return made(name, "l", count, null, data);
        } else if (values instanceof IntBuffer) {
            ByteBuffer data = direct(Integer.BYTES * count);
            data.asIntBuffer().put(((IntBuffer) values).duplicate());
            return made(name, "i", count, null, data);
        } else if (values instanceof ShortBuffer) {
            ByteBuffer data = direct(Short.BYTES * count);
            data.asShortBuffer().put(((ShortBuffer) values).duplicate());
            return made(name, "s", count, null, data);
        } else if (values instanceof ByteBuffer) {
            return of(name, "c", count, (ByteBuffer) values);
        }
        throw new InvalidArgumentException(Status.INVALID_ARGUMENT, values.getClass() + " holds no numbers");
    }

    /**
     * Values of any format that needs nothing but them: numbers, bools (a bit each), times, decimals, bytes of one length.
     *
     * @param format a format of Arrow's C data interface, {@code "L"} for unsigned integers of 64 bits, say
     * @param length how many values there are
     * @param data their bytes, little-endian; not copied when it is direct
     */
    public static Field of(String name, String format, long length, ByteBuffer data) {
        return made(name, format, length, null, lasting(data));
    }

    /**
     * Text, bytes or lists as Arrow lays them out.
     *
     * @param format {@code "u"}, {@code "z"} or {@code "+l"}; {@code "U"}, {@code "Z"} or {@code "+L"} with offsets of 64 bits
     * @param offsets where each begins, from 0 on, and where the last ends; not copied when it is direct
     * @param data the bytes up to the last offset; not copied when it is direct; null for lists
     * @param items the values of lists, else none
     */
    public static Field of(String name, String format, long length, ByteBuffer offsets, ByteBuffer data, Field... items) {
        return made(name, format, length, lasting(offsets), data == null ? null : lasting(data), items.clone());
    }

    /** Bytes that stay where they are. */
    private static ByteBuffer lasting(ByteBuffer bytes) {
        if (bytes.isDirect()) {
            return bytes.slice();
        }
        ByteBuffer copy = direct(bytes.remaining());
        copy.put(bytes.duplicate()).flip();
        return copy;
    }

    /** Texts; null is nil. */
    public static Field texts(String name, Collection<String> values) {
        byte[][] encoded = new byte[values.size()][];
        boolean[] isNull = new boolean[encoded.length];
        ByteBuffer offsets = direct(4L * (encoded.length + 1)).putInt(0);
        long end = 0;
        int at = 0;
        for (String value : values) {
            isNull[at] = value == null;
            encoded[at] = value == null ? new byte[0] : Texts.encode("a text of a column", value);
            end += encoded[at++].length;
            offsets.putInt((int) end);
        }
        ByteBuffer data = direct(end);
        for (byte[] text : encoded) {
            data.put(text);
        }
        offsets.flip();
        data.flip();
        return made(name, "u", encoded.length, offsets, data).withNulls(isNull);
    }

    /** Texts of which there are few different ones, as indices of 32 bits in a dictionary; null is nil. */
    public static Field coded(String name, Collection<String> values) {
        Map<String, Integer> known = new LinkedHashMap<>();
        ByteBuffer codes = direct(4L * values.size());
        boolean[] isNull = new boolean[values.size()];
        int at = 0;
        for (String value : values) {
            isNull[at++] = value == null;
            Integer code = value == null ? (Integer) 0 : known.get(value);
            if (code == null) {
                code = known.size();
                known.put(value, code);
            }
            codes.putInt(code);
        }
        codes.flip();
        Field column = of(name, "i", at, codes).withNulls(isNull);
        return column.with(column.nulls, column.validity, texts("", known.keySet()));
    }

    /**
     * Points in time.
     *
     * @param unit what is counted since 1970: seconds to nanoseconds
     * @param zone a time zone, {@code "UTC"}, say; empty for none
     */
    public static Field times(String name, Unit unit, String zone, long... values) {
        return of(name, values).as(name, "ts" + letter(unit) + ":" + zone);
    }

    /** Spans of time; see {@link #times}. */
    public static Field spans(String name, Unit unit, long... values) {
        return of(name, values).as(name, "tD" + letter(unit));
    }

    /** Dates, as days since 1970. */
    public static Field dates(String name, int... days) {
        return of(name, days).as(name, "tdD");
    }

    private static char letter(Unit unit) {
        switch (unit) {
            case SECOND:
                return 's';
            case MILLISECOND:
                return 'm';
            case MICROSECOND:
                return 'u';
            case NANOSECOND:
                return 'n';
            default:
                throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "columns count no times in " + unit);
        }
    }

    /** Lists of so many values each of a column, whose name does not matter. */
    public static Field lists(String name, int[] lengths, Field items) {
        ByteBuffer offsets = direct(4L * (lengths.length + 1)).putInt(0);
        int end = 0;
        for (int length : lengths) {
            end = Math.addExact(end, length);
            offsets.putInt(end);
        }
        offsets.flip();
        return made(name, "+l", lengths.length, offsets, null, items);
    }

    /** Maps, one for each row, of a value of each column. */
    public static Field structs(String name, Field... fields) {
        return made(name, "+s", fields.length == 0 ? 0 : fields[0].length, null, null, fields.clone());
    }

    /** The same with values that are nil. */
    public Field withNulls(boolean... isNull) {
        if (isNull.length != length) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, isNull.length + " bools say what is nil of " + length + " values");
        }
        long count = 0;
        for (boolean one : isNull) {
            count += one ? 1 : 0;
        }
        return with(count, count == 0 ? null : bits(isNull, false), dictionary);
    }

    /** Indices in a column of values. */
    public Field withDictionary(Field values) {
        return with(nulls, validity, values);
    }

    private Field with(long count, ByteBuffer bits, Field values) {
        return new Field(Texts.decode(name), Texts.decode(format), length, count, bits, offsets, data, children, values, flags,
                metadata);
    }

    private Field as(String called, String wanted) {
        return new Field(called, wanted, length, nulls, validity, offsets, data, children, dictionary, flags, metadata);
    }

    /** A bit for each value, the lowest of a byte first. */
    private static ByteBuffer bits(boolean[] values, boolean set) {
        ByteBuffer bits = direct((values.length + 7L) / 8);
        for (int i = 0; i < values.length; i++) {
            if (values[i] == set) {
                bits.put(i / 8, (byte) (bits.get(i / 8) | 1 << (i % 8)));
            }
        }
        return bits;
    }

    private static int padded(int bytes) {
        return (bytes + 7) / 8 * 8;
    }

    /** Bytes that tell the engine of a column and of what it has. */
    int toldSize() {
        int size = 8 * TOLD + padded(name.length + format.length);
        for (Field child : children) {
            size += child.toldSize();
        }
        return dictionary == null ? size : size + dictionary.toldSize();
    }

    /** Tells the engine of it. */
    void tell(ByteBuffer told) {
        long[] numbers = {name.length, format.length, flags, children.length, dictionary == null ? 0 : 1, length, nulls};
        for (long number : numbers) {
            told.putLong(number);
        }
        for (ByteBuffer buffer : new ByteBuffer[] {validity, offsets, data, metadata}) {
            boolean isEmpty = buffer == null || buffer.remaining() == 0;
            told.putLong(isEmpty ? 0 : Call.address(buffer)).putLong(isEmpty ? 0 : buffer.remaining());
        }
        told.put(name).put(format);
        told.position(padded(told.position()));
        for (Field child : children) {
            child.tell(told);
        }
        if (dictionary != null) {
            dictionary.tell(told);
        }
    }
}
