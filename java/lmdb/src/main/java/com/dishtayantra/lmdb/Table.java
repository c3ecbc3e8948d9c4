package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
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

    final View view;
    final long position;
    private final long rows;
    private final int columns;
    private final int origin;
    private final long[] metadata;

    Table(View view, long position) {
        long[] told = new long[TOLD];
        long pointer = view.enter();
        try {
            open(pointer, position, told);
        } finally {
            view.leave();
        }
        this.view = view;
        this.position = position;
        this.rows = told[0];
        this.columns = (int) told[1];
        this.origin = (int) told[2];
        this.metadata = new long[] {told[3], told[4]};
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
        return view.buffer(metadata[0], metadata[1]);
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
        long pointer = view.enter();
        try {
            check(pointer, position);
        } finally {
            view.leave();
        }
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

    /** What it was made of, as objects. */
    Object toObject() {
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

    private static native void open(long view, long node, long[] told);

    private static native void check(long view, long node);
}
