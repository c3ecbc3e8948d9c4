package com.dishtayantra.benchmarks;

import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.View;
import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Payloads handed to another JVM, which sums every long of them and answers with the sum: this package beside Aeron.
 *
 * <p>The producer's payload is in a direct buffer. Ours: put, wait and view under a key of its own for each question and answer,
 * both deleted. Aeron: a publication and a subscription over IPC in each direction, messages assembled from their fragments,
 * its own idle strategy, and the media driver in the producer with one thread, for a host with few cores. Prints the lines
 * that {@code bench-compare/python/report.py} reads.
 */
public final class Across {
    private static final int[] SIZES = {1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20, 100 << 20};
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final PutOptions OPTIONS = PutOptions.defaults();
    private static final int ASK = 1;
    private static final int ANSWER = 2;

    private Across() {}

    /** Either end. */
    private interface Way extends AutoCloseable {
        /** Hands a payload over; the answer. */
        long hand(ByteBuffer payload) throws Exception;

        /** Answers for ever. */
        void serve() throws Exception;

        @Override
        void close() throws IOException;
    }

    /** The producer: {@code Across DIRECTORY ROUNDS}; the other process has the name of the way and the size as well. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        if (arguments.length == 4) {
            try (Way way = open(arguments[2], directory, Integer.parseInt(arguments[3]), false)) {
                System.out.println("ready");
                way.serve();
            }
            return;
        }
        for (String name : List.of("dishtayantra_lmdb", "Aeron")) {
            for (int round = 0; round < Integer.parseInt(arguments[1]); round++) {
                for (int size : SIZES) {
                    // Aeron's longest message is 16 MB.
                    if (!name.equals("Aeron") || size <= 16 << 20) {
                        double median = measure(name, Files.createTempDirectory(directory, "dy_lmdb_bench_"), size);
                        System.out.printf("%s\tacross, Java\t%d\t%.1f%n", name, size, median);
                    }
                }
            }
        }
    }

    private static Way open(String name, Path directory, int size, boolean first) {
        return name.equals("Aeron") ? new OverAeron(directory, size, first) : new Ours(directory);
    }

    private static double measure(String name, Path directory, int size) throws Exception {
        ByteBuffer payload = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < size; at += Long.BYTES) {
            payload.putLong(at, at * 31L);
        }
        long expected = sum(payload.asLongBuffer());
        int count = Math.max(12, Math.min(2_000, (256 << 20) / (size + (128 << 10))));
        long[] times = new long[count];
        try (Way way = open(name, directory, size, true)) {
            Process other = other(name, directory, size);
            try {
                for (int turn = -count / 2; turn < count; turn++) {
                    long start = System.nanoTime();
                    long found = way.hand(payload.duplicate().order(ByteOrder.LITTLE_ENDIAN));
                    long took = System.nanoTime() - start;
                    if (found != expected) {
                        throw new IllegalStateException(name + " handed over something else");
                    }
                    times[Math.max(turn, 0)] = took;
                }
            } finally {
                other.destroyForcibly().waitFor();
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).collect(Collectors.toList())) {
                Files.deleteIfExists(file);
            }
        }
        Arrays.sort(times);
        return times[count / 2];
    }

    private static Process other(String name, Path directory, int size) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(java, "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-cp",
                        System.getProperty("java.class.path"), Across.class.getName(), directory.toString(), "0", name,
                        Integer.toString(size))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader told = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        if (!"ready".equals(told.readLine())) {
            throw new IOException("the other process did not start");
        }
        return process;
    }

    private static long sum(LongBuffer values) {
        long sum = 0;
        for (int at = 0; at < values.limit(); at++) {
            sum += values.get(at);
        }
        return sum;
    }

    private static final class Ours implements Way {
        private final Store store;
        private long turn;

        Ours(Path directory) {
            store = Store.open(directory);
        }

        @Override
        public long hand(ByteBuffer payload) throws InterruptedException {
            turn++;
            String question = "question " + turn;
            String answer = "answer " + turn;
            store.put(question, OPTIONS, payload);
            store.waitFor(answer, PATIENCE);
            long found = ByteBuffer.wrap(store.get(answer).orElseThrow()).getLong();
            store.delete(question);
            store.delete(answer);
            return found;
        }

        @Override
        public void serve() throws InterruptedException {
            while (true) {
                turn++;
                store.waitFor("question " + turn, PATIENCE);
                long found;
                try (View view = store.view("question " + turn)) {
                    found = sum(view.longs());
                }
                store.put("answer " + turn, ByteBuffer.allocate(Long.BYTES).putLong(found).array());
            }
        }

        @Override
        public void close() {
            store.close();
        }
    }

    private static final class OverAeron implements Way {
        private final MediaDriver driver;
        private final Aeron aeron;
        private final Publication out;
        private final Subscription in;
        private final IdleStrategy idle = new BackoffIdleStrategy();
        private final FragmentAssembler assembler;
        private final UnsafeBuffer answer = new UnsafeBuffer(new byte[Long.BYTES]);
        private long found;
        private boolean answered;

        OverAeron(Path directory, int size, boolean first) {
            String place = directory.resolve("aeron").toString();
            driver = first
                    ? MediaDriver.launch(new MediaDriver.Context()
                            .aeronDirectoryName(place)
                            .dirDeleteOnShutdown(true)
                            .threadingMode(ThreadingMode.SHARED))
                    : null;
            aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(place));
            // A message is at most an eighth of a term; 64 MB is the default.
            String channel = "aeron:ipc?term-length=" + (size > 8 << 20 ? "128m" : "64m");
            out = aeron.addPublication(channel, first ? ASK : ANSWER);
            in = aeron.addSubscription(channel, first ? ANSWER : ASK);
            assembler = new FragmentAssembler(
                    (buffer, offset, length, header) -> {
                        found = sumOf(buffer, offset, length);
                        answered = true;
                    },
                    size);
        }

        private static long sumOf(DirectBuffer buffer, int offset, int length) {
            long sum = 0;
            for (int at = offset; at < offset + length; at += Long.BYTES) {
                sum += buffer.getLong(at);
            }
            return sum;
        }

        private void send(DirectBuffer payload, int length) {
            idle.reset();
            while (out.offer(payload, 0, length) < 0) {
                idle.idle();
            }
        }

        private long receive() {
            answered = false;
            idle.reset();
            while (!answered) {
                idle.idle(in.poll(assembler, 64));
            }
            return found;
        }

        @Override
        public long hand(ByteBuffer payload) {
            send(new UnsafeBuffer(payload), payload.capacity());
            return receive();
        }

        @Override
        public void serve() {
            while (true) {
                answer.putLong(0, receive());
                send(answer, Long.BYTES);
            }
        }

        @Override
        public void close() {
            aeron.close();
            if (driver != null) {
                driver.close();
            }
        }
    }
}
