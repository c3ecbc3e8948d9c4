package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.Segment;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;

/** Writes the message that an answer is, each value in MessagePack's widest form. */
final class MessageWriter {
    /** MessagePack's extension with a whole number over 64 bits: its bytes, the most significant first, in two's complement. */
    static final int INTEGER = 2;
    /** With a decimal number: its text. */
    static final int DECIMAL = 3;

    /** Maps and lists inside one another at most, as in documents. */
    private static final int MAX_DEPTH = 512;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream message = new DataOutputStream(bytes);

    private MessageWriter() {}

    /**
     * A value as a message.
     *
     * @throws IllegalArgumentException there is something in it that cannot be passed; the message says what and where
     * @throws IllegalStateException it is nested too deeply, or holds itself
     */
    static byte[] write(Object value) {
        MessageWriter writer = new MessageWriter();
        try {
            writer.value(value, "", 0);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return writer.bytes.toByteArray();
    }

    private void value(Object value, String path, int depth) throws IOException {
        if (value == null) {
            message.writeByte(0xc0);
        } else if (value instanceof Boolean) {
            message.writeByte((Boolean) value ? 0xc3 : 0xc2);
        } else if (value instanceof Number) {
            number((Number) value, path);
        } else if (value instanceof CharSequence || value instanceof Character) {
            text(value.toString(), path);
        } else if (value instanceof byte[]) {
            message.writeByte(0xc6);
            message.writeInt(((byte[]) value).length);
            message.write((byte[]) value);
        } else if (value instanceof Map) {
            map(((Map<?, ?>) value).entrySet().toArray(), path, inside(depth));
        } else if (value instanceof Collection) {
            list(((Collection<?>) value).toArray(), path, inside(depth));
        } else if (value instanceof Object[]) {
            list((Object[]) value, path, inside(depth));
        } else {
            array(value, path);
        }
    }

    private static int inside(int depth) {
        if (depth == MAX_DEPTH) {
            throw new IllegalStateException("the answer is nested too deeply, or holds itself");
        }
        return depth + 1;
    }

    private void number(Number value, String path) throws IOException {
        if (value instanceof Double || value instanceof Float) {
            message.writeByte(0xcb);
            message.writeDouble(value.doubleValue());
        } else if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            message.writeByte(0xd3);
            message.writeLong(value.longValue());
        } else if (value instanceof BigInteger) {
            extension(INTEGER, ((BigInteger) value).toByteArray());
        } else if (value instanceof BigDecimal) {
            extension(DECIMAL, value.toString().getBytes(StandardCharsets.US_ASCII));
        } else {
            throw refused(value, path, null);
        }
    }

    private void text(String text, String path) throws IOException {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException(
                    "a text with half a surrogate pair cannot be passed to the caller" + at(path));
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        message.writeByte(0xdb);
        message.writeInt(utf8.length);
        message.write(utf8);
    }

    private void map(Object[] entries, String path, int depth) throws IOException {
        message.writeByte(0xdf);
        message.writeInt(entries.length);
        for (Object each : entries) {
            Map.Entry<?, ?> entry = (Map.Entry<?, ?>) each;
            String below = path + "." + entry.getKey();
            value(entry.getKey(), below, depth);
            value(entry.getValue(), below, depth);
        }
    }

    private void list(Object[] items, String path, int depth) throws IOException {
        message.writeByte(0xdd);
        message.writeInt(items.length);
        for (int i = 0; i < items.length; i++) {
            // Most items are numbers, which need no path.
            value(items[i], items[i] instanceof Number ? path : path + "." + i, depth);
        }
    }

    private void array(Object value, String path) throws IOException {
        Segment segment;
        try {
            segment = ArrayBytes.segment(value);
        } catch (IllegalArgumentException wrong) {
            throw refused(value, path, wrong);
        }
        byte[] header = (ArrayBytes.header(segment) + "\n").getBytes(StandardCharsets.US_ASCII);
        extension(MessageReader.ARRAY, header, ArrayBytes.items(segment));
    }

    private void extension(int type, byte[]... parts) throws IOException {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        message.writeByte(0xc9);
        message.writeInt(length);
        message.writeByte(type);
        for (byte[] part : parts) {
            message.write(part);
        }
    }

    private static IllegalArgumentException refused(Object value, String path, Exception cause) {
        return new IllegalArgumentException(
                "a " + value.getClass().getName() + " cannot be passed to the caller" + at(path), cause);
    }

    private static String at(String path) {
        return path.isEmpty() ? "" : " at '" + path.substring(1) + "'";
    }
}
