package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/** A buffer that a program derived from a loan's and writes to when the loan is over, beside entries put afterwards. */
final class Stale {
    static final int SIZE = 1 << 20;
    private static final int ENTRIES = 12;

    private final Store store;
    ByteBuffer own;

    Stale(Store store) {
        this.store = store;
    }

    /** Puts entries that would take whatever room is free, writes through the buffer and looks at them all. */
    void reachesNoEntry() {
        byte[] payload = new byte[SIZE];
        for (int round = 0; round < 3; round++) {
            for (int entry = 0; entry < ENTRIES; entry++) {
                Arrays.fill(payload, (byte) entry);
                store.put("entry" + entry, payload, PutOptions.defaults());
            }
        }
        for (int at = 0; at < own.capacity(); at += Long.BYTES) {
            own.putLong(at, -1);
        }
        for (int entry = 0; entry < ENTRIES; entry++) {
            Arrays.fill(payload, (byte) entry);
            assertArrayEquals(payload, store.get("entry" + entry).orElseThrow(), "entry " + entry);
        }
    }

    /** In a JVM that retains loans: every way in which a loan that was filled ends, but for closing. */
    static void retained(Store store) throws InterruptedException {
        Stale stale = new Stale(store);
        PutOptions options = PutOptions.defaults().ttl(Duration.ZERO);
        Loan loan = store.loan(SIZE);
        stale.own = loan.buffer().duplicate();
        loan.publish("first", options);
        store.put("first", new byte[1], options);
        stale.reachesNoEntry();

        Reference reference = Reference.of(Map.of(Reference.REF, true, Reference.OUTPUT_KEY, "output",
                Reference.DB_PATH, store.path().toString()));
        Loan output = reference.loanOutput(SIZE);
        stale.own = output.buffer().duplicate();
        reference.publishOutput(output, options);
        assertTrue(store.delete("output"));
        stale.reachesNoEntry();

        Loan cut = store.loan(SIZE);
        stale.own = cut.buffer().duplicate();
        assertEquals(100, cut.publish("cut", 100, options).size());
        store.delete("cut");
        stale.reachesNoEntry();

        Loan refused = store.loan(SIZE);
        stale.own = refused.buffer().duplicate();
        PutOptions once = options.noOverwrite(true);
        assertThrows(KeyExistsException.class, () -> refused.publish("first", once));
        stale.reachesNoEntry();

        stale.own = null;
        for (int i = 0; i < 500 && !isNothingHeld(store); i++) {
            System.gc();
            Thread.sleep(10);
        }
        System.out.println(isNothingHeld(store) ? "published, replaced, cut and refused" : store.stats());
    }

    static boolean isNothingHeld(Store store) {
        store.sweep();
        String stats = store.stats();
        return !stats.contains("\"kept\":false") && stats.contains("\"pins\":[]");
    }
}
