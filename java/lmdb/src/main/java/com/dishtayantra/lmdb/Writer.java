package com.dishtayantra.lmdb;

import static java.lang.ref.Reference.reachabilityFence;

import java.lang.ref.Cleaner;
import java.math.BigInteger;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * Builds one MessagePack value and puts it, arrays as typed segments that every language uses in place.
 *
 * <p>Maps and arrays are announced with the number of values they will hold and filled by the calls that follow:
 *
 * <pre>{@code
 * Writer writer = new Writer();
 * writer.map(2).key("values").segment(prices).key("meta").map(1).key("name").string("flights");
 * writer.put(store, "flights", PutOptions.defaults());
 * }</pre>
 *
 * <p>Items of segments are not copied before the value is put: arrays and buffers that were passed must stay as they are
 * until then, and are copied once, straight into the store. Everything else is copied when it is written. A writer keeps
 * its value and may put it again; {@link #reset} begins another.
 *
 * <p>A call that does not fit the structure throws {@link InvalidArgumentException} and changes nothing. One thread at a
 * time uses a writer. Its native memory goes with {@link #close}, or with the garbage collector.
 */
public class Writer implements AutoCloseable {
    /** Smaller values are put in one step; for larger ones room is lent, in which they are made. */
    private static final long LENT = 64 << 10;

    private final Handle handle;
    private final Cleaner.Cleanable cleanable;
    private final List<Lent> lent = new ArrayList<>();
    /** What has the memory that the native writer borrows. */
    private final List<Object> borrowed = new ArrayList<>();

    /** Items that are copied to their place when the value is put. */
    private static final class Lent {
        final long size;
        final Buffer from;
        /** Where they belong in the value. */
        long position;

        Lent(long size, Buffer from) {
            this.size = size;
            this.from = from;
        }
    }

    /** A writer that holds nothing yet. */
    public Writer() {
        NativeLibrary.ensureLoaded();
        handle = new Handle(Handle.Kind.WRITER);
        cleanable = Handle.CLEANER.register(this, handle);
        handle.own(create());
        reachabilityFence(this);
    }

    /** Begins a map of so many pairs, each a {@link #key} and then its value. */
    public Writer map(int pairs) {
        return write(Value.MAP, pairs, null);
    }

    /** Begins an array of so many values. */
    public Writer array(int values) {
        return write(Value.ARRAY, values, null);
    }

    /** Writes the key of a pair; any text. */
    public Writer key(String key) {
        return string(key);
    }

    /** Writes nil. */
    public Writer nil() {
        return write(Value.NIL, 0, null);
    }

    /** Writes a bool. */
    public Writer bool(boolean value) {
        return write(Value.BOOL, value ? 1 : 0, null);
    }

    /** Writes a whole number. */
    public Writer int64(long value) {
        return write(Value.INT64, value, null);
    }

    /** Writes a whole number whose bits are those of an unsigned long. */
    public Writer uint64(long bits) {
        return write(Value.UINT64, bits, null);
    }

    /** Writes a number of 64 bits. */
    public Writer float64(double value) {
        return write(Value.FLOAT64, Double.doubleToRawLongBits(value), null);
    }

    /** Writes a text. */
    public Writer string(String value) {
        return write(Value.STRING, 0, Texts.encode("a text", value));
    }

    /** Writes bytes. */
    public Writer binary(byte[] value) {
        return write(Value.BINARY, 0, value);
    }

    /** Writes an array of {@code bool} in one dimension. */
    public Writer segment(boolean[] items) {
        byte[] bytes = new byte[items.length];
        for (int i = 0; i < items.length; i++) {
            bytes[i] = (byte) (items[i] ? 1 : 0);
        }
        return segment(Dtype.BOOL, ByteBuffer.wrap(bytes));
    }

    /** Writes an array of {@code int8} in one dimension. For bytes that are no numbers see {@link #binary}. */
    public Writer segment(byte[] items) {
        return segment(Dtype.INT8, ByteBuffer.wrap(items));
    }

    /** Writes an array of {@code int16} in one dimension. */
    public Writer segment(short[] items) {
        return segment(Dtype.INT16, ShortBuffer.wrap(items));
    }

    /** Writes an array of {@code int32} in one dimension. */
    public Writer segment(int[] items) {
        return segment(Dtype.INT32, IntBuffer.wrap(items));
    }

    /** Writes an array of {@code int64} in one dimension. */
    public Writer segment(long[] items) {
        return segment(Dtype.INT64, LongBuffer.wrap(items));
    }

    /** Writes an array of {@code float32} in one dimension. */
    public Writer segment(float[] items) {
        return segment(Dtype.FLOAT32, FloatBuffer.wrap(items));
    }

    /** Writes an array of {@code float64} in one dimension. */
    public Writer segment(double[] items) {
        return segment(Dtype.FLOAT64, DoubleBuffer.wrap(items));
    }

    /** Writes an array of {@code float64} with a shape, whose items lie row by row. */
    public Writer segment(double[] items, long... shape) {
        if (count(shape) != items.length) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT,
                    items.length + " items for an array of shape " + java.util.Arrays.toString(shape));
        }
        return segment(Dtype.FLOAT64, Unit.GENERIC, shape.clone(), 0, DoubleBuffer.wrap(items));
    }

    /**
     * Writes the remaining items of a buffer as an array in one dimension: {@code uint8} of a ByteBuffer, signed integers
     * and floats of the others. The buffer's byte order does not matter; its position stays.
     */
    public Writer segment(Buffer items) {
        if (items instanceof DoubleBuffer) {
            return segment(Dtype.FLOAT64, ((DoubleBuffer) items).duplicate());
        } else if (items instanceof FloatBuffer) {
            return segment(Dtype.FLOAT32, ((FloatBuffer) items).duplicate());
        } else if (items instanceof LongBuffer) {
            return segment(Dtype.INT64, ((LongBuffer) items).duplicate());
        } else if (items instanceof IntBuffer) {
            return segment(Dtype.INT32, ((IntBuffer) items).duplicate());
        } else if (items instanceof ShortBuffer) {
            return segment(Dtype.INT16, ((ShortBuffer) items).duplicate());
        } else if (items instanceof ByteBuffer) {
            return segment(Dtype.UINT8, ((ByteBuffer) items).duplicate());
        }
        throw new InvalidArgumentException(Status.INVALID_ARGUMENT, items.getClass() + " holds no numbers");
    }

    /** Writes an array as it is. Fortran order, which segments do not have, is refused. */
    public Writer segment(Segment array) {
        if (array.isFortranOrder()) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, array + " is in Fortran order; the items of a segment lie row by row");
        }
        return segment(array.dtype(), array.unit(), array.shape(), array.flags(), array.bytes());
    }

    /**
     * Writes a table: named columns, in place for every language, and a map of arrays to who knows no tables.
     *
     * @throws InvalidArgumentException the columns do not go together: they have as many values each, say
     */
    public Writer table(Field... columns) {
        return table(Table.Origin.COLUMNS, columns);
    }

    /**
     * Writes a table that is to others what it was made of: {@link Table.Origin#ROWS} an array of maps, {@link
     * Table.Origin#LIST} (of one column) an array.
     */
    public Writer table(Table.Origin origin, Field... columns) {
        return table(origin, null, columns.clone());
    }

    Writer table(Table.Origin origin, ByteBuffer metadata, Field[] columns) {
        int size = 16;
        for (Field column : columns) {
            size = Math.addExact(size, column.toldSize());
        }
        ByteBuffer told = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
        boolean isPlain = metadata == null || metadata.remaining() == 0;
        told.putLong(isPlain ? 0 : Call.address(metadata)).putLong(isPlain ? 0 : metadata.remaining());
        for (Field column : columns) {
            column.tell(told);
        }
        long writer = handle.enter();
        try {
            borrowed.add(columns);
            borrowed.add(metadata);
            table(writer, origin.ordinal() + 1, columns.length == 0 ? 0 : columns[0].length, columns.length, told);
        } finally {
            handle.leave();
        }
        return this;
    }

    /** Writes a table as it is; see {@link #table(Table.Origin, Field...)}. Its payload is kept until the value was put. */
    public Writer table(Table table) {
        return table(table.origin(), table.metadata(), table.fields());
    }

    /**
     * Writes what a stream of Arrow's C data interface gives as a table, its batches one behind the other. The stream is read
     * to its end and released, also when that fails; buffers that lie as a table needs them are copied when the value is
     * put, and released by {@link #reset} and {@link #close}.
     *
     * @param stream address of a struct {@code ArrowArrayStream}
     * @throws BadFormatException it is of what no table holds: unions, maps, runs, batches with dictionaries of their own
     */
    public Writer arrow(Table.Origin origin, long stream) {
        if (stream == 0) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "the stream has the address 0");
        }
        long writer = handle.enter();
        try {
            arrow(writer, origin.ordinal() + 1, stream);
        } finally {
            handle.leave();
        }
        return this;
    }

    /**
     * Writes an object: null, Boolean, whole numbers (BigInteger up to 64 bits), Float, Double, CharSequence, {@code
     * byte[]} (as bytes), other arrays of a primitive type and Buffers (as segments), {@link Segment}, {@code Field[]} and
     * {@link Table} (as tables), Map with such keys and values, Collection, {@code Object[]}.
     *
     * @throws InvalidArgumentException it is or holds something else; the message names the path. The value is unfinished
     *     then: {@link #reset} the writer.
     */
    public Writer value(Object value) {
        write(value, "");
        return this;
    }

    private void write(Object value, String path) {
        if (value == null) {
            nil();
        } else if (value instanceof Boolean) {
            bool((Boolean) value);
        } else if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            int64(((Number) value).longValue());
        } else if (value instanceof Double || value instanceof Float) {
            float64(((Number) value).doubleValue());
        } else if (value instanceof BigInteger) {
            write((BigInteger) value, path);
        } else if (value instanceof CharSequence) {
            string(value.toString());
        } else if (value instanceof byte[]) {
            binary((byte[]) value);
        } else if (value instanceof Map) {
            Map<?, ?> map = (Map<?, ?>) value;
            map(map.size());
            for (Map.Entry<?, ?> pair : map.entrySet()) {
                write(pair.getKey(), path + "." + pair.getKey());
                write(pair.getValue(), path + "." + pair.getKey());
            }
        } else if (value instanceof Collection) {
            write(((Collection<?>) value).toArray(), path);
        } else if (value instanceof Field[]) {
            table((Field[]) value);
        } else if (value instanceof Table) {
            table((Table) value);
        } else if (value instanceof Object[]) {
            Object[] values = (Object[]) value;
            array(values.length);
            for (int i = 0; i < values.length; i++) {
                write(values[i], path + "." + i);
            }
        } else if (!items(value)) {
            throw refused(value.getClass() + " cannot be written", path);
        }
    }

    private void write(BigInteger value, String path) {
        if (value.bitLength() <= 63) {
            int64(value.longValue());
        } else if (value.bitLength() == 64 && value.signum() > 0) {
            uint64(value.longValue());
        } else {
            throw refused("the whole number " + value + " has more than 64 bits", path);
        }
    }

    /** Writes items of one type; false: the value holds none. */
    private boolean items(Object value) {
        if (value instanceof Segment) {
            segment((Segment) value);
        } else if (value instanceof double[]) {
            segment((double[]) value);
        } else if (value instanceof float[]) {
            segment((float[]) value);
        } else if (value instanceof long[]) {
            segment((long[]) value);
        } else if (value instanceof int[]) {
            segment((int[]) value);
        } else if (value instanceof short[]) {
            segment((short[]) value);
        } else if (value instanceof boolean[]) {
            segment((boolean[]) value);
        } else if (value instanceof Buffer) {
            segment((Buffer) value);
        } else {
            return false;
        }
        return true;
    }

    private static InvalidArgumentException refused(String what, String path) {
        String place = path.isEmpty() ? "" : " at \"" + path.substring(1) + "\"";
        return new InvalidArgumentException(Status.INVALID_ARGUMENT, what + place);
    }

    private Writer segment(Dtype dtype, Buffer items) {
        return segment(dtype, Unit.GENERIC, new long[] {items.remaining()}, 0, items);
    }

    /** Writes an array; its items, which are nobody else's to move through, are copied when the value is put. */
    private Writer segment(Dtype dtype, Unit unit, long[] shape, int flags, Buffer items) {
        long writer = handle.enter();
        try {
            // First, since there may be no memory for it afterwards.
            Lent last = new Lent(dtype.itemSize() * count(shape), items);
            lent.add(last);
            try {
                last.position = segment(writer, dtype.code(), unit.ordinal(), flags, shape);
            } catch (Throwable failure) {
                lent.remove(lent.size() - 1);
                throw failure;
            }
        } finally {
            handle.leave();
        }
        return this;
    }

    /** Copies the remaining items of a buffer. */
    private static void copy(Buffer from, ByteBuffer to) {
        if (from instanceof DoubleBuffer) {
            to.asDoubleBuffer().put(((DoubleBuffer) from).duplicate());
        } else if (from instanceof FloatBuffer) {
            to.asFloatBuffer().put(((FloatBuffer) from).duplicate());
        } else if (from instanceof LongBuffer) {
            to.asLongBuffer().put(((LongBuffer) from).duplicate());
        } else if (from instanceof IntBuffer) {
            to.asIntBuffer().put(((IntBuffer) from).duplicate());
        } else if (from instanceof ShortBuffer) {
            to.asShortBuffer().put(((ShortBuffer) from).duplicate());
        } else {
            to.put(((ByteBuffer) from).duplicate());
        }
    }

    private static long count(long[] shape) {
        long count = 1;
        for (long dimension : shape) {
            count *= dimension;
        }
        return count;
    }

    /**
     * Bytes of the finished value.
     *
     * @throws InvalidArgumentException it is not finished; the message says what is missing
     */
    public long size() {
        long writer = handle.enter();
        try {
            return size(writer);
        } finally {
            handle.leave();
        }
    }

    /**
     * Puts the finished value as an entry in format msgpack, whatever the options' format. Throws what {@link #size} and
     * a put throw.
     */
    public Info put(Database database, String key, PutOptions options) {
        PutOptions msgpack = Objects.requireNonNull(options, "options").format(DataFormat.MSGPACK);
        long size = size();
        if (size < LENT) {
            return database.put(key, msgpack, toBytes());
        }
        try (Loan loan = database.loan(size)) {
            writeTo(loan);
            return loan.publish(key, msgpack);
        }
    }

    /** Puts the finished value as the output that a reference asks for; see {@link Reference#putOutput}. */
    Info putOutput(Reference reference, PutOptions options) {
        PutOptions msgpack = Objects.requireNonNull(options, "options").format(DataFormat.MSGPACK);
        long size = size();
        if (size < LENT) {
            return reference.putOutput(msgpack, toBytes());
        }
        try (Loan loan = reference.loanOutput(size)) {
            writeTo(loan);
            return reference.publishOutput(loan, msgpack);
        }
    }

    /**
     * Writes the finished value into the front of a loan, to be published with {@link #size} bytes in format msgpack.
     *
     * @throws InvalidArgumentException the loan is smaller than the value, or the value is not finished
     */
    public void writeTo(Loan loan) {
        long size = size();
        if (loan.size() < size) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "a document of " + size + " bytes and a loan of " + loan.size());
        }
        long writer = handle.enter();
        try {
            loan.use(new LongConsumer() {
                @Override
                public void accept(long memory) {
                    fill(writer, memory);
                    for (Lent items : lent) {
                        copy(items.from, loan.part(items.position, items.size));
                    }
                }
            });
        } finally {
            handle.leave();
            reachabilityFence(this);
        }
    }

    /**
     * A copy of the finished value. Throws what {@link #size} throws.
     *
     * @throws TooLargeException over 2 GiB - 1, more than a buffer can span
     */
    public ByteBuffer toBytes() {
        long writer = handle.enter();
        try {
            ByteBuffer value = ByteBuffer.wrap(bytes(writer));
            for (Lent items : lent) {
                ByteBuffer place = value.duplicate();
                place.position((int) items.position).limit((int) (items.position + items.size));
                copy(items.from, place.slice().order(ByteOrder.LITTLE_ENDIAN));
            }
            return value;
        } finally {
            handle.leave();
            reachabilityFence(this);
        }
    }

    /** The numbers that the finished value is, as a copy; see {@link Node#asNumbers}. Throws what {@link #size} throws. */
    public Segment toNumbers() {
        return Node.numbersOf(toBytes().array());
    }

    /** Forgets everything written and begins another value. */
    public void reset() {
        write(Value.RESET, 0, null);
        lent.clear();
        borrowed.clear();
    }

    /** Frees the writer's native memory. Closing again does nothing. */
    @Override
    public void close() {
        cleanable.clean();
    }

    /** What one native call writes. */
    private enum Value { MAP, ARRAY, NIL, BOOL, INT64, UINT64, FLOAT64, STRING, BINARY, RESET }

    /** Writes a value of some bits, or of some bytes. */
    private Writer write(Value kind, long bits, byte[] bytes) {
        long writer = handle.enter();
        try {
            switch (kind) {
                case MAP:
                    map(writer, bits);
                    break;
                case ARRAY:
                    array(writer, bits);
                    break;
                case NIL:
                    nil(writer);
                    break;
                case BOOL:
                    bool(writer, bits != 0);
                    break;
                case INT64:
                    int64(writer, bits);
                    break;
                case UINT64:
                    uint64(writer, bits);
                    break;
                case FLOAT64:
                    float64(writer, Double.longBitsToDouble(bits));
                    break;
                case STRING:
                    string(writer, bytes);
                    break;
                case BINARY:
                    binary(writer, bytes);
                    break;
                default:
                    reset(writer);
            }
        } finally {
            handle.leave();
        }
        return this;
    }

    private static native long create();

    static native void release(long writer);

    private static native void reset(long writer);

    private static native void map(long writer, long pairs);

    private static native void array(long writer, long values);

    private static native void nil(long writer);

    private static native void bool(long writer, boolean value);

    private static native void int64(long writer, long value);

    private static native void uint64(long writer, long bits);

    private static native void float64(long writer, double value);

    private static native void string(long writer, byte[] text);

    private static native void binary(long writer, byte[] bytes);

    private static native long segment(long writer, int dtype, int unit, int flags, long[] shape);

    private static native void table(long writer, int origin, long rows, int columns, ByteBuffer told);

    private static native void arrow(long writer, int origin, long stream);

    private static native long size(long writer);

    private static native byte[] bytes(long writer);

    private static native void fill(long writer, long loan);
}
