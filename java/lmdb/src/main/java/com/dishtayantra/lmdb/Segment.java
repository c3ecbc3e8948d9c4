package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * An array whose items are of one type: in a document, as a payload in format numpy, or of the caller's.
 *
 * <p>An array that was read lies in the store and is read-only; it keeps the payload in place for as long as it or one of
 * its buffers can be reached, whether the view is closed or not. Immutable but for items that the caller owns; each
 * method hands out a buffer with a position of its own.
 */
public final class Segment {
    /** It was a list, and is a list again in languages that tell lists from arrays. */
    static final int LIST = 1;
    /** It was a number with a type of its own, and no array. */
    static final int SCALAR = 2;
    /** How many lists an array without items may become: its shape says any number, at no cost of bytes. */
    private static final long EMPTY_LISTS = 1 << 20;

    private final Dtype dtype;
    private final Unit unit;
    private final long[] shape;
    private final int flags;
    private final boolean fortranOrder;
    private final ByteBuffer data;

    Segment(Dtype dtype, Unit unit, long[] shape, int flags, boolean fortranOrder, ByteBuffer data) {
        this.dtype = dtype;
        this.unit = unit;
        this.shape = shape;
        this.flags = flags;
        this.fortranOrder = fortranOrder;
        this.data = data.order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * An array over little-endian items of the caller's: the remaining bytes of a buffer, which is not copied.
     *
     * @param shape length of each dimension; none means a single item
     * @throws InvalidArgumentException the shape needs another number of bytes
     */
    public static Segment of(Dtype dtype, ByteBuffer items, long... shape) {
        return of(dtype, Unit.GENERIC, items, shape);
    }

    /** An array of times; see {@link #of(Dtype, ByteBuffer, long...)}. */
    public static Segment of(Dtype dtype, Unit unit, ByteBuffer items, long... shape) {
        if (unit != Unit.GENERIC && !dtype.isTime()) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, dtype + " counts no " + unit);
        }
        boolean empty = false;
        for (long dimension : shape) {
            empty |= dimension == 0;
        }
        long size = empty ? 0 : dtype.itemSize();
        for (long dimension : shape) {
            if (dimension < 0 || !empty && size > Integer.MAX_VALUE / dimension) {
                throw new InvalidArgumentException(
                        Status.INVALID_ARGUMENT, "shape " + Arrays.toString(shape) + " of " + dtype + " fits no buffer");
            }
            size *= dimension;
        }
        if (size != items.remaining()) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, items.remaining() + " bytes for an array of "
                    + dtype + " with shape " + Arrays.toString(shape) + ", which has " + size);
        }
        return new Segment(dtype, unit, shape.clone(), 0, false, items.slice());
    }

    /**
     * An array of times.
     *
     * @deprecated use {@link #of(Dtype, Unit, ByteBuffer, long...)}
     */
    @Deprecated
    public static Segment of(Dtype dtype, TimeStep step, ByteBuffer items, long... shape) {
        return of(dtype, step.unit(), items, shape);
    }

    /** The same array, marked as one that was a list: Python gets a list. */
    public Segment asList() {
        return new Segment(dtype, unit, shape, LIST, fortranOrder, data.duplicate());
    }

    /** The same item, marked as a number that is no array. Needs a shape without dimensions. */
    public Segment asScalar() {
        if (shape.length > 0) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "an array of shape " + Arrays.toString(shape) + " is no single number");
        }
        return new Segment(dtype, unit, shape, SCALAR, fortranOrder, data.duplicate());
    }

    /** An array of this shape whose items, as they lie, have the first index varying fastest; for {@link #toNpy}. */
    public Segment inFortranOrder() {
        return new Segment(dtype, unit, shape, flags, true, data.duplicate());
    }

    /** What the items are. */
    public Dtype dtype() {
        return dtype;
    }

    /** What times count; {@link Unit#GENERIC} for all other items. */
    public Unit unit() {
        return unit;
    }

    /**
     * What times count.
     *
     * @deprecated use {@link #unit}
     */
    @Deprecated
    public TimeStep step() {
        return TimeStep.values()[unit.ordinal()];
    }

    /** Length of each dimension; none: a single item. */
    public long[] shape() {
        return shape.clone();
    }

    /** Number of items in all dimensions. */
    public int count() {
        return data.capacity() / dtype.itemSize();
    }

    /** Whether the array was a list, packed because that is smaller. */
    public boolean isList() {
        return flags == LIST;
    }

    /** Whether it was a number with a type of its own, and no array. */
    public boolean isScalar() {
        return flags == SCALAR;
    }

    /** Whether the first dimension varies fastest; only arrays in format numpy do that. */
    public boolean isFortranOrder() {
        return fortranOrder;
    }

    int flags() {
        return flags;
    }

    /** The items' bytes, little-endian. */
    public ByteBuffer bytes() {
        ByteBuffer bytes = data.duplicate();
        bytes.clear();
        return bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The items of an array of {@code float64}. Throws {@link InvalidArgumentException} for another dtype. */
    public DoubleBuffer doubles() {
        require(Dtype.FLOAT64);
        return bytes().asDoubleBuffer();
    }

    /** The items of an array of {@code float32}. Throws {@link InvalidArgumentException} for another dtype. */
    public FloatBuffer floats() {
        require(Dtype.FLOAT32);
        return bytes().asFloatBuffer();
    }

    /** The items of an array of {@code float16} as their bits; {@link #toDoubles} converts them. */
    public ShortBuffer halves() {
        require(Dtype.FLOAT16);
        return bytes().asShortBuffer();
    }

    /** The items of an array of {@code complex64}: two floats each, the real part first. */
    public FloatBuffer floatPairs() {
        require(Dtype.COMPLEX64);
        return bytes().asFloatBuffer();
    }

    /** The items of an array of {@code complex128}: two doubles each, the real part first. */
    public DoubleBuffer doublePairs() {
        require(Dtype.COMPLEX128);
        return bytes().asDoubleBuffer();
    }

    /** The items of an array of 64-bit integers or times; unsigned ones as their bits. */
    public LongBuffer longs() {
        require(Dtype.INT64, Dtype.UINT64, Dtype.DATETIME64, Dtype.TIMEDELTA64);
        return bytes().asLongBuffer();
    }

    /** The items of an array of 32-bit integers; unsigned ones as their bits. */
    public IntBuffer ints() {
        require(Dtype.INT32, Dtype.UINT32);
        return bytes().asIntBuffer();
    }

    /** The items of an array of 16-bit integers; unsigned ones as their bits. */
    public ShortBuffer shorts() {
        require(Dtype.INT16, Dtype.UINT16);
        return bytes().asShortBuffer();
    }

    /**
     * The items of an array of integers or floats, converted to doubles, in the order they lie.
     *
     * @throws InvalidArgumentException the items are bools, times or complex
     */
    public double[] toDoubles() {
        if (!dtype.isInteger() && !dtype.isFloat()) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "an array of " + dtype + " holds no numbers");
        }
        double[] values = new double[count()];
        if (dtype == Dtype.FLOAT64) {
            doubles().get(values);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = number(i);
        }
        return values;
    }

    private double number(int index) {
        switch (dtype) {
            case INT8:
                return data.get(index);
            case UINT8:
                return Byte.toUnsignedInt(data.get(index));
            case INT16:
                return data.getShort(2 * index);
            case UINT16:
                return Short.toUnsignedInt(data.getShort(2 * index));
            case INT32:
                return data.getInt(4 * index);
            case UINT32:
                return Integer.toUnsignedLong(data.getInt(4 * index));
            case INT64:
                return data.getLong(8 * index);
            case UINT64:
                return unsigned(data.getLong(8 * index));
            case FLOAT16:
                return Column.half(data.getShort(2 * index));
            default:
                return data.getFloat(4 * index);
        }
    }

    /**
     * The item at an index, counted as the items lie: Boolean, Long (signed and unsigned integers, and times) or Double.
     * An unsigned integer over {@code Long.MAX_VALUE} is a {@link java.math.BigInteger}, a complex number a list of its real
     * part and its imaginary one.
     */
    public Object item(int index) {
        switch (dtype) {
            case BOOL:
                return data.get(index) != 0;
            case INT8:
                return (long) data.get(index);
            case UINT8:
                return (long) Byte.toUnsignedInt(data.get(index));
            case INT16:
                return (long) data.getShort(2 * index);
            case UINT16:
                return (long) Short.toUnsignedInt(data.getShort(2 * index));
            case INT32:
                return (long) data.getInt(4 * index);
            case UINT32:
                return Integer.toUnsignedLong(data.getInt(4 * index));
            case UINT64:
                return Node.unsigned(data.getLong(8 * index));
            case FLOAT32:
                return (double) data.getFloat(4 * index);
            case FLOAT64:
                return data.getDouble(8 * index);
            case FLOAT16:
                return Column.half(data.getShort(2 * index));
            case COMPLEX64:
                return pair((double) data.getFloat(8 * index), (double) data.getFloat(8 * index + 4));
            case COMPLEX128:
                return pair(data.getDouble(16 * index), data.getDouble(16 * index + 8));
            default:
                return data.getLong(8 * index);
        }
    }

    private static List<Double> pair(double real, double imaginary) {
        return Collections.unmodifiableList(Arrays.asList(real, imaginary));
    }

    /**
     * The items as lists inside one another, as {@link #shape} says; a single item for a shape without dimensions.
     *
     * @throws InvalidArgumentException the array has no items, and over 1,048,576 empty lists would stand for it
     */
    public Object toLists() {
        return count() == 0 ? emptyLists() : lists(0, 0);
    }

    private Object emptyLists() {
        long lists = 1;
        int outer = 0;
        while (shape[outer] > 0) {
            if (shape[outer] > EMPTY_LISTS / lists) {
                throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "an array without items of shape "
                        + Arrays.toString(shape) + " is more than " + EMPTY_LISTS + " empty lists");
            }
            lists *= shape[outer++];
        }
        List<Object> rows = Collections.emptyList();
        while (outer > 0) {
            rows = Collections.nCopies((int) shape[--outer], rows);
        }
        return rows;
    }

    private Object lists(int dimension, int index) {
        if (dimension == shape.length) {
            return item(index);
        }
        List<Object> row = new ArrayList<>();
        for (int i = 0; i < shape[dimension]; i++) {
            row.add(lists(dimension + 1, index + i * stride(dimension)));
        }
        return Collections.unmodifiableList(row);
    }

    /** Items between neighbours along a dimension. */
    private int stride(int dimension) {
        int stride = 1;
        if (fortranOrder) {
            for (int i = 0; i < dimension; i++) {
                stride *= (int) shape[i];
            }
        } else {
            for (int i = shape.length - 1; i > dimension; i--) {
                stride *= (int) shape[i];
            }
        }
        return stride;
    }

    /**
     * The array as a {@code .npy} file: header and items, to be put in format numpy, {@code store.put(key,
     * options.format(DataFormat.NUMPY), array.toNpy())}.
     */
    public ByteBuffer[] toNpy() {
        NativeLibrary.ensureLoaded();
        byte[] header = npyHeader(dtype.code(), unit.ordinal(), shape, fortranOrder);
        return new ByteBuffer[] {ByteBuffer.wrap(header), bytes()};
    }

    private void require(Dtype... allowed) {
        if (!Arrays.asList(allowed).contains(dtype)) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "an array of " + dtype + ", not of " + Arrays.toString(allowed));
        }
    }

    /** Lists of numbers with fewer items take no more room item by item than as a segment with its padding. */
    public static int shortestList() {
        NativeLibrary.ensureLoaded();
        return listMinimum();
    }

    private static native byte[] npyHeader(int dtype, int unit, long[] shape, boolean fortranOrder);

    private static native int listMinimum();

    private static double unsigned(long bits) {
        return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
    }

    /** Whether dtype, unit, shape, order and every byte of the items are the same. */
    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Segment)) {
            return false;
        }
        Segment segment = (Segment) other;
        return dtype == segment.dtype && unit == segment.unit && flags == segment.flags
                && fortranOrder == segment.fortranOrder && Arrays.equals(shape, segment.shape)
                && bytes().equals(segment.bytes());
    }

    @Override
    public int hashCode() {
        return 31 * dtype.hashCode() + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return "Segment(" + dtype + (dtype.isTime() ? "[" + unit + "]" : "") + ", shape " + Arrays.toString(shape) + ")";
    }
}
