package com.dishtayantra.lmdb;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A value in a {@link Document}. Throws {@link InvalidArgumentException} when the value is of another type than asked
 * for, and what a document throws.
 */
public final class Node {
    /** Longs in which the engine tells of a segment: dtype, unit, flags, dimensions, data's position, size, shape. */
    static final int SEGMENT_TOLD = 6 + 32;

    /** Longs in which the engine tells of numbers: data's position, count, whether lists, dimensions, shape. */
    private static final int NUMBERS_TOLD = 4 + 32;

    final View view;
    final long position;

    Node(View view, long position) {
        this.view = view;
        this.position = position;
    }

    /** What the value is. */
    public ValueType type() {
        long pointer = view.enter();
        try {
            return ValueType.of(type(pointer, position));
        } finally {
            view.leave();
        }
    }

    /** Whether the value is nil. */
    public boolean isNil() {
        return type() == ValueType.NIL;
    }

    /** The number of values in an array, of pairs in a map, of bytes in a text or bytes, of items in a segment. */
    public long size() {
        long pointer = view.enter();
        try {
            return size(pointer, position);
        } finally {
            view.leave();
        }
    }

    /** A bool. */
    public boolean asBoolean() {
        long pointer = view.enter();
        try {
            return asBoolean(pointer, position);
        } finally {
            view.leave();
        }
    }

    /** A whole number; refused when it is over {@code Long.MAX_VALUE}, see {@link #asUnsignedLong}. */
    public long asLong() {
        long pointer = view.enter();
        try {
            return asLong(pointer, position);
        } finally {
            view.leave();
        }
    }

    /** A whole number that is not below zero, as the bits of an unsigned long. */
    public long asUnsignedLong() {
        long pointer = view.enter();
        try {
            return asUnsignedLong(pointer, position);
        } finally {
            view.leave();
        }
    }

    /** A number; whole ones are converted to the nearest double. */
    public double asDouble() {
        long pointer = view.enter();
        try {
            return asDouble(pointer, position);
        } finally {
            view.leave();
        }
    }

    /** A text. */
    public String asString() {
        long pointer = view.enter();
        try {
            return Texts.decode(asString(pointer, position));
        } finally {
            view.leave();
        }
    }

    /** A copy of bytes. */
    public byte[] asBytes() {
        long pointer = view.enter();
        try {
            return asBytes(pointer, position);
        } finally {
            view.leave();
        }
    }

    /** The numbers of an array or a segment of integers or floats, converted to doubles. */
    public double[] asDoubles() {
        long pointer = view.enter();
        try {
            return asDoubles(pointer, position);
        } finally {
            view.leave();
        }
    }

    /**
     * The numbers that a value is, as an array of {@code float64}: a segment of numbers or bools, lists of numbers inside one
     * another whose lengths agree, bytes taken as doubles, or a single number. In place when they lie as such, else copied.
     *
     * @throws BadFormatException it is a table, or another type that Python alone reads
     */
    public Segment asNumbers() {
        long[] told = new long[NUMBERS_TOLD];
        byte[] copied;
        long pointer = view.enter();
        try {
            copied = numbers(pointer, position, told);
        } finally {
            view.leave();
        }
        return numbers(told, copied == null ? view.buffer(told[0], Double.BYTES * told[1]) : ByteBuffer.wrap(copied));
    }

    /** The numbers that a finished document in an array is; see {@link #asNumbers}. */
    static Segment numbersOf(byte[] document) {
        long[] told = new long[NUMBERS_TOLD];
        byte[] copied = numbersOf(document, told);
        ByteBuffer items = copied == null
                ? ByteBuffer.wrap(document, (int) told[0], (int) (Double.BYTES * told[1])).slice() : ByteBuffer.wrap(copied);
        return numbers(told, items);
    }

    private static Segment numbers(long[] told, ByteBuffer items) {
        int shape = NUMBERS_TOLD - 32;
        return new Segment(Dtype.FLOAT64, Unit.GENERIC, Arrays.copyOfRange(told, shape, shape + (int) told[3]),
                told[2] != 0 ? Segment.LIST : 0, false, items);
    }

    /** An array whose items are of one type, in place. */
    public Segment asSegment() {
        long[] told = new long[SEGMENT_TOLD];
        long pointer = view.enter();
        try {
            segment(pointer, position, told);
        } finally {
            view.leave();
        }
        long[] shape = new long[(int) told[3]];
        System.arraycopy(told, 6, shape, 0, shape.length);
        return new Segment(Dtype.of((int) told[0]), Unit.of((int) told[1]), shape, (int) told[2], false,
                view.buffer(told[4], told[5]));
    }

    /**
     * Whether the value is a table. To everything else here a table is the plain value that it was made of: rows are an array
     * of maps, a frame is a map of arrays.
     */
    public boolean isTable() {
        long pointer = view.enter();
        try {
            return isTable(pointer, position);
        } finally {
            view.leave();
        }
    }

    /**
     * A table, in place.
     *
     * @throws InvalidArgumentException it is none
     */
    public Table asTable() {
        return new Table(view, position);
    }

    /**
     * The table that the value is, in place, or one that is made of it in memory of this JVM, as by {@link Table#from}: whoever
     * computes on columns takes both.
     *
     * @throws InvalidArgumentException no table can be made of it
     */
    public Table toTable() {
        return Table.from(view, position);
    }

