package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Threads that close, read, publish and collect garbage in whatever order: nothing crashes, nothing shows wrong bytes. */
class ViewRaceTest {
    private static final long SECONDS = Long.getLong("dishtayantra.race.seconds", 4);

    @TempDir Path directory;

    /** Runs threads until the time is up; the first exception ends them all. */
    private static void race(List<Body> bodies) throws Throwable {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failed = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (Body body : bodies) {
            Thread thread = new Thread(() -> {
                try {
                    while (!stop.get()) {
                        body.run();
                    }
                } catch (Throwable error) {
                    failed.compareAndSet(null, error);
                    stop.set(true);
                }
            });
            threads.add(thread);
            thread.start();
        }
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        while (!stop.get() && System.nanoTime() < end) {
            Thread.sleep(10);
        }
        stop.set(true);
        for (Thread thread : threads) {
            thread.join(60_000);
            assertTrue(!thread.isAlive(), "a thread hangs");
        }
        if (failed.get() != null) {
            throw failed.get();
        }
    }

    interface Body {
        void run() throws Exception;
    }

    /** Every long of a payload is the same. */
    private static void check(LongBuffer values) {
        long first = values.get(0);
        for (int i = 0; i < values.limit(); i++) {
            long value = values.get(i);
            if (value != first) {
                throw new AssertionError("item " + i + " is " + value + ", the first one " + first);
            }
        }
    }

    @Test
    void keptBuffersNeverShowRecycledBytes() throws Throwable {
        try (Store store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(128 << 20))) {
            AtomicLong next = new AtomicLong();
            ConcurrentLinkedQueue<LongBuffer> kept = new ConcurrentLinkedQueue<>();
            Body writer = () -> {
                long value = next.incrementAndGet();
                String key = "k" + value % 7;
                int count = ThreadLocalRandom.current().nextInt(1, 40_000);
                if (value % 3 == 0) {
                    try (Loan loan = store.loan(8L * count)) {
                        LongBuffer values = loan.longs();
                        for (int i = 0; i < count; i++) {
                            values.put(i, value);
                        }
                        loan.publish(key, PutOptions.defaults());
                    }
                } else {
                    ByteBuffer payload = ByteBuffer.allocate(8 * count);
                    long[] values = new long[count];
                    Arrays.fill(values, value);
                    payload.asLongBuffer().put(values);
                    store.put(key, PutOptions.defaults(), payload);
                }
                if (value % 11 == 0) {
                    store.delete(key);
                }
            };
            Body reader = () -> {
                View view = store.findView("k" + ThreadLocalRandom.current().nextInt(7)).orElse(null);
                if (view == null) {
                    return;
                }
                LongBuffer values = view.longs();
                view.close();
                check(values);
                kept.add(values);
                while (kept.size() > 50) {
                    LongBuffer old = kept.poll();
                    if (old != null) {
                        check(old);
                    }
                }
            };
            Body collector = () -> {
                System.gc();
                Thread.sleep(3);
            };
            race(List.of(writer, writer, reader, reader, reader, collector));
            kept.forEach(ViewRaceTest::check);
        }
    }

    @Test
    void closingRacesWithEveryUse() throws Throwable {
        try (Store store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(64 << 20))) {
            new Writer().value(java.util.Map.of("values", new double[5000], "name", "x"))
                    .put(store, "doc", PutOptions.defaults());
            AtomicReference<View> shared = new AtomicReference<>(store.view("doc"));
            AtomicLong used = new AtomicLong();
            Body closer = () -> shared.getAndSet(store.view("doc")).close();
            Body user = () -> {
                View view = shared.get();
                try {
                    switch (ThreadLocalRandom.current().nextInt(6)) {
                        case 0:
                            assertEquals(0, view.document().at("values").asSegment().doubles().get(4999));
                            break;
                        case 1:
                            assertEquals("x", view.document().toMap().get("name"));
                            break;
                        case 2:
                            assertEquals("doc", view.info().key());
                            break;
                        case 3:
                            view.verify();
                            break;
                        case 4:
                            assertEquals(5000, view.document().at("values").asDoubles().length);
                            break;
                        default:
                            assertEquals(view.size(), view.buffer().remaining());
                            break;
                    }
                    used.incrementAndGet();
                } catch (StoreClosedException closed) {
                    assertEquals(Status.CLOSED, closed.status());
                }
            };
            Body collector = () -> {
                System.gc();
                Thread.sleep(5);
            };
            race(List.of(closer, user, user, user, collector));
            shared.get().close();
            assertTrue(used.get() > 100, "only " + used.get() + " calls got through");
        }
    }

    @Test
    void closingStoresRacesWithEveryUse() throws Throwable {
        Path path = directory.resolve("store");
        StoreOptions options = StoreOptions.defaults().mapSize(64 << 20);
        try (Store holder = Store.open(path, options)) {
            holder.put("k", new byte[10_000]);
            AtomicReference<Store> shared = new AtomicReference<>(Store.open(path, options));
            Body closer = () -> shared.getAndSet(Store.open(path, options)).close();
            Body user = () -> {
                Store store = shared.get();
                try {
                    switch (ThreadLocalRandom.current().nextInt(4)) {
                        case 0:
                            assertEquals(10_000, store.get("k").orElseThrow().length);
                            break;
                        case 1:
                            store.put("k", new byte[10_000]);
                            break;
                        case 2:
                            try (Loan loan = store.loan(10_000)) {
                                loan.buffer().put(5, (byte) 0);
                                loan.publish("k", PutOptions.defaults());
                            }
                            break;
                        default:
                            store.view("k").close();
                            break;
                    }
                } catch (StoreClosedException closed) {
                    assertEquals(Status.CLOSED, closed.status());
                }
            };
            race(List.of(closer, user, user, user));
            shared.get().close();
        }
    }

    @Test
    void loansMayBePublishedDroppedAndForgottenInAnyOrder() throws Throwable {
        try (Store store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(128 << 20))) {
            AtomicReference<Loan> shared = new AtomicReference<>(store.loan(50_000));
            Body renew = () -> shared.set(store.loan(50_000));
            Body user = () -> {
                Loan loan = shared.get();
                try {
                    switch (ThreadLocalRandom.current().nextInt(5)) {
                        case 0:
                            loan.publish("k", PutOptions.defaults());
                            break;
                        case 1:
                            loan.close();
                            break;
                        case 2:
                            loan.publish("k", 100, PutOptions.defaults());
                            break;
                        default:
                            loan.buffer().put(7, (byte) 7);
                            break;
                    }
                } catch (StoreClosedException | IndexOutOfBoundsException ended) {
                    // Another thread was first.
                }
            };
            Body collector = () -> {
                System.gc();
                Thread.sleep(5);
            };
            race(List.of(renew, user, user, user, collector));
        }
    }
}
