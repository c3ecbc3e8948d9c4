package com.dishtayantra.lmdb;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A column of a {@link Table}, in place, or what the values of one lie in.
 *
 * <p>Buffers are read-only; they hold something for nil values as well, which means nothing: see {@link #isNull}. Values are
 * asked for by their index, from 0. Immutable; any thread may use it.
 */
public final class Column {
    /**
     * Longs in which the engine tells of a column: index, values, nil ones, position of the validity, position and size of
     * the data, position and bytes of an offset, bytes of a value, dictionary, first child, children, flags, position and
     * size of the metadata.
     */
    private static final int TOLD = 15;
    private static final long MILLISECONDS_OF_A_DAY = 86_400_000;
    /** Bytes up to which a buffer with a position of its own costs more than they do. */
    private static final int SHORT = 32;

    private final Table table;
    private final String name;
    private final String format;
    private final long[] told = new long[TOLD];
    /** Null when all values are there, or none. */
    private final ByteBuffer validity;
    private final ByteBuffer data;
    private final ByteBuffer offsets;
    private volatile Column dictionary;

    /**
     * A column of a name, or when that is null, at an index.
     *
     * @throws NotFoundException no column has the name
     */
    Column(Table table, byte[] name, int index) {
        byte[] texts = table.tell(name, index, told);
        this.table = table;
        int end = 0;
        while (texts[end] != 0) {
            end++;
        }
        this.format = new String(texts, 0, end, StandardCharsets.UTF_8);
        this.name = new String(texts, end + 1, texts.length - end - 1, StandardCharsets.UTF_8);
        this.validity = told[3] < 0 ? null : buffer(told[3], (told[1] + 7) / 8);
        this.data = buffer(told[4], told[5]);
        this.offsets = told[7] == 0 ? null : buffer(told[6], told[7] * (told[1] + 1));
    }

    private ByteBuffer buffer(long position, long size) {
        return table.buffer(position, size);
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /**
     * What the values are, as Arrow's C data interface says it: {@code "g"} for doubles, {@code "l"} for longs, {@code "u"}
     * for text. With a dictionary, what the indices are.
     */
    public String format() {
        return format;
    }

    /** How many values there are. */
    public long size() {
        return told[1];
    }

    /** How many of them are nil. */
    public long nullCount() {
        return told[2];
    }

    /**
     * Whether a value is nil.
     *
     * @throws IndexOutOfBoundsException behind the last
     */
    public boolean isNull(int index) {
        inside(index);
        return validity == null ? told[2] == told[1] : (validity.get(index / 8) >> (index % 8) & 1) == 0;
    }

    /** Metadata in the form of Arrow's C data interface, in place; empty when there are none. */
    public ByteBuffer metadata() {
        return buffer(told[13], told[14]);
    }

    /**
     * The doubles.
     *
     * @throws InvalidArgumentException its values are of another type
     */
    public DoubleBuffer doubles() {
        return typed("g", Double.BYTES, "doubles").asDoubleBuffer();
    }

    /** The floats; see {@link #doubles}. */
    public FloatBuffer floats() {
        return typed("f", Float.BYTES, "floats").asFloatBuffer();
    }

    /** The integers of 64 bits, signed or not, and times that are; see {@link #doubles}. */
    public LongBuffer longs() {
        return typed("lLt", Long.BYTES, "integers of 64 bits").asLongBuffer();
    }

    /** The integers of 32 bits, signed or not, and times that are; see {@link #doubles}. */
    public IntBuffer ints() {
        return typed("iIt", Integer.BYTES, "integers of 32 bits").asIntBuffer();
    }

    /** The integers of 16 bits, signed or not; see {@link #doubles}. */
    public ShortBuffer shorts() {
        return typed("sS", Short.BYTES, "integers of 16 bits").asShortBuffer();
    }

    /** The indices in the dictionary, of columns whose indices have 32 bits, which is what this library writes. */
    public IntBuffer codes() {
        if (!hasDictionary() || told[8] != Integer.BYTES) {
            throw other("indices of 32 bits");
        }
        return view().asIntBuffer();
    }

    /** The bytes of the values, or of the texts, as Arrow lays them out. */
    public ByteBuffer data() {
        return view();
    }

    /** A buffer of one's own over the data. */
    private ByteBuffer view() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * A text; null for nil.
     *
     * @throws InvalidArgumentException its values are no texts
     */
    public String str(int index) {
        if (isNull(index)) {
            return null;
        }
        if (hasDictionary()) {
            return dictionary().str(code(index));
        }
        if (!format.equals("u") && !format.equals("U")) {
            throw other("text");
        }
        return Texts.decode(bytes(index));
    }

    /** Whether the values are indices in a dictionary. */
    public boolean hasDictionary() {
        return told[9] != 0;
    }

    /** The column that the values are indices in. */
    public Column dictionary() {
        if (!hasDictionary()) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, "column \"" + name + "\" has no dictionary");
        }
        Column known = dictionary;
        if (known == null) {
            known = new Column(table, null, (int) told[9]);
            dictionary = known;
        }
        return known;
    }

    /** The index of a value in the dictionary. */
    public int code(int index) {
        inside(index);
        long code = integer(index);
        if (code < 0 || code >= dictionary().size()) {
            throw new CorruptException("value " + index + " of column \"" + name + "\" is " + code
                    + " in a dictionary of " + dictionary().size());
        }
        return (int) code;
    }

    /** How many columns its values lie in: one of lists, those of structs. */
    public int children() {
        return (int) told[11];
    }

    /** One of them. */
    public Column child(int index) {
        if (index < 0 || index >= children()) {
            throw new IndexOutOfBoundsException("column \"" + name + "\" has " + children() + " children, none at " + index);
        }
        return new Column(table, null, (int) told[10] + index);
    }

    /**
     * A value as an object: null, Boolean, Long (a {@link java.math.BigInteger} over {@code Long.MAX_VALUE}), Double, String,
     * {@code byte[]}, List, Map. Times are their integers; intervals and decimals their bytes.
     */
    public Object get(int index) {
        if (isNull(index)) {
            return null;
        }
        if (hasDictionary()) {
            return dictionary().get(code(index));
        }
        switch (format.charAt(0)) {
            case 'n':
                return null;
            case 'b':
                return (data.get(index / 8) >> (index % 8) & 1) != 0;
            case 'e':
                return half(data.getShort(2 * index));
            case 'f':
                return (double) data.getFloat(4 * index);
            case 'g':
                return data.getDouble(8 * index);
            case 'L':
                return Node.unsigned(integer(index));
            case 'u':
            case 'U':
                return Texts.decode(bytes(index));
            case 'z':
            case 'Z':
            case 'w':
            case 'd':
                return bytes(index);
            case '+':
                return nested(index);
            default:
                return told[8] > 8 || format.equals("tiD") ? (Object) bytes(index) : (Object) integer(index);
        }
    }

    /**
     * The integers or floats, whatever their size, converted to doubles; NaN for nil.
     *
     * @throws InvalidArgumentException its values are no numbers
     */
    public double[] toDoubles() {
        if (hasDictionary() || "cCsSiIlLefg".indexOf(format.charAt(0)) < 0) {
            throw other("numbers");
        }
        double[] values = new double[count(size())];
        if (format.equals("g")) {
            doubles().get(values);
        }
        boolean isRead = format.equals("g") && told[2] == 0;
        for (int index = 0; index < values.length && !isRead; index++) {
            values[index] = isNull(index) ? Double.NaN : ((Number) get(index)).doubleValue();
        }
        return values;
    }

    /**
     * A point in time; null for nil.
     *
     * @throws InvalidArgumentException its values are none
     */
    public Instant instant(int index) {
        if (!format.startsWith("ts")) {
            throw other("points in time");
        }
        return isNull(index) ? null : Instant.EPOCH.plus(integer(index), unit());
    }

    /** The time zone of points in time; empty when they have none, and for all other values. */
    public String zone() {
        return format.startsWith("ts") ? format.substring(format.indexOf(':') + 1) : "";
    }

    /** A span of time; null for nil. */
    public Duration duration(int index) {
        if (!format.startsWith("tD")) {
            throw other("spans of time");
        }
        return isNull(index) ? null : Duration.of(integer(index), unit());
    }

    /** A date; null for nil. */
    public LocalDate date(int index) {
        if (!format.startsWith("td")) {
            throw other("dates");
        }
        return isNull(index) ? null : LocalDate.ofEpochDay(
                format.equals("tdD") ? integer(index) : Math.floorDiv(integer(index), MILLISECONDS_OF_A_DAY));
    }

    /** What times and spans count. */
    private ChronoUnit unit() {
        switch (format.charAt(2)) {
            case 's':
                return ChronoUnit.SECONDS;
            case 'm':
                return ChronoUnit.MILLIS;
            case 'u':
                return ChronoUnit.MICROS;
            default:
                return ChronoUnit.NANOS;
        }
    }

    /** A decimal number; null for nil. */
    public BigDecimal decimal(int index) {
        if (!format.startsWith("d:")) {
            throw other("decimal numbers");
        }
        if (isNull(index)) {
            return null;
        }
        byte[] unscaled = bytes(index);
        for (int from = 0, to = unscaled.length - 1; from < to; from++, to--) {
            byte last = unscaled[to];
            unscaled[to] = unscaled[from];
            unscaled[from] = last;
        }
        String[] said = format.substring(2).split(",");
        return new BigDecimal(new BigInteger(unscaled), Integer.parseInt(said[1]));
    }

    /** As it is written, where it lies. */
    Field field() {
        Field[] children = new Field[children()];
        for (int at = 0; at < children.length; at++) {
            children[at] = child(at).field();
        }
        return new Field(name, format, size(), told[2], validity, offsets, format.equals("n") ? null : data, children,
                hasDictionary() ? dictionary().field() : null, (int) told[12], metadata());
    }

    /** The values as objects; see {@link #get}. */
    public List<Object> toList() {
        List<Object> values = new ArrayList<>(count(size()));
        for (int index = 0; index < size(); index++) {
            values.add(get(index));
        }
        return values;
    }

    /** A number of values that a list holds. */
    static int count(long size) {
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(size + " values are more than a list holds");
        }
        return (int) size;
    }

    private Object nested(int index) {
        if (format.equals("+s")) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (int at = 0; at < children(); at++) {
                Column child = child(at);
                fields.putIfAbsent(child.name, child.get(index));
            }
            return fields;
        }
        Column items = child(0);
        long from;
        long to;
        if (format.startsWith("+w:")) {
            int each = Integer.parseInt(format.substring(3));
            from = (long) each * index;
            to = from + each;
        } else {
            from = offset(index);
            to = offset(index + 1);
        }
        if (from < 0 || from > to || to > items.size()) {
            throw damaged(index, from, to, items.size());
        }
        List<Object> values = new ArrayList<>((int) (to - from));
        for (int at = (int) from; at < to; at++) {
            values.add(items.get(at));
        }
        return values;
    }

    private byte[] bytes(int index) {
        long from = told[7] == 0 ? told[8] * index : offset(index);
        long to = told[7] == 0 ? from + told[8] : offset(index + 1);
        if (from < 0 || from > to || to > told[5]) {
            throw damaged(index, from, to, told[5]);
        }
        byte[] bytes = new byte[(int) (to - from)];
        if (bytes.length <= SHORT) {
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = data.get((int) from + at);
            }
            return bytes;
        }
        ByteBuffer all = data.duplicate();
        all.position((int) from);
        all.get(bytes);
        return bytes;
    }

    private CorruptException damaged(int index, long from, long to, long size) {
        return new CorruptException("value " + index + " of column \"" + name + "\" is from " + from + " to " + to + " in "
                + size);
    }

    private long offset(int index) {
        return told[7] == 4 ? offsets.getInt(4 * index) & 0xFFFF_FFFFL : offsets.getLong(8 * index);
    }

    /** A whole number, or the integer of a time. */
    private long integer(int index) {
        boolean signed = Character.isLowerCase(format.charAt(0));
        switch ((int) told[8]) {
            case 1:
                return signed ? data.get(index) : data.get(index) & 0xFF;
            case 2:
                return signed ? data.getShort(2 * index) : data.getShort(2 * index) & 0xFFFF;
            case 4:
                return signed ? data.getInt(4 * index) : data.getInt(4 * index) & 0xFFFF_FFFFL;
            case 8:
                return data.getLong(8 * index);
            default:
                throw other("whole numbers");
        }
    }

    static double half(short bits) {
        double sign = bits < 0 ? -1 : 1;
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        if (exponent == 31) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return exponent == 0 ? sign * Math.scalb((double) fraction, -24)
                : sign * Math.scalb(1 + fraction / 1024.0, exponent - 15);
    }

    private ByteBuffer typed(String formats, int size, String wanted) {
        if (hasDictionary() || formats.indexOf(format.charAt(0)) < 0 || told[8] != size || format.equals("tiD")) {
            throw other(wanted);
        }
        return view();
    }

    private void inside(int index) {
        if (index < 0 || index >= told[1]) {
            throw new IndexOutOfBoundsException("column \"" + name + "\" has " + told[1] + " values, none at " + index);
        }
    }

    private InvalidArgumentException other(String wanted) {
        return new InvalidArgumentException(
                Status.INVALID_ARGUMENT, "column \"" + name + "\" is of format \"" + format + "\", not " + wanted);
    }

    static native byte[] open(long view, ByteBuffer document, long node, byte[] name, int index, long[] told);
}
