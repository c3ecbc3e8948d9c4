package com.dishtayantra.lmdb;

import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.c.ArrowArray;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.ArrowSchema;
import org.apache.arrow.c.CDataDictionaryProvider;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampNanoTZVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;

/** Hands tables to arrow-java and takes them from it. */
final class Arrows {
    private static final int ROWS = 1000;

    private Arrows() {}

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    private static void same(Object found, Object wanted, String what) {
        check(Objects.equals(found, wanted), what + " is " + found + ", not " + wanted);
    }

    private static Field[] fields() {
        double[] prices = new double[ROWS];
        long[] times = new long[ROWS];
        boolean[] isNull = new boolean[ROWS];
        int[] lengths = new int[ROWS];
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            prices[i] = i / 4.0;
            times[i] = 1_000_000_007L * i;
            isNull[i] = i % 7 == 3;
            texts.add(i % 11 == 5 ? null : "größe " + i % 13);
            lengths[i] = i % 2;
        }
        long[] items = new long[ROWS / 2];
        Arrays.fill(items, 9);
        return new Field[] {Field.of("px", prices).withNulls(isNull), Field.texts("note", texts), Field.coded("sym", texts),
            Field.times("at", Unit.NANOSECOND, "UTC", times), Field.lists("list", lengths, Field.of("item", items)),
            Field.structs("both", Field.of("a", prices), Field.texts("b", texts))};
    }

    public static void main(String[] arguments) throws Exception {
        try (Store store = Store.open(Paths.get(arguments[0]));
                BufferAllocator allocator = new RootAllocator();
                Writer writer = new Writer()) {
            writer.map(1).key("t").table(fields()).put(store, "table", PutOptions.defaults());
            inPlace(store, allocator);
            same(Stale.isNothingHeld(store), true, "whether nothing is held once all is released");
            own(allocator);
            System.out.print("in place, released, ");
            taken(store, allocator);
            System.out.println("taken");
        }
    }

    private static long address(java.nio.ByteBuffer buffer) {
        return Call.address(buffer);
    }

    /** The numbers of a stored table are where arrow-java reads them, which alone keeps them there in the end. */
    private static void inPlace(Store store, BufferAllocator allocator) throws Exception {
        List<Long> addresses = new ArrayList<>();
        // In a method of its own, so that no buffer can be reached after it.
        addressesOf(store, addresses);
        for (int i = 0; i < 500 && !Stale.isNothingHeld(store); i++) {
            System.gc();
            Thread.sleep(10);
        }
        try (CDataDictionaryProvider dictionaries = new CDataDictionaryProvider();
                ArrowSchema schema = ArrowSchema.allocateNew(allocator);
                ArrowArray array = ArrowArray.allocateNew(allocator)) {
            try (View view = store.view("table")) {
                view.document().at("t").asTable().exportTo(schema.memoryAddress(), array.memoryAddress());
            }
            store.delete("table");
            try (VectorSchemaRoot root = Data.importVectorSchemaRoot(allocator, array, schema, dictionaries)) {
                check(!Stale.isNothingHeld(store), "the payload is not kept");
                read(root, dictionaries);
                same(root.getVector("px").getDataBuffer().memoryAddress(), addresses.get(0), "the address of px");
                same(root.getVector("note").getDataBuffer().memoryAddress(), addresses.get(1), "the address of note");
                same(root.getVector("at").getDataBuffer().memoryAddress(), addresses.get(2), "the address of at");
            }
        }
    }

    private static void addressesOf(Store store, List<Long> addresses) {
        try (View view = store.view("table")) {
            Table table = view.document().at("t").asTable();
            for (String name : List.of("px", "note", "at")) {
                addresses.add(address(table.column(name).data()));
            }
        }
    }

    private static void read(VectorSchemaRoot root, CDataDictionaryProvider dictionaries) {
        same(root.getRowCount(), ROWS, "the number of rows");
        Float8Vector prices = (Float8Vector) root.getVector("px");
        VarCharVector notes = (VarCharVector) root.getVector("note");
        TimeStampNanoTZVector times = (TimeStampNanoTZVector) root.getVector("at");
        ListVector lists = (ListVector) root.getVector("list");
        StructVector both = (StructVector) root.getVector("both");
        FieldVector codes = root.getVector("sym");
        try (VarCharVector symbols = (VarCharVector) DictionaryEncoder.decode(
                codes, dictionaries.lookup(codes.getField().getDictionary().getId()))) {
            for (int i = 0; i < ROWS; i++) {
                String text = i % 11 == 5 ? null : "größe " + i % 13;
                same(prices.getObject(i), i % 7 == 3 ? null : (Object) (i / 4.0), "px " + i);
                same(notes.isNull(i) ? null : notes.getObject(i).toString(), text, "note " + i);
                same(symbols.isNull(i) ? null : symbols.getObject(i).toString(), text, "sym " + i);
                same(times.get(i), 1_000_000_007L * i, "at " + i);
                same(lists.getObject(i), i % 2 == 0 ? List.of() : List.of(9L), "list " + i);
                same(both.getObject(i).get("a"), i / 4.0, "both " + i);
            }
        }
    }

    /** A table of the JVM's own is copied once. */
    private static void own(BufferAllocator allocator) {
        try (CDataDictionaryProvider dictionaries = new CDataDictionaryProvider();
                ArrowSchema schema = ArrowSchema.allocateNew(allocator);
                ArrowArray array = ArrowArray.allocateNew(allocator)) {
            Table.of(fields()).exportTo(schema.memoryAddress(), array.memoryAddress());
            System.gc();
            try (VectorSchemaRoot root = Data.importVectorSchemaRoot(allocator, array, schema, dictionaries)) {
                read(root, dictionaries);
            }
        }
    }

    /** Batches that arrow-java streams are a table, whose memory it has back when the writer is reset. */
    private static void taken(Store store, BufferAllocator allocator) throws Exception {
        long before = allocator.getAllocatedMemory();
        try (Writer writer = new Writer()) {
            try (ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator)) {
                Data.exportArrayStream(allocator, new Batches(allocator), stream);
                writer.map(1).key("t").arrow(Table.Origin.COLUMNS, stream.memoryAddress());
            }
            check(allocator.getAllocatedMemory() > before, "nothing is borrowed");
            writer.put(store, "taken", PutOptions.defaults());
            writer.reset();
            same(allocator.getAllocatedMemory(), before, "memory after the reset");
        }
        try (View view = store.view("taken")) {
            view.document().validate();
            Table table = view.document().at("t").asTable();
            same(table.rows(), 9L, "rows");
            same(table.column("n").toList(), Arrays.asList(0L, null, 2L, 0L, null, 2L, 0L, null, 2L), "n");
            same(table.column("s").str(4), "batch 1, row 1", "a text");
        }
    }

    /** Three batches of three rows. */
    private static final class Batches extends ArrowReader {
        private int loaded;

        Batches(BufferAllocator allocator) {
            super(allocator);
        }

        @Override
        public boolean loadNextBatch() throws java.io.IOException {
            prepareLoadNextBatch();
            if (loaded == 3) {
                return false;
            }
            VectorSchemaRoot root = getVectorSchemaRoot();
            BigIntVector numbers = (BigIntVector) root.getVector("n");
            VarCharVector texts = (VarCharVector) root.getVector("s");
            numbers.allocateNew(3);
            texts.allocateNew(3);
            for (int i = 0; i < 3; i++) {
                numbers.set(i, i);
                texts.setSafe(i, ("batch " + loaded + ", row " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
            numbers.setNull(1);
            root.setRowCount(3);
            loaded++;
            return true;
        }

        @Override
        public long bytesRead() {
            return 0;
        }

        @Override
        protected void closeReadSource() {}

        @Override
        protected Schema readSchema() {
            return new Schema(List.of(
                    org.apache.arrow.vector.types.pojo.Field.nullable("n", new org.apache.arrow.vector.types.pojo.ArrowType.Int(64, true)),
                    org.apache.arrow.vector.types.pojo.Field.nullable("s", new org.apache.arrow.vector.types.pojo.ArrowType.Utf8())));
        }
    }
}
