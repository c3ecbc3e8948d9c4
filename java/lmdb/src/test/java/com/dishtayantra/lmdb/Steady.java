package com.dishtayantra.lmdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes each call many times and says how much memory of its own the process has more afterwards. */
final class Steady {
    static final long ALLOWED_KIB = 4 << 10;
    /** What the JVM takes for itself, for its compilers above all, it takes in one round; what leaks, in each. */
    private static final int ROUNDS = 3;

    private Steady() {}

    private interface Call {
        void make() throws Exception;
    }

    /** Memory of the process that is neither the store's nor the library's, in KiB. */
    private static long memory() throws IOException, InterruptedException {
        // Twice: what the first collection finds unreachable is freed by another thread.
        for (int i = 0; i < 2; i++) {
            System.gc();
            Thread.sleep(100);
        }
        for (String line : Files.readAllLines(Paths.get("/proc/self/status"))) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no RssAnon");
    }

    private static void refused(Call call) throws Exception {
        try {
            call.make();
        } catch (LmdbException | InvalidArgumentException expected) {
            return;
        }
        throw new AssertionError("it was not refused");
    }

    public static void main(String[] arguments) throws Exception {
        Path path = Paths.get(arguments[0]);
        int many = Integer.parseInt(arguments[1]);
        Map<String, Call> often = new LinkedHashMap<>();
        Map<String, Call> seldom = new LinkedHashMap<>();
        try (Store store = Store.open(path)) {
            byte[] payload = new byte[5000];
            store.put("k", payload);
            new Writer().value(Map.of("a", new double[100], "b", "text")).put(store, "document", PutOptions.defaults());
            Map<String, Object> wrong = Map.of(Reference.INPUT_KEY, "k", Reference.TXN_ID, 1);
            often.put("put", () -> store.put("k", payload));
            often.put("get", () -> store.get("k"));
            often.put("view", () -> store.view("k").close());
            often.put("view, kept", () -> store.view("k").buffer());
            often.put("document", () -> {
                try (View view = store.view("document")) {
                    view.document().toMap();
                }
            });
            often.put("loan", () -> {
                try (Loan loan = store.loan(5000)) {
                    loan.buffer();
                    loan.publish("k", PutOptions.defaults());
                }
            });
            often.put("loan, dropped", () -> store.loan(5000).close());
            often.put("put, refused", () -> refused(() -> store.put("", payload)));
            often.put("reference, refused", () -> refused(() -> Reference.of(wrong)));
            often.put("writer", () -> {
                try (Writer writer = new Writer()) {
                    writer.value("text").size();
                }
            });
            seldom.put("open", () -> Store.open(path).close());
            seldom.put("open of another", () -> Store.open(path.resolveSibling("other")).close());
            seldom.put("open, refused", () -> refused(() -> Store.open(path.resolve("data.mdb"))));
            seldom.put("stats", store::stats);
            seldom.put("sweep", store::sweep);
            seldom.put("wait", () -> refused(() -> store.waitFor("nothing", Duration.ZERO)));
            seldom.put("watch", () -> Watcher.park(store, "nothing".getBytes(), 0));
            measure(often, many);
            measure(seldom, many / 100);
        }
    }

    private static void measure(Map<String, Call> calls, int times) throws Exception {
        for (Map.Entry<String, Call> call : calls.entrySet()) {
            // What is compiled, and allocated once, is so before.
            for (int i = 0; i < times / 5 + 1000; i++) {
                call.getValue().make();
            }
            long grown = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS && grown >= ALLOWED_KIB; round++) {
                long before = memory();
                for (int i = 0; i < times; i++) {
                    call.getValue().make();
                }
                grown = memory() - before;
            }
            System.out.println("grew by " + grown + " KiB in " + times + ": " + call.getKey());
        }
    }
}
