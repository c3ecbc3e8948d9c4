package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failures in a JVM whose heap is full: each is told, as itself or as an {@link OutOfMemoryError}. */
class MemoryTest {
    private static final List<String> LITTLE = List.of("-Xmx16m", "-XX:+UseSerialGC", "-Xshare:auto");

    @TempDir Path directory;

    @Test
    void failuresAreToldHoweverLittleMemoryIsLeft() throws Exception {
        Process child = Child.start(LITTLE, "starve", directory.resolve("store").toString());
        String said = Child.said(child).strip();
        assertTrue(said.matches("(?s).*\\ball \\d+ said, the entry is 7"), said);
        assertFalse(said.contains("normally") || said.contains("succeeds") || said.contains("native method"), said);
        assertEquals(0, child.exitValue());
    }

    @Test
    void twoHundredThousandKeysAreListedOrAreTooMany() throws Exception {
        Path path = directory.resolve("store");
        try (Store store = Store.open(path)) {
            for (int batch = 0; batch < 200; batch++) {
                List<Entry> entries = new ArrayList<>();
                for (int i = 0; i < 1000; i++) {
                    entries.add(Entry.of(String.format("%06d", 1000 * batch + i), new byte[1],
                            PutOptions.defaults().ttl(Duration.ZERO)));
                }
                store.putMany(entries);
            }
            Process child = Child.start(LITTLE, "keys", path.toString());
            String said = Child.said(child).strip();
            assertTrue(said.endsWith("no memory 8 of 8 times, listed 0, then true"), said);
            assertFalse(said.contains("native method"), said);
            assertEquals(0, child.exitValue());
        }
    }
}
