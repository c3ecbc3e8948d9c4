package com.dishtayantra.lmdb;

import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the JVMs do that tests start beside their own. */
final class Child {
    private Child() {}

    /** Starts a JVM that runs one of the jobs below, with what it says on both its streams. */
    static Process start(List<String> options, String... job) throws IOException {
        return program(options, Child.class, job).start();
    }

    /** Starts a JVM that runs one of the jobs below; what newer ones warn of on the error stream is left out. */
    static Process start(String... job) throws IOException {
        return program(List.of(), Child.class, job).redirectErrorStream(false)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /** A JVM that runs a class of the tests, given a path in the test's directory (a job of {@link Child}'s comes before it). */
    static ProcessBuilder program(List<String> options, Class<?> main, String... job) {
        List<String> command = new ArrayList<>();
        command.add(Paths.get(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xcheck:jni");
        command.add("-Xmx128m");
        // A child that is killed leaves its copy of the library where the test's directory goes with it.
        command.add("-Djava.io.tmpdir=" + Paths.get(job[main == Child.class ? 1 : 0]).getParent());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(Arrays.asList(job));
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    /** What a child said, once it has ended. */
    static String said(Process child) throws IOException, InterruptedException {
        String said = new String(child.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        child.waitFor();
        return said;
    }

    public static void main(String[] job) throws Exception {
        String library = System.getProperty("test.library");
        if (library != null) {
            replace(Paths.get(library), System.getProperty("test.then"));
        }
        try {
            run(job);
        } finally {
            if (library != null) {
                System.out.println("engines: " + Mapped.named("libdishtayantra_lmdb.so").size());
            }
        }
    }

    /** Does to the library in this process what an update does. */
    private static void replace(Path library, String then) throws IOException {
        Path next = library.resolveSibling("next");
        if (then.equals("replaced")) {
            Files.copy(library, next);
        }
        Files.delete(library);
        if (then.equals("replaced")) {
            Files.move(next, library);
        }
    }

    private static void run(String[] job) throws Exception {
        Store store = Store.open(job[1]);
        switch (job[0]) {
            case "echo":
                echo(store, Integer.parseInt(job[2]));
                break;
            case "lend":
                lend(store);
                break;
            case "retain":
                Stale.retained(store);
                break;
            case "starve":
                Starved.run(store);
                break;
            case "keys":
                Starved.keys(store);
                break;
            case "live":
                System.out.println("living");
                Thread.sleep(600_000);
                break;
            case "library":
                System.out.println("opened " + store.path());
                break;
            default:
                throw new IllegalArgumentException(job[0]);
        }
        store.close();
    }

    /** Answers requests with their numbers, doubled. */
    private static void echo(Store store, int rounds) throws InterruptedException {
        for (int round = 0; round < rounds; round++) {
            store.waitFor("request:" + round, Duration.ofSeconds(30));
            try (View view = store.view("request:" + round); Loan loan = store.loan(view.size())) {
                LongBuffer values = view.longs();
                LongBuffer doubled = loan.longs();
                for (int i = 0; i < values.limit(); i++) {
                    doubled.put(i, 2 * values.get(i));
                }
                loan.publish("answer:" + round, PutOptions.defaults().source("child"));
            }
        }
    }

    /** Holds loans and views until it is killed. */
    private static void lend(Store store) throws InterruptedException {
        List<Object> held = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Loan loan = store.loan(2 << 20);
            loan.buffer().put(i, (byte) i);
            held.add(loan);
            held.add(store.view("kept"));
        }
        System.out.println("lent " + held.size());
        Thread.sleep(600_000);
    }
}
