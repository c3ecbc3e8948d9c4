package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoanTest {
    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(64 << 20));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void whatIsBuiltInTheMapIsTheEntry() {
        for (int count : new int[] {0, 1, 100, 10_000, 1_000_000}) {
            try (Loan loan = store.loan(8L * count)) {
                assertEquals(8L * count, loan.size());
                assertFalse(store.contains("k" + count));
                DoubleBuffer values = loan.doubles();
                assertTrue(values.isDirect() && !values.isReadOnly());
                assertEquals(ByteOrder.LITTLE_ENDIAN, values.order());
                for (int i = 0; i < count; i++) {
                    values.put(i, i / 2.0);
                }
                Info envelope = loan.publish("k" + count, PutOptions.defaults().source("loan"));
                assertEquals(8L * count, envelope.size());
                assertTrue(loan.isClosed());
            }
            try (View view = store.view("k" + count)) {
                assertEquals("loan", view.info().source());
                DoubleBuffer values = view.doubles();
                assertEquals(count, values.remaining());
                for (int i = 0; i < count; i++) {
                    assertEquals(i / 2.0, values.get(i));
                }
            }
        }
    }

    @Test
    void everyTypeIsWritten() {
        try (Loan loan = store.loan(64)) {
            loan.doubles().put(0, 1.5);
            loan.floats().put(2, 2.5f);
            loan.longs().put(2, -3);
            loan.ints().put(6, 4);
            loan.shorts().put(14, (short) 5);
            loan.buffer(30, 2).putShort(0, (short) 6);
            loan.publish("k", PutOptions.defaults());
        }
        ByteBuffer bytes = ByteBuffer.wrap(store.get("k").orElseThrow()).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(1.5, bytes.getDouble(0));
        assertEquals(2.5f, bytes.getFloat(8));
        assertEquals(-3, bytes.getLong(16));
        assertEquals(4, bytes.getInt(24));
        assertEquals(5, bytes.getShort(28));
        assertEquals(6, bytes.getShort(30));
    }

    @Test
    void fewerBytesMayBePublished() {
        try (Loan loan = store.loan(100_000)) {
            loan.buffer().put(new byte[] {1, 2, 3});
            assertThrows(InvalidArgumentException.class, () -> loan.publish("k", 100_001, PutOptions.defaults()));
            assertThrows(InvalidArgumentException.class, () -> loan.publish("k", -1, PutOptions.defaults()));
            assertFalse(loan.isClosed(), "an argument that cannot be does not end it");
            assertEquals(3, loan.publish("k", 3, PutOptions.defaults()).size());
        }
        assertArrayEquals(new byte[] {1, 2, 3}, store.get("k").orElseThrow());
    }

    @Test
    void aLoanThatIsClosedLeavesNothingBehind() throws InterruptedException {
        for (int i = 0; i < 200; i++) {
            store.loan(10 << 20).close();
        }
        assertTrue(store.stats().contains("\"loaned\":0"), store.stats());
        for (int i = 0; i < 200; i++) {
            try (Loan loan = store.loan(10 << 20)) {
                loan.buffer().put(i, (byte) i);
            }
        }
        assertTrue(store.keys("").isEmpty());
        awaitNothingLoaned();
    }

    /** Loans that the engine keeps for its next ones are no program's. */
    private void awaitNothingLoaned() throws InterruptedException {
        for (int i = 0; i < 500 && store.stats().contains("\"kept\":false"); i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertFalse(store.stats().contains("\"kept\":false"), store.stats());
    }

    @Test
    void aStaleBufferOfAClosedLoanReachesNoEntry() throws InterruptedException {
        Stale stale = new Stale(store);
        try (Loan loan = store.loan(Stale.SIZE)) {
            stale.own = loan.buffer().duplicate();
        }
        stale.reachesNoEntry();
        stale.own = null;
        awaitNothingLoaned();
    }

    /** What the documentation says of programs that keep slices: set for all of a JVM, so in another one. */
    @Test
    void retainedLoansKeepStaleBuffersFromOtherEntries() throws Exception {
        String said = Child.said(Child.start(
                List.of("-D" + Loan.RETAIN_PROPERTY + "=true"), "retain", directory.resolve("retained").toString()));
        assertTrue(said.contains("published, replaced, cut and refused"), said);
    }

    @Test
    void aForgottenLoanIsGivenBack() throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            store.loan(10 << 20).buffer().put(0, (byte) 1);
        }
        awaitNothingLoaned();
    }

    @Test
    void buffersHaveNoRoomAfterPublishing() {
        Loan loan = store.loan(8000);
        ByteBuffer bytes = loan.buffer();
        DoubleBuffer values = loan.doubles();
        ByteBuffer part = loan.buffer(80, 80);
        loan.publish("k", PutOptions.defaults());
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.put(0, (byte) 1));
        assertThrows(BufferOverflowException.class, () -> bytes.put((byte) 1));
        assertThrows(IndexOutOfBoundsException.class, () -> values.put(0, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> part.putLong(0, 1));
    }

    @Test
    void aStaleBufferOfTheProgramsOwnCrashesNothing() {
        Loan loan = store.loan(8000);
        ByteBuffer own = loan.buffer().duplicate();
        loan.publish("k", PutOptions.defaults());
        store.close();
        System.gc();
        own.putLong(0, 5);
        assertEquals(5, own.getLong(0), "the memory is still mapped");
    }

    @Test
    void aRefusedPublishEndsTheLoan() {
        store.put("k", new byte[1]);
        Loan loan = store.loan(8);
        ByteBuffer bytes = loan.buffer();
        PutOptions options = PutOptions.defaults().noOverwrite(true);
        assertThrows(KeyExistsException.class, () -> loan.publish("k", options));
        assertTrue(loan.isClosed());
        assertEquals(0, bytes.limit());
    }
}
