package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table in a document: named columns, in place. It and its columns keep the payload where it is for as long as buffers of
 * them can be reached; other values need the view to be open.
 *
 * <p>Throws what a document throws.
 */
public final class Table {
    /** Longs in which the engine tells of a table: rows, columns, origin, metadata's position and size. */
    private static final int TOLD = 5;
    private static final int ALIGNMENT = 64;

    /** Null for a table of the caller's own. */
    private final View view;
    /** The document of such a table, in direct memory; else null. */
    private final ByteBuffer document;
    private final long position;
    private final long rows;
    private final int columns;
    private final int origin;
    private final long[] metadata;

    Table(View view, long position) {
        this(view, null, position);
    }

    /** The table that a document in direct memory is. */
    private Table(ByteBuffer document) {
        this(null, document, 0);
    }

    private Table(View view, ByteBuffer document, long position) {
        this.view = view;
        this.document = document;
        this.position = position;
        long[] told = new long[TOLD];
        long pointer = enter();
        try {
            open(pointer, document, position, told);
        } finally {
            leave();
        }
        this.rows = told[0];
        this.columns = (int) told[1];
        this.origin = (int) told[2];
        this.metadata = new long[] {told[3], told[4]};
    }

    /** A table of columns that lies in memory of this JVM, in no store. */
    public static Table of(Field... columns) {
        return of(Origin.COLUMNS, columns);
    }

    /** One that is, to who knows no tables, what the origin says. */
    public static Table of(Origin origin, Field... columns) {
        try (Writer writer = new Writer()) {
            return of(writer.table(origin, columns).toBytes());
        }
    }

    /**
     * A table of plain values, in memory of this JVM: a List of Maps by their keys, which are nil where a Map lacks them; a Map
     * of Lists, arrays and {@link Segment}s that are as long as each other; a List or an array of values. Whole numbers beside
     * floats become floats when that loses nothing. A key whose values do not go together makes no column.
     *
     * @throws InvalidArgumentException no table can be made of it
     */
    public static Table from(Object plain) {
        try (Writer writer = new Writer()) {
            ByteBuffer document = direct(writer.value(plain).toBytes());
            return of(ByteBuffer.wrap(gather(0, document, 0)));
        }
    }

    /** The table that a node is, or that is made of its plain values. */
    static Table from(View view, long position) {
        byte[] made;
        long pointer = view.enter();
        try {
            if (Node.isTable(pointer, position)) {
                return new Table(view, position);
            }
            made = gather(pointer, null, position);
        } finally {
            view.leave();
        }
        return of(ByteBuffer.wrap(made));
    }

    /** The table that a finished document is. */
    private static Table of(ByteBuffer document) {
        return new Table(direct(document));
    }

    /** A copy that begins where payloads do. */
    private static ByteBuffer direct(ByteBuffer bytes) {
        int size = Math.addExact(bytes.remaining(), ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        ByteBuffer copy = ByteBuffer.allocateDirect(Math.addExact(size, ALIGNMENT)).alignedSlice(ALIGNMENT);
        return copy.put(bytes).flip().slice();
    }

    /** Begins a native call on it; {@link #leave} ends it. */
    long enter() {
        return view == null ? 0 : view.enter();
    }

    void leave() {
        if (view != null) {
            view.leave();
        }
    }

    /** A part of the document, in place. */
    ByteBuffer buffer(long at, long size) {
        if (view != null) {
            return view.buffer(at, size);
        }
        ByteBuffer part = document.asReadOnlyBuffer();
        part.position((int) at).limit((int) (at + size));
        return part.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Has the engine tell of a column. */
    byte[] tell(byte[] name, int index, long[] told) {
        long pointer = enter();
        try {
            return Column.open(pointer, document, position, name, index, told);
        } finally {
            leave();
        }
    }

    /** What a table was made of. */
    public enum Origin {
        /** A list of maps with the same keys. */
        ROWS,
        /** A list of values of one type: one column, whose name is empty. */
        LIST,
        /** Columns and nothing else. */
        COLUMNS,
        /** A table of pyarrow's. */
        ARROW,
        /** A record batch of pyarrow's. */
        BATCH,
        /** A frame of pandas'. */
        PANDAS,
        /** A frame of Polars'. */
        POLARS,
        /** A series of pandas'. */
        PANDAS_SERIES,
        /** A series of Polars'. */
        POLARS_SERIES
    }

    /** How many rows there are. */
    public long rows() {
        return rows;
    }

    /** How many columns there are. */
    public int columns() {
        return columns;
    }

    /**
     * What it was made of.
     *
     * @throws InvalidArgumentException a later version makes tables of that
     */
    public Origin origin() {
        if (origin < 1 || origin > Origin.values().length) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "a table made of " + origin + ", which is not known here");
        }
        return Origin.values()[origin - 1];
    }

