package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ViewTest {
    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(256 << 20));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static byte[] pattern(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + seed);
        }
        return bytes;
    }

    /** Pins of this store in use, as its statistics tell. */
    private int pins() {
        return (int) Pattern.compile("\"age_ms\"").matcher(store.stats()).results().count();
    }

    private void awaitPins(int wanted) throws InterruptedException {
        for (int i = 0; i < 500 && pins() != wanted; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertEquals(wanted, pins());
    }

    @Test
    void everyBufferIsReadOnlyAndLittleEndian() {
        for (int size : new int[] {64, 8192, 1 << 20}) {
            store.put("k", pattern(size, 1));
            try (View view = store.view("k")) {
                ByteBuffer buffer = view.buffer();
                assertTrue(buffer.isDirect() && buffer.isReadOnly());
                assertEquals(ByteOrder.LITTLE_ENDIAN, buffer.order());
                assertEquals(size, buffer.remaining());
                assertEquals(0, buffer.alignmentOffset(0, 64), "64-byte aligned");
                assertThrows(ReadOnlyBufferException.class, () -> buffer.put(0, (byte) 1));
                assertEquals(ByteBuffer.wrap(pattern(size, 1)), buffer);
                assertEquals(ByteOrder.LITTLE_ENDIAN, view.buffer(8, 8).order());
                assertEquals(buffer.getLong(8), view.buffer(8, 8).getLong());
                assertTrue(view.doubles().isReadOnly() && view.doubles().isDirect());
                assertEquals(ByteOrder.LITTLE_ENDIAN, view.doubles().order());
                assertEquals(buffer.getDouble(8), view.doubles().get(1));
                assertEquals(buffer.getFloat(4), view.floats().get(1));
                assertEquals(buffer.getLong(8), view.longs().get(1));
                assertEquals(buffer.getInt(4), view.ints().get(1));
                assertEquals(buffer.getShort(2), view.shorts().get(1));
                assertThrows(ReadOnlyBufferException.class, () -> view.doubles().put(0, 1));
            }
        }
    }

    @Test
    void aViewWithoutBuffersEndsItsPinAtClose() {
        store.put("k", pattern(100_000, 1));
        View view = store.view("k");
        assertEquals(1, pins());
        view.close();
        assertEquals(0, pins());
    }

    @Test
    void thePinEndsWhenTheLastBufferIsUnreachable() throws InterruptedException {
        store.put("k", pattern(100_000, 1));
        for (Function<View, Object> derived : List.<Function<View, Object>>of(
                View::buffer,
                view -> view.buffer().slice(),
                view -> view.buffer().duplicate().position(5),
                view -> view.buffer().slice().asReadOnlyBuffer().duplicate(),
                view -> view.buffer(64, 640),
                View::doubles,
                view -> view.doubles().duplicate().position(3),
                view -> view.buffer().slice().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().slice(),
                View::ints, View::floats, View::shorts, View::longs)) {
            Object[] kept = new Object[1];
            try (View view = store.view("k")) {
                kept[0] = derived.apply(view);
            }
            for (int i = 0; i < 5; i++) {
                System.gc();
                Thread.sleep(5);
            }
            assertEquals(1, pins(), kept[0].getClass() + " keeps the payload");
            kept[0] = null;
            awaitPins(0);
        }
    }

    @Test
    void viewsOfAnEntryShareAPin() throws InterruptedException {
        store.put("k", pattern(100_000, 1));
        List<ByteBuffer> kept = new ArrayList<>();
        View first = store.view("k");
        for (int i = 0; i < 10; i++) {
            try (View view = store.view("k")) {
                kept.add(view.buffer());
                assertEquals(first.info(), view.info());
            }
        }
        assertEquals(1, pins());
        store.put("k", pattern(100_000, 2));
        try (View other = store.view("k")) {
            assertEquals(2, pins(), "another entry, whatever its key");
            assertEquals(ByteBuffer.wrap(pattern(100_000, 2)), other.buffer());
        }
        assertEquals(ByteBuffer.wrap(pattern(100_000, 1)), first.buffer());
        first.close();
        assertEquals(ByteBuffer.wrap(pattern(100_000, 1)), kept.get(9));
        kept.clear();
        awaitPins(0);
    }

    @Test
    void aViewThatWasNeverClosedEnds() throws InterruptedException {
        store.put("k", pattern(100_000, 1));
        Supplier<Integer> forgotten = () -> store.view("k").info().key().length();
        assertEquals(1, forgotten.get());
        awaitPins(0);
    }

    @Test
    void whatIsKeptStaysRightWhileItsRoomIsWanted() {
        DoubleBuffer[] kept = new DoubleBuffer[20];
        for (int i = 0; i < kept.length; i++) {
            double[] values = new double[20_000];
            Arrays.fill(values, i);
            try (Loan loan = store.loan(8L * values.length)) {
                loan.doubles().put(values);
                loan.publish("k", PutOptions.defaults());
            }
            try (View view = store.view("k")) {
                kept[i] = view.doubles();
            }
        }
        for (int i = 0; i < 500; i++) {
            store.put("k", pattern(160_000, i));
            store.delete("k");
        }
        for (int i = 0; i < kept.length; i++) {
            for (int j = 0; j < kept[i].limit(); j++) {
                assertEquals(i, kept[i].get(j));
            }
        }
    }

    @Test
    void buffersOutliveTheStore() {
        store.put("k", pattern(100_000, 3));
        View view = store.view("k");
        ByteBuffer buffer = view.buffer();
        view.close();
        store.close();
        System.gc();
        assertEquals(ByteBuffer.wrap(pattern(100_000, 3)), buffer);
    }

    @Test
    void payloadsOverTwoGigabytesComeInParts() {
        long size = (2L << 30) + (200 << 20);
        try (Store large = Store.open(directory.resolve("large"), StoreOptions.defaults().mapSize(4L << 30))) {
            try (Loan loan = large.loan(size)) {
                assertThrows(TooLargeException.class, loan::buffer);
                loan.buffer(0, 8).putLong(0, 11);
                loan.buffer((2L << 30) - 8, 16).putLong(0, 22).putLong(8, 33);
                loan.buffer(size - 8, 8).putLong(0, 44);
                loan.publish("k", PutOptions.defaults());
                assertThrows(StoreClosedException.class, () -> loan.buffer(0, 8));
            }
            try (View view = large.view("k")) {
                assertEquals(size, view.size());
                assertThrows(TooLargeException.class, view::buffer);
                assertThrows(TooLargeException.class, () -> large.get("k"));
                List<ByteBuffer> buffers = view.buffers();
                assertEquals(3, buffers.size());
                assertEquals(size, buffers.stream().mapToLong(ByteBuffer::remaining).sum());
                assertEquals(11, buffers.get(0).getLong(0));
                assertEquals(22, buffers.get(1).getLong((1 << 30) - 8));
                assertEquals(33, buffers.get(2).getLong(0));
                assertEquals(44, buffers.get(2).getLong(buffers.get(2).limit() - 8));
                assertEquals(33, view.buffer((2L << 30) - 8, 16).getLong(8));
                assertThrows(InvalidArgumentException.class, () -> view.buffer(0, 2L << 30));
                assertTrue(buffers.get(2).isReadOnly());
                assertEquals(ByteOrder.LITTLE_ENDIAN, buffers.get(2).order());
            }
        }
    }

    @Test
    void lookingAgainSeesWhatIsThereNow() throws InterruptedException {
        for (int size : new int[] {100, 100_000}) {
            byte[] first = pattern(size, 1);
            byte[] second = pattern(size, 2);
            store.put("k", first);
            ByteBuffer old = store.view("k").buffer();
            try (View again = store.view("k")) {
                assertEquals(old, again.buffer());
            }
            assertTrue(store.touch("k", Duration.ofHours(1)));
            store.put("k", second);
            try (View replaced = store.view("k")) {
                assertEquals(ByteBuffer.wrap(second), replaced.buffer());
            }
            assertTrue(store.delete("k"));
            assertTrue(store.findView("k").isEmpty());
            store.put("k", first, PutOptions.defaults().ttl(Duration.ofMillis(20)));
            store.findView("k").ifPresent(View::buffer);
            Thread.sleep(40);
            assertTrue(store.findView("k").isEmpty());
            assertEquals(ByteBuffer.wrap(first), old);
        }
    }

    /** A {@code .npy} image of one item of two big-endian floats. */
    private static byte[] bytesOf(String descr, float real, float imaginary) {
        String header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }";
        ByteBuffer image = ByteBuffer.allocate(128 + 8);
        image.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0});
        image.put(String.format("%-117s\n", header).getBytes(StandardCharsets.US_ASCII));
        return image.putFloat(real).putFloat(imaginary).array();
    }

    @Test
    void arraysInFormatNumpyAreUsedInPlace() {
        double[] values = {1, 2, 3, 4, 5, 6};
        ByteBuffer items = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        items.asDoubleBuffer().put(values);
        for (Dtype dtype : Dtype.values()) {
            int count = 48 / dtype.itemSize();
            Unit step = dtype.isTime() ? Unit.NANOSECOND : Unit.GENERIC;
            for (long[] shape : new long[][] {{count}, {1, count}, {count, 0, 7}}) {
                ByteBuffer of = shape.length == 3 ? ByteBuffer.allocate(0) : items;
                Segment array = Segment.of(dtype, step, of, shape);
                store.put("npy", PutOptions.defaults().format(DataFormat.NUMPY), array.toNpy());
                try (View view = store.view("npy")) {
                    assertEquals(array, view.array());
                    assertTrue(view.array().bytes().isDirect());
                    assertFalse(view.array().isFortranOrder());
                    assertEquals(0, (view.size() - of.limit()) % 64, "as NumPy pads");
                }
            }
        }
        store.put("npy", bytesOf(">c8", 1.5f, -2), PutOptions.defaults().format(DataFormat.NUMPY));
        try (View view = store.view("npy")) {
            assertEquals(List.of(1.5, -2.0), view.array().item(0));
        }
        store.put("npy", PutOptions.defaults().format(DataFormat.NUMPY),
                Segment.of(Dtype.FLOAT64, items, 6).toNpy());
        try (View view = store.view("npy")) {
            assertArrayEquals(values, view.array().toDoubles());
        }
        Segment columns = Segment.of(Dtype.FLOAT64, items, 2, 3).inFortranOrder();
        store.put("npy", PutOptions.defaults().format(DataFormat.NUMPY), columns.toNpy());
        try (View view = store.view("npy")) {
            assertTrue(view.array().isFortranOrder());
            assertEquals(columns, view.array());
            assertEquals(List.of(List.of(1.0, 3.0, 5.0), List.of(2.0, 4.0, 6.0)), view.array().toLists());
        }
    }
}
