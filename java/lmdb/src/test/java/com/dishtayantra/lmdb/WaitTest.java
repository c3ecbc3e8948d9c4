package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Waiting, on threads of the platform and, where Java has them, on virtual ones. */
class WaitTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    static Stream<Threads> kinds() {
        return Stream.of(Threads.values()).filter(Threads::exist);
    }

    private static <T> FutureTask<T> started(Threads kind, Callable<T> body) {
        FutureTask<T> task = new FutureTask<>(body);
        kind.start(task);
        return task;
    }

    private static Throwable failure(FutureTask<?> task) throws Exception {
        try {
            task.get(30, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException failed) {
            return failed.getCause();
        }
    }

    /** Each answer is put by a thread of the same kind, started when all waiters wait. */
    private void answered(Threads kind, int waiters) throws Exception {
        List<FutureTask<byte[]>> tasks = new ArrayList<>();
        for (int i = 0; i < waiters; i++) {
            String key = "answer:" + i;
            tasks.add(started(kind, () -> {
                store.waitFor(key, Duration.ofSeconds(20));
                return store.get(key).orElseThrow();
            }));
        }
        Thread.sleep(200);
        FutureTask<Void> producer = started(kind, () -> {
            for (int i = 0; i < waiters; i++) {
                store.put("answer:" + i, new byte[] {(byte) i});
            }
            return null;
        });
        assertNull(failure(producer));
        for (int i = 0; i < waiters; i++) {
            assertNull(failure(tasks.get(i)), "waiter " + i);
            assertEquals((byte) i, tasks.get(i).get()[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void moreWaitersThanProcessorsLeaveRoomForTheProducer(Threads kind) throws Exception {
        answered(kind, 4 * Runtime.getRuntime().availableProcessors());
    }

    /** More words than the kernel waits for in one call. */
    @ParameterizedTest
    @MethodSource("kinds")
    void threeHundredWaitersAreAnswered(Threads kind) throws Exception {
        answered(kind, 300);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whatAnotherProcessPutsIsSeen(Threads kind) throws Exception {
        Process child = Child.start("echo", directory.resolve("store").toString(), "3");
        FutureTask<Long> task = started(kind, () -> {
            long sum = 0;
            for (int round = 0; round < 3; round++) {
                try (Loan loan = store.loan(8)) {
                    loan.longs().put(0, round + 1);
                    loan.publish("request:" + round, PutOptions.defaults());
                }
                store.waitFor("answer:" + round, LONG);
                try (View view = store.view("answer:" + round)) {
                    sum += view.longs().get(0);
                }
            }
            return sum;
        });
        assertNull(failure(task));
        assertEquals(12, task.get());
        assertEquals("", Child.said(child));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aWaitEndsInTime(Threads kind) throws Exception {
        for (int millis : new int[] {0, 1, 250}) {
            FutureTask<Void> task = started(kind, () -> {
                store.waitFor("nothing", Duration.ofMillis(millis));
                return null;
            });
            assertInstanceOf(LmdbTimeoutException.class, failure(task));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aWaitCanBeInterrupted(Threads kind) throws Exception {
        boolean[] interrupted = new boolean[1];
        FutureTask<Void> task = new FutureTask<>(() -> {
            try {
                store.waitFor("nothing", LONG);
            } finally {
                interrupted[0] = Thread.currentThread().isInterrupted();
            }
            return null;
        });
        Thread thread = kind.start(task);
        Thread.sleep(50);
        thread.interrupt();
        assertInstanceOf(InterruptedException.class, failure(task));
        assertEquals(false, interrupted[0], "as with every method that throws this");
        FutureTask<Void> before = started(kind, () -> {
            Thread.currentThread().interrupt();
            store.waitFor("nothing", LONG);
            return null;
        });
        assertInstanceOf(InterruptedException.class, failure(before));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aWaitEndsWhenTheStoreIsClosed(Threads kind) throws Exception {
        FutureTask<Void> task = started(kind, () -> {
            store.waitFor("nothing", LONG);
            return null;
        });
        Thread.sleep(50);
        store.close();
        assertInstanceOf(StoreClosedException.class, failure(task));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aKeyThatCannotBeIsRefused(Threads kind) throws Exception {
        FutureTask<Void> task = started(kind, () -> {
            store.waitFor("", LONG);
            return null;
        });
        assertInstanceOf(BadKeyException.class, failure(task));
    }

    /** Kinds of threads. */
    enum Threads {
        PLATFORM,
        VIRTUAL;

        boolean exist() {
            return this == PLATFORM || Runtime.version().feature() >= 21;
        }

        Thread start(Runnable body) {
            if (this == PLATFORM) {
                Thread thread = new Thread(body);
                thread.start();
                return thread;
            }
            try {
                return (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
            } catch (ReflectiveOperationException missing) {
                throw new AssertionError(missing);
            }
        }
    }

    @Test
    void anyOfSeveralKeysEndsTheWait() throws Exception {
        store.put("b", new byte[1]);
        assertEquals("b", store.waitForAny(List.of("a", "b"), Duration.ofSeconds(20)));
        assertEquals("b", store.waitForAnyAsync(List.of("a", "b")).get(20, TimeUnit.SECONDS));
        LmdbTimeoutException late = assertThrows(
                LmdbTimeoutException.class, () -> store.waitForAny(List.of("a", "c"), Duration.ofMillis(20)));
        assertTrue(late.getMessage().contains("[a, c]"), late.getMessage());
        assertThrows(InvalidArgumentException.class, () -> store.waitForAnyAsync(List.of()));
        assertThrows(BadKeyException.class, () -> store.waitForAnyAsync(List.of("a", "")));
    }

    @Test
    void futuresEndWithTheirEntries() throws Exception {
        List<CompletableFuture<Void>> waits = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            waits.add(store.waitForAsync("key:" + i));
        }
        for (int i = 0; i < 300; i++) {
            assertFalse(waits.get(i).isDone());
            store.put("key:" + i, new byte[1]);
        }
        CompletableFuture.allOf(waits.toArray(new CompletableFuture<?>[0])).get(30, TimeUnit.SECONDS);
    }

    @Test
    void cancelledFuturesAreGivenUp() throws Exception {
        CompletableFuture<Void> one = store.waitForAsync("never");
        CompletableFuture<String> any = store.waitForAnyAsync(List.of("never", "ever"));
        CompletableFuture<Void> late = store.waitForAsync("late").orTimeout(20, TimeUnit.MILLISECONDS);
        // The last may be late already.
        assertTrue(Watcher.waiting() >= 3);
        assertTrue(one.cancel(false));
        assertTrue(any.cancel(false));
        assertInstanceOf(TimeoutException.class,
                assertThrows(ExecutionException.class, () -> late.get(20, TimeUnit.SECONDS)).getCause());
        for (int i = 0; i < 1000 && Watcher.waiting() > 0; i++) {
            Thread.sleep(10);
        }
        assertEquals(0, Watcher.waiting());
        store.put("never", new byte[1]);
        assertTrue(one.isCancelled() && any.isCancelled());
    }

    @Test
    void aStoreIsOpenUntilNobodyWaitsForItsKeys() throws Exception {
        Path path = directory.resolve("other");
        List<CompletableFuture<?>> waits = new ArrayList<>();
        try (Store other = Store.open(path)) {
            for (int i = 0; i < 50; i++) {
                waits.add(other.waitForAnyAsync(List.of("never", "ever")));
                waits.add(other.waitForAsync("never"));
            }
        }
        Thread.sleep(700);
        assertTrue(isMapped(path), "somebody waits");
        for (CompletableFuture<?> wait : waits) {
            wait.cancel(false);
        }
        for (int i = 0; i < 3000 && isMapped(path); i++) {
            Thread.sleep(10);
        }
        assertFalse(isMapped(path), "nobody waits");
    }

    private static boolean isMapped(Path store) {
        return Mapped.named("data.mdb").stream().anyMatch(mapped -> mapped.path.startsWith(store));
    }
}
