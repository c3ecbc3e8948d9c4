package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessTest {
    @TempDir Path directory;

    @Test
    void twoJvmsExchangeAndWaitForEachOther() throws Exception {
        Path path = directory.resolve("store");
        int[] counts = {1, 100, 1000, 100_000, 1_000_000};
        try (Store store = Store.open(path)) {
            Process child = Child.start("echo", path.toString(), String.valueOf(counts.length));
            for (int round = 0; round < counts.length; round++) {
                try (Loan loan = store.loan(8L * counts[round])) {
                    LongBuffer values = loan.longs();
                    for (int i = 0; i < counts[round]; i++) {
                        values.put(i, i + round);
                    }
                    loan.publish("request:" + round, PutOptions.defaults());
                }
                store.waitFor("answer:" + round, Duration.ofSeconds(30));
                try (View view = store.view("answer:" + round)) {
                    assertEquals("child", view.info().source());
                    LongBuffer values = view.longs();
                    assertEquals(counts[round], values.limit());
                    for (int i = 0; i < counts[round]; i++) {
                        assertEquals(2L * (i + round), values.get(i));
                    }
                }
            }
            assertEquals("", Child.said(child));
            assertEquals(0, child.exitValue());
        }
    }

    @Test
    void aKilledJvmLeavesNoLoansAndNoPins() throws Exception {
        Path path = directory.resolve("store");
        try (Store store = Store.open(path)) {
            store.put("kept", new byte[100_000]);
            Process child = Child.start("lend", path.toString());
            BufferedReader said = new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
            assertEquals("lent 20", said.readLine());
            assertTrue(store.stats().contains("\"pid\":" + child.pid()), store.stats());
            child.destroyForcibly().waitFor();
            store.sweep();
            assertTrue(store.stats().contains("\"loaned\":0"), store.stats());
            assertTrue(!store.stats().contains("\"pid\":" + child.pid()), store.stats());
            assertEquals(List.of("kept"), store.keys(""));
        }
    }
}
