package com.dishtayantra.calculators;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the message that a payload is. Its sender is this project's, so what a sender never writes is not looked for. */
final class MessageReader {
    /** MessagePack's extension with an array: its header, see {@link ArrayBytes}, a line feed and its items. */
    static final int ARRAY = 1;

    private final ByteBuffer message;

    private MessageReader(byte[] message) {
        this.message = ByteBuffer.wrap(message);
    }

    static Object read(byte[] message) {
        return new MessageReader(message).value();
    }

    private Object value() {
        int type = message.get() & 0xff;
        if (type < 0x80 || type >= 0xe0) {
            return (int) (byte) type;
        } else if (type < 0x90) {
            return map(type & 0xf);
        } else if (type < 0xa0) {
            return list(type & 0xf);
        } else if (type < 0xc0) {
            return text(type & 0x1f);
        }
        switch (type) {
            case 0xc0:
                return null;
            case 0xc2:
            case 0xc3:
                return type == 0xc3;
            case 0xc4:
            case 0xc5:
            case 0xc6:
                return bytes(length(type - 0xc4));
            case 0xc7:
            case 0xc8:
            case 0xc9:
                return extension(length(type - 0xc7));
            case 0xcb:
                return message.getDouble();
            case 0xcc:
            case 0xcd:
                return length(type - 0xcc);
            case 0xce:
                return whole(message.getInt() & 0xffff_ffffL);
            case 0xcf:
                return unsigned(message.getLong());
            case 0xd0:
                return (int) message.get();
            case 0xd1:
                return (int) message.getShort();
            case 0xd2:
                return message.getInt();
            case 0xd3:
                return whole(message.getLong());
            case 0xd4:
            case 0xd5:
            case 0xd6:
            case 0xd7:
            case 0xd8:
                return extension(1 << (type - 0xd4));
            case 0xd9:
            case 0xda:
            case 0xdb:
                return text(length(type - 0xd9));
            case 0xdc:
            case 0xdd:
                return list(length(type - 0xdb));
            case 0xde:
            case 0xdf:
                return map(length(type - 0xdd));
            default:
                throw new IllegalArgumentException("a message with a value of type " + type);
        }
    }

    /** A number of one byte, of two, or of four. */
    private int length(int width) {
        switch (width) {
            case 0:
                return message.get() & 0xff;
            case 1:
                return message.getShort() & 0xffff;
            default:
                return message.getInt();
        }
    }

    private static Object whole(long value) {
        return value == (int) value ? (Object) (int) value : (Object) value;
    }

    private static Object unsigned(long bits) {
        return bits >= 0 ? whole(bits) : new BigInteger(Long.toUnsignedString(bits));
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        message.get(bytes);
        return bytes;
    }

    private String text(int length) {
        String text = new String(message.array(), message.position(), length, StandardCharsets.UTF_8);
        message.position(message.position() + length);
        return text;
    }

    private List<Object> list(int length) {
        List<Object> list = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            list.add(value());
        }
        return list;
    }

    private Map<Object, Object> map(int length) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < length; i++) {
            map.put(value(), value());
        }
        return map;
    }

    private Object extension(int length) {
        int type = message.get();
        if (type != ARRAY) {
            throw new IllegalArgumentException("a message with an extension of type " + type);
        }
        int end = message.position() + length;
        int items = message.position();
        while (message.get(items) != '\n') {
            items++;
        }
        String header = text(items - message.position());
        ByteBuffer rest = message.duplicate();
        rest.limit(end).position(items + 1);
        message.position(end);
        return ArrayBytes.array(header, rest);
    }
}
