package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
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

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    @Test
    void arraysOfEverySizeComeBack() {
        for (int size : new int[] {0, 1, 1000, 1899, 2048, 4096, 65536, 131072, 131073, 1 << 20, (3 << 20) + 17}) {
            byte[] payload = random(size);
            Info info = store.put("key", payload);
            assertEquals(size, info.size());
            assertArrayEquals(payload, store.get("key").orElseThrow(), size + " bytes");
        }
    }

    @Test
    void buffersOfEveryKindAreJoined() {
        byte[] all = random(1_300_000);
        for (int size : new int[] {3000, 300_000, 1_300_000}) {
            ByteBuffer heap = ByteBuffer.wrap(all, 0, size / 3).slice();
            ByteBuffer readOnly = ByteBuffer.wrap(all, size / 3, size / 3).asReadOnlyBuffer();
            ByteBuffer direct = ByteBuffer.allocateDirect(size);
            direct.position(5);
            direct.put(all, 2 * (size / 3), size - 2 * (size / 3)).flip().position(5);
            store.put("joined", PutOptions.defaults(), heap, readOnly, ByteBuffer.allocate(0), direct);
            assertArrayEquals(java.util.Arrays.copyOf(all, size), store.get("joined").orElseThrow(), size + " bytes");
            assertEquals(size / 3, heap.remaining(), "positions stay");
            assertEquals(5, direct.position(), "positions stay");
        }
    }

    @Test
    void theEnvelopeSaysWhatWasPut() {
        Instant before = Instant.now().minusSeconds(1);
        PutOptions options = PutOptions.defaults().format(DataFormat.JSON).ttl(Duration.ofSeconds(77)).txnId("txn-1")
                .source("söurce").target("target").checksum(true);
        Info put = store.put("ключ", "{}".getBytes(StandardCharsets.UTF_8), options);
        try (View view = store.view("ключ")) {
            Info info = view.info();
            assertEquals(put, info);
            assertEquals("ключ", info.key());
            assertEquals("txn-1", info.txnId());
            assertEquals("söurce", info.source());
            assertEquals("target", info.target());
            assertEquals(DataFormat.JSON, info.format());
            assertEquals(Duration.ofSeconds(77), info.ttl());
            assertEquals(2, info.size());
            assertTrue(info.isInline());
            assertTrue(info.checksum().isPresent());
            assertTrue(info.created().isAfter(before) && info.created().isBefore(Instant.now().plusSeconds(1)));
            view.verify();
        }
        Info second = store.put("other", random(5000), PutOptions.defaults());
        assertFalse(second.isInline());
        assertTrue(second.fileOffset() > 0);
        assertTrue(second.checksum().isEmpty());
        try (View view = store.view("other")) {
            assertEquals(second.txnId(), view.info().txnId(), "made from the entry's id");
        }
        assertNotEquals(put, second);
    }

    @Test
    void entriesAreFoundDeletedAndListed() {
        for (String key : new String[] {"b:2", "a:1", "b:1"}) {
            store.put(key, new byte[] {1});
        }
        assertEquals(List.of("a:1", "b:1", "b:2"), store.keys(""));
        assertEquals(List.of("b:1", "b:2"), store.keys("b:"));
        assertTrue(store.contains("a:1"));
        assertTrue(store.delete("a:1"));
        assertFalse(store.delete("a:1"));
        assertFalse(store.contains("a:1"));
        assertTrue(store.get("a:1").isEmpty());
        assertTrue(store.findView("a:1").isEmpty());
        assertThrows(NotFoundException.class, () -> store.view("a:1"));
    }

    @Test
    void keysMayBeBytes() {
        byte[] key = {0, (byte) 0xFF, 7};
        store.put(key, PutOptions.defaults(), ByteBuffer.wrap(new byte[] {1, 2}));
        assertArrayEquals(new byte[] {1, 2}, store.get(key).orElseThrow());
        assertTrue(store.contains(key));
        assertTrue(store.touch(key, Duration.ZERO));
        assertArrayEquals(key, store.keys(new byte[] {0}).get(0));
        try (View view = store.view(key)) {
            assertArrayEquals(key, view.info().keyBytes());
        }
        assertTrue(store.delete(key));
    }

    @Test
    void namedDatabasesAreApart() {
        Database prices = store.database("prices");
        prices.put("key", new byte[] {1});
        assertFalse(store.contains("key"));
        assertTrue(store.database("prices").contains("key"));
        assertEquals("prices", prices.name());
        assertEquals("default", store.name());
        try (Loan loan = prices.loan(8)) {
            loan.longs().put(0, 5);
            loan.publish("lent", PutOptions.defaults());
        }
        assertEquals(List.of("key", "lent"), prices.keys(""));
    }

    @Test
    void entriesExpireAndAreTouched() throws InterruptedException {
        store.put("brief", random(5000), PutOptions.defaults().ttl(Duration.ofMillis(60)));
        store.put("kept", random(5000), PutOptions.defaults().ttl(Duration.ofMillis(60)));
        assertTrue(store.touch("kept", Duration.ofHours(1)));
        assertFalse(store.touch("nothing", Duration.ofHours(1)));
        Thread.sleep(100);
        assertTrue(store.get("brief").isEmpty());
        assertTrue(store.contains("kept"));
        store.sweep();
        assertEquals(List.of("kept"), store.keys(""));
    }

    @Test
    void batchesArePutInOneStepOrNotAtAll() {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            PutOptions options = PutOptions.defaults().format(DataFormat.MSGPACK).source("source " + i);
            entries.add(i % 2 == 0
                    ? Entry.of("batch:" + i, random(100 * i), options)
                    : Entry.of(("batch:" + i).getBytes(StandardCharsets.UTF_8), options,
                            ByteBuffer.wrap(random(i)), ByteBuffer.allocateDirect(i)));
        }
        List<Info> infos = store.putMany(entries);
        assertEquals(100, infos.size());
        assertEquals(100, store.keys("batch:").size());
        assertEquals("source 7", infos.get(7).source());
        assertEquals(14, infos.get(7).size());
        assertArrayEquals(random(9800), store.get("batch:98").orElseThrow());
        List<Entry> wrong = List.of(
                Entry.of("new", random(10), PutOptions.defaults()),
                Entry.of("batch:1", random(10), PutOptions.defaults().noOverwrite(true)));
        assertThrows(KeyExistsException.class, () -> store.putMany(wrong));
        assertFalse(store.contains("new"));
        assertTrue(store.putMany(List.of()).isEmpty());
    }

    @Test
    void openingAgainGivesTheSameStore() {
        try (Store again = Store.open(directory.resolve("store").toString())) {
            store.put("key", new byte[] {3});
            assertArrayEquals(new byte[] {3}, again.get("key").orElseThrow());
            assertEquals(store.path(), again.path());
        }
        assertTrue(store.contains("key"), "the other holder is open");
    }

    @Test
    void statisticsAreJson() {
        store.put("key", new byte[] {3});
        assertTrue(store.stats().startsWith("{") && store.stats().contains("\"default\""), store.stats());
    }

    @Test
    void aViewMayLookQuietly() {
        store.put("input", random(10), PutOptions.defaults().tracked(true));
        try (View view = store.findViewQuietly("input").orElseThrow()) {
            assertTrue(view.info().isTracked());
        }
    }

    @Test
    void begunMillisecondsCountAndNoDurationIsTooLong() throws InterruptedException {
        Map<Duration, Long> expected = Map.of(Duration.ZERO, 0L, Duration.ofNanos(1), 1L, Duration.ofNanos(999_000), 1L,
                Duration.ofMillis(1), 1L, Duration.ofNanos(1_000_001), 2L,
                Duration.ofSeconds(Long.MAX_VALUE, 999_999_999), Long.MAX_VALUE);
        try (Store store = Store.open(directory.resolve("durations"))) {
            expected.forEach((ttl, millis) -> {
                Info info = store.put("key", new byte[1], PutOptions.defaults().ttl(ttl));
                assertEquals(Duration.ofMillis(millis), info.ttl(), ttl.toString());
            });
            Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
            store.put("key", new byte[1], PutOptions.defaults().ttl(endless));
            assertTrue(store.touch("key", endless));
            store.waitFor("key", endless);
            assertTrue(store.contains("key"));
            LmdbTimeoutException timeout = assertThrows(LmdbTimeoutException.class,
                    () -> store.waitFor("missing", Duration.ofNanos(999_000)));
            assertTrue(timeout.getMessage().endsWith("of \"" + store.path() + "\" within 1 ms"), timeout.getMessage());
            NotFoundException absent = assertThrows(NotFoundException.class, () -> store.view("missing"));
            assertTrue(absent.getMessage().contains("of \"" + store.path() + "\""), absent.getMessage());
            for (Duration wrong : List.of(Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
                assertThrows(InvalidArgumentException.class, () -> PutOptions.defaults().ttl(wrong));
                assertThrows(InvalidArgumentException.class, () -> store.waitFor("key", wrong));
            }
        }
    }

    @Test
    void openingWithDefaultsLeavesTheLimitOfAStore() {
        long small = 64L << 20;
        long large = 128L << 20;
        Path path = directory.resolve("limits");
        for (long[] step : new long[][] {{small, small}, {0, small}, {large, large}, {0, large}, {small, large}}) {
            try (Store store = Store.open(path, StoreOptions.defaults().mapSize(step[0]))) {
                assertEquals(step[1], limit(store));
            }
        }
        try (Store store = Store.open(directory.resolve("new"))) {
            assertEquals(1L << 30, limit(store));
        }
    }

    private static long limit(Store store) {
        return JsonParser.parseString(store.stats()).getAsJsonObject().getAsJsonObject("map").get("limit").getAsLong();
    }
}
