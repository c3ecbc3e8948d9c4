package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a {@code .npy} file: <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">NumPy's format</a>, little-endian items
 * of the dtypes of segments.
 */
final class NpyHeader {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** Items start at a multiple of this, as NumPy writes them. */
    private static final int ALIGNMENT = 64;
    /** A header is short; a longer one is none. */
    private static final int MAX_HEADER = 1 << 16;

    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([<>=|])([a-zA-Z])(\\d+)(?:\\[(\\w+)\\])?'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9,\\s]*)\\)");

    private NpyHeader() {}

    /** The array of a payload in format numpy, in place. */
    static Segment segment(View view) {
        ByteBuffer front = view.buffer(0, Math.min(view.size(), MAX_HEADER + 12L));
        byte[] magic = new byte[MAGIC.length];
        if (front.remaining() < 10) {
            throw corrupt(view, "it has " + front.remaining() + " bytes");
        }
        front.get(magic);
        if (!java.util.Arrays.equals(magic, MAGIC)) {
            throw corrupt(view, "it does not begin as one");
        }
        int version = front.get();
        front.get();
        long length = version == 1 ? Short.toUnsignedInt(front.getShort()) : Integer.toUnsignedLong(front.getInt());
        if (version < 1 || version > 3 || length > front.remaining()) {
            throw corrupt(view, "version " + version + " with a header of " + length + " bytes");
        }
        byte[] text = new byte[(int) length];
        front.get(text);
        return parse(view, new String(text, StandardCharsets.UTF_8), front.position());
    }

    private static Segment parse(View view, String header, int start) {
        Matcher descr = DESCR.matcher(header);
        Matcher order = ORDER.matcher(header);
        Matcher shapes = SHAPE.matcher(header);
        if (!descr.find() || !order.find() || !shapes.find()) {
            throw corrupt(view, "its header is " + header.trim());
        }
        Dtype dtype = dtype(descr.group(2), Integer.parseInt(descr.group(3)));
        Unit unit = descr.group(4) == null ? Unit.GENERIC : Unit.named(descr.group(4));
        if (dtype == null || unit == null || descr.group(1).equals(">") && dtype.itemSize() > 1) {
            throw corrupt(view, "items of type " + descr.group() + " cannot be used in place");
        }
        String dimensions = shapes.group(1).trim();
        String[] each = dimensions.isEmpty() ? new String[0] : dimensions.split("\\s*,\\s*");
        long[] shape = new long[each.length];
        long size = dtype.itemSize();
        try {
            for (int i = 0; i < each.length; i++) {
                shape[i] = Long.parseLong(each[i]);
                size = Math.multiplyExact(size, shape[i]);
            }
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            throw corrupt(view, "the shape (" + dimensions + ") fits no memory");
        }
        if (size != view.size() - start) {
            throw corrupt(view, view.size() - start + " bytes of items; the header says " + size);
        }
        if (start % dtype.itemSize() != 0) {
            throw corrupt(view, "its items begin at byte " + start + ", unaligned");
        }
        return new Segment(dtype, unit, shape, 0, order.group(1).equals("True"), view.buffer(start, size));
    }

    private static Dtype dtype(String kind, int itemSize) {
        for (Dtype dtype : Dtype.values()) {
            if (kind.charAt(0) == kind(dtype) && dtype.itemSize() == itemSize) {
                return dtype;
            }
        }
        return null;
    }

    /** NumPy's letter for the kind of a dtype. */
    private static char kind(Dtype dtype) {
        if (dtype.isTime()) {
            return (char) dtype.code();
        }
        if (dtype.isFloat()) {
            return 'f';
        }
        if (dtype == Dtype.BOOL) {
            return 'b';
        }
        return Character.isLowerCase(dtype.code()) ? 'i' : 'u';
    }

    /** The bytes that come before the items of an array in a {@code .npy} file. */
    static ByteBuffer of(Segment array) {
        Dtype dtype = array.dtype();
        StringBuilder shape = new StringBuilder();
        for (long dimension : array.shape()) {
            shape.append(dimension).append(", ");
        }
        String header = "{'descr': '" + (dtype.itemSize() == 1 ? '|' : '<') + kind(dtype) + dtype.itemSize()
                + (array.unit() == Unit.GENERIC ? "" : "[" + array.unit() + "]")
                + "', 'fortran_order': " + (array.isFortranOrder() ? "True" : "False")
                + ", 'shape': (" + shape.toString().trim() + "), }";
        int end = (MAGIC.length + 4 + header.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        ByteBuffer bytes = ByteBuffer.allocate(end).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (end - MAGIC.length - 4));
        bytes.put(header.getBytes(StandardCharsets.US_ASCII));
        while (bytes.position() < end - 1) {
            bytes.put((byte) ' ');
        }
        bytes.put((byte) '\n').flip();
        return bytes;
    }

    private static CorruptException corrupt(View view, String what) {
        return new CorruptException("key \"" + view.info().key() + "\": no .npy payload that can be used in place: " + what);
    }
}