    /** Metadata of the whole in the form of Arrow's C data interface, in place; empty when there are none. */
    public ByteBuffer metadata() {
        return buffer(metadata[0], metadata[1]);
    }

    /**
     * The column of a name.
     *
     * @throws NotFoundException there is none; the message names those that are there
     */
    public Column column(String name) {
        return new Column(this, Texts.encode("name", name), 0);
    }

    /** The column of a name; empty when there is none. */
    public Optional<Column> findColumn(String name) {
        try {
            return Optional.of(column(name));
        } catch (NotFoundException none) {
            return Optional.empty();
        }
    }

    /**
     * The column at an index, from 0.
     *
     * @throws IndexOutOfBoundsException there are fewer
     */
    public Column column(int index) {
        if (index < 0 || index >= columns) {
            throw new IndexOutOfBoundsException("a table of " + columns + " columns has none at " + index);
        }
        return new Column(this, null, index);
    }

    /** The names of the columns, in their order. */
    public List<String> names() {
        List<String> names = new ArrayList<>(columns);
        for (int index = 0; index < columns; index++) {
            names.add(column(index).name());
        }
        return names;
    }

    /** Checks all of it in one pass: offsets, indices, texts, counts. */
    public void check() {
        long pointer = enter();
        try {
            check(pointer, document, position);
        } finally {
            leave();
        }
    }

    /**
     * Hands it to any library that knows Arrow's C data interface, as structs of its columns, which stay where they are; of
     * arrow-java:
     *
     * <pre>{@code
     * try (ArrowSchema schema = ArrowSchema.allocateNew(allocator); ArrowArray array = ArrowArray.allocateNew(allocator)) {
     *     table.exportTo(schema.memoryAddress(), array.memoryAddress());
     *     VectorSchemaRoot root = Data.importVectorSchemaRoot(allocator, array, schema, null);
     * }
     * }</pre>
     *
     * <p>It is checked before. Whoever has schema and array in the end releases them, as the interface says; the payload
     * stays in place until that is done, whether the view and the store are open or not.
     *
     * @param schema address of a struct {@code ArrowSchema} that holds nothing
     * @param array address of a struct {@code ArrowArray} that holds nothing
     */
    public void exportTo(long schema, long array) {
        if (schema == 0 || array == 0) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, "a table is exported to a schema and an array; one has the address 0");
        }
        long pointer = enter();
        try {
            export(pointer, document, position, schema, array);
        } finally {
            leave();
        }
    }

    /** Its columns as they are written by {@link Writer#table(Field...)}: where they lie, which keeps the payload. */
    public Field[] fields() {
        Field[] fields = new Field[columns];
        for (int index = 0; index < columns; index++) {
            fields[index] = column(index).field();
        }
        return fields;
    }

    /**
     * The rows as maps from the columns' names to copies of their values, which {@link Column#get} gives.
     *
     * @throws IllegalStateException more rows than a list holds
     */
    public List<Map<String, Object>> toRows() {
        List<Column> all = new ArrayList<>(columns);
        for (int index = 0; index < columns; index++) {
            all.add(column(index));
        }
        List<Map<String, Object>> made = new ArrayList<>(Column.count(rows));
        for (int row = 0; row < rows; row++) {
            Map<String, Object> values = new LinkedHashMap<>(2 * columns);
            for (Column column : all) {
                values.put(column.name(), column.get(row));
            }
            made.add(values);
        }
        return made;
    }

    /** The columns as lists, under their names. */
    public Map<String, List<Object>> toColumns() {
        Map<String, List<Object>> made = new LinkedHashMap<>(2 * columns);
        for (int index = 0; index < columns; index++) {
            Column column = column(index);
            made.putIfAbsent(column.name(), column.toList());
        }
        return made;
    }

    /** What it was made of, as objects: {@link #toRows}, {@link #toColumns} or, of a list, {@link Column#toList}. */
    public Object toObject() {
        switch (origin()) {
            case ROWS:
                return toRows();
            case LIST:
            case PANDAS_SERIES:
            case POLARS_SERIES:
                return column(0).toList();
            default:
                return toColumns();
        }
    }

    private static native void open(long view, ByteBuffer document, long node, long[] told);

    private static native void check(long view, ByteBuffer document, long node);

    private static native byte[] gather(long view, ByteBuffer document, long node);

    private static native void export(long view, ByteBuffer document, long node, long schema, long array);
}
