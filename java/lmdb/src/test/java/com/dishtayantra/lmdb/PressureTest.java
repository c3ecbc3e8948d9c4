package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PressureTest {
    @TempDir Path directory;

    @Test
    void aSlowCollectionIsAskedForLessOften() {
        assertEquals(1024, Pressure.worthwhile(0));
        assertEquals(1024, Pressure.worthwhile(Duration.ofMillis(5).toNanos()));
        int between = Pressure.worthwhile(Duration.ofMillis(50).toNanos());
        assertTrue(between > 2000 && between < 3000, String.valueOf(between));
        assertEquals(4096, Pressure.worthwhile(Duration.ofSeconds(1).toNanos()));
        assertEquals(4096, Pressure.worthwhile(Long.MAX_VALUE));
    }

    /** Small payloads take no room to speak of; what piles up is pins. */
    @Test
    void buffersThatNobodyReachesDoNotPileUp() {
        try (Store store = Store.open(directory.resolve("store"))) {
            byte[] payload = new byte[4000];
            for (int i = 0; i < 20_000; i++) {
                store.put("k", payload);
                try (View view = store.view("k")) {
                    assertEquals(0, view.buffer().get(i % 4000));
                }
                if (i % 1000 == 0) {
                    int pins = store.stats().split("\"age_ms\"", -1).length - 1;
                    assertTrue(pins <= 5000, pins + " pins after " + i);
                }
            }
        }
    }
}