    /** The value at a path from here; see {@link Document#at}. */
    public Node at(String path) {
        byte[] steps = Texts.encode("path", path);
        long pointer = view.enter();
        try {
            return new Node(view, find(pointer, position, steps));
        } finally {
            view.leave();
        }
    }

    /** As {@link #at(String)}, but empty when the path leads nowhere. */
    public Optional<Node> find(String path) {
        try {
            return Optional.of(at(path));
        } catch (NotFoundException nowhere) {
            return Optional.empty();
        }
    }

    /**
     * The value of a key of a map, taken literally.
     *
     * @throws NotFoundException the map does not hold the key
     */
    public Node get(String key) {
        byte[] name = Texts.encode("key", key);
        long pointer = view.enter();
        try {
            return new Node(view, get(pointer, position, name));
        } finally {
            view.leave();
        }
    }

    /**
     * The value at an index of an array. Costs a pass over the values before it; {@link #elements} gives all in one.
     *
     * @throws NotFoundException the array is shorter
     */
    public Node at(int index) {
        long pointer = view.enter();
        try {
            return new Node(view, at(pointer, position, index));
        } finally {
            view.leave();
        }
    }

    /** The values of an array, in their order; found while they are iterated over. */
    public Iterable<Node> elements() {
        if (type() != ValueType.ARRAY) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "the value at byte " + position + " is no array but " + type());
        }
        return new Iterable<>() {
            @Override
            public Iterator<Node> iterator() {
                return new Walk<>() {
                    @Override
                    Node make(long key, long value) {
                        return new Node(view, value);
                    }
                };
            }
        };
    }

    /** The pairs of a map, in their order; found while they are iterated over. */
    public Iterable<Map.Entry<Node, Node>> entries() {
        if (type() != ValueType.MAP) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "the value at byte " + position + " is no map but " + type());
        }
        return new Iterable<>() {
            @Override
            public Iterator<Map.Entry<Node, Node>> iterator() {
                return new Walk<>() {
                    @Override
                    Map.Entry<Node, Node> make(long key, long value) {
                        return Map.entry(new Node(view, key), new Node(view, value));
                    }
                };
            }
        };
    }

    /** The keys of a map, which must be texts, in their order. */
    public List<String> keys() {
        List<String> keys = new ArrayList<>();
        for (Map.Entry<Node, Node> pair : entries()) {
            keys.add(pair.getKey().asString());
        }
        return keys;
    }

    /**
     * The value as objects: null, Boolean, Long (a {@link BigInteger} over {@code Long.MAX_VALUE}), Double, String,
     * {@code byte[]}, List, Map in the order of the document, {@link Extension}. An array of one type is a {@link
     * Segment} in place, unless it was a list of numbers (then it is a List) or a single number (then it is that, times
     * excepted). All but segments are copies. Lists and maps can be changed.
     *
     * @throws CorruptException it is not well formed, or nested more than 512 deep
     */
    public Object toObject() {
        return new Unpacker(view).unpack(position);
    }

    /**
     * The value as a map; see {@link #toObject}.
     *
     * @throws InvalidArgumentException it is no map, or has a key that is no text
     */
    public Map<String, Object> toMap() {
        Object value = toObject();
        if (!(value instanceof Map)) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "the value at byte " + position + " is no map but " + type());
        }
        Map<?, ?> map = (Map<?, ?>) value;
        for (Object key : map.keySet()) {
            if (!(key instanceof String)) {
                throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "the key " + key + " of a map is no text");
            }
        }
        @SuppressWarnings("unchecked") // Every key was looked at.
        Map<String, Object> texts = (Map<String, Object>) map;
        return texts;
    }

    /** The bits of an unsigned number as an object. */
    static Object unsigned(long bits) {
        return bits >= 0 ? (Object) bits : BigInteger.valueOf(bits).add(BigInteger.ONE.shiftLeft(64));
    }

    /** A walk through an array or a map. */
    private abstract class Walk<T> implements Iterator<T> {
        /** The engine's iterator: key, value, next, remaining. */
        private final long[] at = new long[4];

        Walk() {
            long pointer = view.enter();
            try {
                iterate(pointer, position, at);
            } finally {
                view.leave();
            }
        }

        @Override
        public boolean hasNext() {
            return at[3] > 0;
        }

        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            long pointer = view.enter();
            try {
                Node.next(pointer, at);
            } finally {
                view.leave();
            }
            return make(at[0], at[1]);
        }

        abstract T make(long key, long value);
    }

    static native void validate(long view);

    static native boolean refers(long view);

    private static native int type(long view, long node);

    private static native long size(long view, long node);

    private static native boolean asBoolean(long view, long node);

    private static native long asLong(long view, long node);

    private static native long asUnsignedLong(long view, long node);

    private static native double asDouble(long view, long node);

    private static native byte[] asString(long view, long node);

    private static native byte[] asBytes(long view, long node);

    private static native byte[] numbers(long view, long node, long[] told);

    private static native byte[] numbersOf(byte[] document, long[] told);

    private static native double[] asDoubles(long view, long node);

    private static native void segment(long view, long node, long[] told);

    private static native long find(long view, long node, byte[] path);

    private static native long get(long view, long node, byte[] key);

    private static native long at(long view, long node, long index);

    private static native void iterate(long view, long node, long[] at);

    private static native void next(long view, long[] at);

    static native boolean isTable(long view, long node);

    /** Tells of the values from a position on, in the order of the payload, as many as there is room for. */
    static native int scan(long view, long from, long[] told);
}
