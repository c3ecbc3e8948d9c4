package com.dishtayantra.lmdb;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes objects of a value of a document. The engine reads it, many values a call; here they are put together. */
final class Unpacker {
    /** Values told by one call. */
    private static final int ROWS = 256;
    /** Longs told of a value: its type (and an extension's number, from bit 8), its position, and two more. */
    private static final int ROW = 4;
    /** The type of a whole number over {@code Long.MAX_VALUE}; a ValueType's ordinal for all others. */
    private static final int UNSIGNED = 10;
    /** The number of the extension that a table is. */
    private static final int TABLE = 84;
    /** Arrays and maps inside one another at most. */
    private static final int MAX_DEPTH = 512;

    private final View view;
    /** Rows, then the position after the last one. */
    private final long[] told;
    private int rows;
    private int row;

    Unpacker(View view) {
        this(view, ROWS);
    }

    private Unpacker(View view, int most) {
        this.view = view;
        told = new long[most * ROW + 1];
    }

    /** A container that lacks values. */
    private static final class Open {
        final List<Object> list;
        final Map<Object, Object> map;
        /** Values missing; a map's pair counts as two. */
        long missing;
        Object key;

        Open(boolean map, long count) {
            this.list = map ? null : new ArrayList<>();
            this.map = map ? new LinkedHashMap<>() : null;
            this.missing = map ? 2 * count : count;
        }

        Object value() {
            return map == null ? list : map;
        }

        void add(Object value) {
            if (map == null) {
                list.add(value);
            } else if (missing % 2 == 0) {
                key = value;
            } else {
                map.put(key, value);
            }
            missing--;
        }
    }

    Object unpack(long position) {
        told[told.length - 1] = position;
        Deque<Open> open = new ArrayDeque<>();
        while (true) {
            if (row == rows) {
                fill();
            }
            int at = ROW * row++;
            ValueType type = ValueType.of(kind(at));
            Object value;
            if ((type == ValueType.ARRAY || type == ValueType.MAP) && told[at + 2] > 0) {
                if (open.size() == MAX_DEPTH) {
                    throw new CorruptException("corrupt MessagePack document at byte " + told[at + 1] + ": more than "
                            + MAX_DEPTH + " arrays and maps inside one another");
                }
                open.push(new Open(type == ValueType.MAP, told[at + 2]));
                continue;
            }
            value = value(type, at);
            while (!open.isEmpty()) {
                Open last = open.peek();
                last.add(value);
                if (last.missing > 0) {
                    break;
                }
                value = open.pop().value();
            }
            if (open.isEmpty()) {
                return value;
            }
        }
    }

    private int kind(int at) {
        int kind = (int) told[at] & 0xFF;
        return kind == UNSIGNED ? ValueType.INT.ordinal() : kind;
    }

    private Object value(ValueType type, int at) {
        switch (type) {
            case NIL:
                return null;
            case BOOL:
                return told[at + 2] != 0;
            case INT:
                return ((int) told[at] & 0xFF) == UNSIGNED ? Node.unsigned(told[at + 2]) : (Object) told[at + 2];
            case FLOAT:
                return Double.longBitsToDouble(told[at + 2]);
            case STRING:
                return Texts.decode(view.copy(told[at + 2], told[at + 3]));
            case BYTES:
                return view.copy(told[at + 2], told[at + 3]);
            case ARRAY:
                return new ArrayList<>();
            case MAP:
                return new LinkedHashMap<>();
            case EXT:
                if (told[at] >> 8 == TABLE) {
                    return table(new Node(view, told[at + 1]));
                }
                return new Extension((byte) (told[at] >> 8), view.copy(told[at + 2], told[at + 3]));
            default:
                return unpacked(new Node(view, told[at + 1]).asSegment(), told[at + 1]);
        }
    }

    /** A table, or a value in one that holds others. */
    private Object table(Node node) {
        if (node.position >= 0) {
            Table table = node.asTable();
            // Points in time, dates and spans are no numbers: as plain values nobody could tell.
            boolean isTimes = table.origin() == Table.Origin.LIST && table.column(0).format().startsWith("t");
            return isTimes ? table : table.toObject();
        }
        if (node.type() == ValueType.ARRAY) {
            List<Object> values = new ArrayList<>();
            for (Node value : node.elements()) {
                values.add(new Unpacker(view, 1).unpack(value.position));
            }
            return values;
        }
        Map<Object, Object> values = new LinkedHashMap<>();
        for (Map.Entry<Node, Node> pair : node.entries()) {
            values.put(pair.getKey().asString(), new Unpacker(view, 1).unpack(pair.getValue().position));
        }
        return values;
    }

    private static Object unpacked(Segment segment, long position) {
        if (segment.isScalar() && !segment.dtype().isTime() && !segment.dtype().isComplex()) {
            return segment.item(0);
        }
        try {
            return segment.isList() ? segment.toLists() : segment;
        } catch (InvalidArgumentException tooMany) {
            throw new CorruptException(
                    "corrupt MessagePack document at byte " + position + ": " + tooMany.getMessage());
        }
    }

    private void fill() {
        long pointer = view.enter();
        try {
            rows = Node.scan(pointer, told[told.length - 1], told);
            row = 0;
        } finally {
            view.leave();
        }
    }
}
