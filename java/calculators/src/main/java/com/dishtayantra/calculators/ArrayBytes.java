package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Unit;
import java.math.BigInteger;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Arrays as bytes and a text, for callers from other languages, which pass bytes in one go and items one by one.
 *
 * <p>The text is the dtype and the length of each dimension, {@code "float64 100 3"} or {@code "datetime64[ns] 7"}; the bytes are the items row by row,
 * little-endian.
 */
public final class ArrayBytes {
    private ArrayBytes() {}

    /** The array that a text and bytes are. Throws {@link IllegalArgumentException} when they do not fit. */
    public static Segment array(String header, byte[] items) {
        return array(header, ByteBuffer.wrap(items));
    }

    /** The same of the remaining bytes of a buffer, which are not copied. */
    static Segment array(String header, ByteBuffer items) {
        String[] words = header.split(" ");
        String[] type = words[0].split("[\\[\\]]");
        Dtype dtype = named(Dtype.values(), type[0]);
        Unit unit = type.length > 1 ? named(Unit.values(), type[1]) : Unit.GENERIC;
        long[] shape = Arrays.stream(words).skip(1).mapToLong(Long::parseLong).toArray();
        return Segment.of(dtype, unit, items, shape);
    }

    private static <T> T named(T[] all, String name) {
        return Arrays.stream(all).filter(each -> each.toString().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("an array of " + name + " cannot be passed to Java"));
    }

    /**
     * The text of an array: a {@link Segment}, an array of a primitive type, a buffer, or what {@link Numbers#of(Object)}
     * takes. It begins with {@code "list "} or {@code "scalar "} when the array stands for one. Of a {@link BigInteger},
     * which is none: {@code "integer"} and its hexadecimal digits.
     */
    public static String header(Object array) {
        if (array instanceof BigInteger) {
            return "integer " + ((BigInteger) array).toString(16);
        }
        Segment segment = segment(array);
        String unit = segment.unit() == Unit.GENERIC ? "" : "[" + segment.unit() + "]";
        String stands = segment.isList() ? "list " : segment.isScalar() ? "scalar " : "";
        return stands + segment.dtype() + unit + Arrays.stream(segment.shape()).mapToObj(length -> " " + length)
                .collect(Collectors.joining());
    }

    /** The items of an array. */
    public static byte[] items(Object array) {
        ByteBuffer bytes = segment(array).bytes();
        byte[] items = new byte[bytes.remaining()];
        bytes.get(items);
        return items;
    }

    /** An array as a segment that lies row by row, its items of the type that they have in a store. */
    static Segment segment(Object array) {
        if (array instanceof Segment && !((Segment) array).isFortranOrder()) {
            return (Segment) array;
        }
        if (array instanceof boolean[]) {
            boolean[] items = (boolean[]) array;
            ByteBuffer bytes = ByteBuffer.allocate(items.length);
            for (int i = 0; i < items.length; i++) {
                bytes.put(i, (byte) (items[i] ? 1 : 0));
            }
            return Segment.of(Dtype.BOOL, bytes, items.length);
        }
        Buffer items = buffer(array);
        return items == null ? Numbers.of(array).toSegment() : segment(items);
    }

    /** The buffer that a value is, or that its items are; null when it has none. */
    private static Buffer buffer(Object array) {
        if (array instanceof Buffer) {
            return ((Buffer) array).duplicate();
        } else if (array instanceof double[]) {
            return DoubleBuffer.wrap((double[]) array);
        } else if (array instanceof float[]) {
            return FloatBuffer.wrap((float[]) array);
        } else if (array instanceof long[]) {
            return LongBuffer.wrap((long[]) array);
        } else if (array instanceof int[]) {
            return IntBuffer.wrap((int[]) array);
        } else if (array instanceof short[]) {
            return ShortBuffer.wrap((short[]) array);
        }
        return null;
    }

    private static Segment segment(Buffer items) {
        if (items instanceof DoubleBuffer) {
            ByteBuffer bytes = room(Dtype.FLOAT64, items);
            bytes.asDoubleBuffer().put((DoubleBuffer) items);
            return Segment.of(Dtype.FLOAT64, bytes, bytes.capacity() / Double.BYTES);
        } else if (items instanceof FloatBuffer) {
            ByteBuffer bytes = room(Dtype.FLOAT32, items);
            bytes.asFloatBuffer().put((FloatBuffer) items);
            return Segment.of(Dtype.FLOAT32, bytes, bytes.capacity() / Float.BYTES);
        } else if (items instanceof LongBuffer) {
            ByteBuffer bytes = room(Dtype.INT64, items);
            bytes.asLongBuffer().put((LongBuffer) items);
            return Segment.of(Dtype.INT64, bytes, bytes.capacity() / Long.BYTES);
        } else if (items instanceof IntBuffer) {
            ByteBuffer bytes = room(Dtype.INT32, items);
            bytes.asIntBuffer().put((IntBuffer) items);
            return Segment.of(Dtype.INT32, bytes, bytes.capacity() / Integer.BYTES);
        } else if (items instanceof ShortBuffer) {
            ByteBuffer bytes = room(Dtype.INT16, items);
            bytes.asShortBuffer().put((ShortBuffer) items);
            return Segment.of(Dtype.INT16, bytes, bytes.capacity() / Short.BYTES);
        } else if (items instanceof ByteBuffer) {
            return Segment.of(Dtype.UINT8, (ByteBuffer) items, items.remaining());
        }
        throw new IllegalArgumentException(items.getClass() + " holds no numbers");
    }

    private static ByteBuffer room(Dtype dtype, Buffer items) {
        return ByteBuffer.allocate(Math.multiplyExact(dtype.itemSize(), items.remaining())).order(ByteOrder.LITTLE_ENDIAN);
    }
}
