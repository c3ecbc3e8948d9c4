package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Unit;
import java.math.BigInteger;
import java.nio.ByteBuffer;
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
        String[] words = header.split(" ");
        String[] type = words[0].split("[\\[\\]]");
        Dtype dtype = named(Dtype.values(), type[0]);
        Unit unit = type.length > 1 ? named(Unit.values(), type[1]) : Unit.GENERIC;
        long[] shape = Arrays.stream(words).skip(1).mapToLong(Long::parseLong).toArray();
        return Segment.of(dtype, unit, ByteBuffer.wrap(items), shape);
    }

    private static <T> T named(T[] all, String name) {
        return Arrays.stream(all).filter(each -> each.toString().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("an array of " + name + " cannot be passed to Java"));
    }

    /**
     * The text of an array: a {@link Segment}, or what {@link Numbers#of(Object)} takes. Of a {@link BigInteger}, which is
     * none: {@code "integer"} and its hexadecimal digits.
     */
    public static String header(Object array) {
        if (array instanceof BigInteger) {
            return "integer " + ((BigInteger) array).toString(16);
        }
        Segment segment = segment(array);
        String unit = segment.unit() == Unit.GENERIC ? "" : "[" + segment.unit() + "]";
        return segment.dtype() + unit + Arrays.stream(segment.shape()).mapToObj(length -> " " + length)
                .collect(Collectors.joining());
    }

    /** The items of an array. */
    public static byte[] items(Object array) {
        ByteBuffer bytes = segment(array).bytes();
        byte[] items = new byte[bytes.remaining()];
        bytes.get(items);
        return items;
    }

    private static Segment segment(Object array) {
        boolean asItIs = array instanceof Segment && !((Segment) array).isFortranOrder();
        return asItIs ? (Segment) array : Numbers.of(array).toSegment();
    }
}
