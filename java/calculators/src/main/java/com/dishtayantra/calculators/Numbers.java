package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.BadFormatException;
import com.dishtayantra.lmdb.Column;
import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Node;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;

/**
 * An n-dimensional array of doubles: in place where it lies as such, else a converted copy. What lies in a store is
 * read-only and stays for as long as this, or a buffer of it, can be reached. Threads may share it while nobody writes.
 */
public final class Numbers {
    private final DoubleBuffer items;
    private final long[] shape;
    private final boolean fortranOrder;
    private final boolean list;
    /** The same items, when they came, or were allocated, as bytes; else null. */
    private final ByteBuffer bytes;

    private Numbers(DoubleBuffer items, long[] shape, boolean fortranOrder, boolean list, ByteBuffer bytes) {
        this.items = items;
        this.shape = shape;
        this.fortranOrder = fortranOrder;
        this.list = list;
        this.bytes = bytes;
    }

    /** New items, all 0, to be written through {@link #items}; no dimension: a single one. */
    public static Numbers allocate(long... shape) {
        long size = Double.BYTES;
        for (long dimension : shape) {
            size = Math.multiplyExact(size, dimension);
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        return new Numbers(bytes.asDoubleBuffer(), shape.clone(), false, false, bytes);
    }

    /** One dimension of items of the caller's, which are not copied. */
    public static Numbers of(double[] items) {
        return of(DoubleBuffer.wrap(items));
    }

    private static Numbers of(DoubleBuffer items) {
        return new Numbers(items.slice(), new long[] {items.remaining()}, false, false, null);
    }

    /**
     * The numbers that a value of a payload is: a {@link Segment} (in place when its items are float64), arrays of a
     * primitive type, a {@link DoubleBuffer}, a {@link Column} of numbers (nil ones are NaN), lists inside one another whose lengths agree, bytes taken as float64, a single
     * number.
     *
     * @throws IllegalArgumentException it is something else; the message says what, and with {@link #of(String, Object)} of
     *     which key
     */
    public static Numbers of(Object value) {
        if (value instanceof Numbers) {
            return (Numbers) value;
        } else if (value instanceof Node) {
            return of(((Node) value).asNumbers());
        } else if (value instanceof Segment) {
            return of((Segment) value);
        } else if (value instanceof Column) {
            Column column = (Column) value;
            boolean isInPlace = column.format().equals("g") && column.nullCount() == 0;
            return isInPlace ? of(column.doubles()) : of(column.toDoubles());
        } else if (value instanceof double[]) {
            return of((double[]) value);
        } else if (value instanceof DoubleBuffer) {
            return of((DoubleBuffer) value);
        }
        try (Writer writer = new Writer()) {
            return of(writer.value(Results.stored(value)).toNumbers());
        }
    }

    /**
     * The numbers under a key of a payload, given its value; see {@link #of(Object)}. What is wrong with it is told with the
     * key.
     *
     * @throws IllegalArgumentException it is null, or something else than numbers
     */
    public static Numbers of(String name, Object value) {
        if (value == null) {
            throw new IllegalArgumentException("the input has no '" + name + "'");
        }
        try {
            return of(value);
        } catch (BadFormatException unread) {
            throw unread;
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("'" + name + "': " + wrong.getMessage(), wrong);
        }
    }

    private static Numbers of(Segment segment) {
        boolean isList = segment.isList();
        if (segment.dtype() == Dtype.FLOAT64) {
            return new Numbers(segment.doubles(), segment.shape(), segment.isFortranOrder(), isList, segment.bytes());
        }
        if (segment.dtype().isTime() || segment.dtype().isComplex()) {
            throw new IllegalArgumentException("items of " + segment.dtype() + " are not numbers this side converts");
        }
        DoubleBuffer converted = DoubleBuffer.wrap(
                segment.dtype() == Dtype.BOOL ? bools(segment) : segment.toDoubles());
        return new Numbers(converted, segment.shape(), segment.isFortranOrder(), isList, null);
    }

    private static double[] bools(Segment segment) {
        double[] items = new double[segment.count()];
        for (int i = 0; i < items.length; i++) {
            items[i] = segment.bytes().get(i);
        }
        return items;
    }

    /** The items as they lie, with a position of their own. */
    public DoubleBuffer items() {
        return items.duplicate();
    }

    /** The item at an index, counted as the items lie. */
    public double get(int index) {
        return items.get(index);
    }

    /** Number of items. */
    public int size() {
        return items.limit();
    }

    /** Length of each dimension; none: a single number. */
    public long[] shape() {
        return shape.clone();
    }

    /** Whether the first dimension varies fastest. */
    public boolean isFortranOrder() {
        return fortranOrder;
    }

    /** Whether they came as lists and are to be answered as lists. */
    public boolean isList() {
        return list;
    }

    /** The same items, to be answered as lists or as an array. */
    public Numbers asList(boolean isList) {
        return new Numbers(items, shape, fortranOrder, isList, bytes);
    }

    /** The same items in another shape with as many. They lie row by row. */
    Numbers reshaped(long... other) {
        return new Numbers(items, other, false, list, bytes);
    }

    /** As a segment that lies row by row, marked as a list when it is one; in place where that can be. */
    public Segment toSegment() {
        Numbers rows = rowByRow();
        if (rows.bytes == null) {
            rows = allocate(shape);
            rows.items().put(items.duplicate());
        }
        Segment segment = Segment.of(Dtype.FLOAT64, rows.bytes.duplicate(), shape);
        return list ? segment.asList() : segment;
    }

    /** The same array with the last dimension varying fastest: itself, or a rearranged copy. */
    public Numbers rowByRow() {
        if (!fortranOrder || shape.length < 2) {
            return new Numbers(items, shape, false, list, bytes);
        }
        Numbers rows = allocate(shape).asList(list);
        rowByRow(rows.items());
        return rows;
    }

    private void rowByRow(DoubleBuffer to) {
        int[] index = new int[shape.length];
        while (to.hasRemaining()) {
            int at = 0;
            for (int d = shape.length; d-- > 0;) {
                at = at * (int) shape[d] + index[d];
            }
            to.put(items.get(at));
            for (int d = shape.length; d-- > 0 && ++index[d] == shape[d];) {
                index[d] = 0;
            }
        }
    }

    /** As lists inside one another, or a single number. */
    public Object toLists() {
        return toSegment().toLists();
    }
}
