package com.dishtayantra.lmdb;

import static java.lang.ref.Reference.reachabilityFence;

import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Deploys the classes several times in one JVM, one class loader after the other, as a web application is. */
final class Redeployed {
    private static final int TIMES = 3;

    private Redeployed() {}

    /** What an application does: a bit of everything, on a thread that outlives it. */
    public static final class Application {
        private Application() {}

        /** Uses the store there. */
        public static void run(String path) throws Exception {
            // Said by the threads of several calls, until the logger is gone.
            Logger logger = Logger.getLogger("com.dishtayantra.lmdb");
            logger.setLevel(Level.FINE);
            logger.setUseParentHandlers(false);
            try (Store store = Store.open(path); Writer writer = new Writer()) {
                store.put("k", new byte[5000]);
                try (View view = store.view("k"); Loan loan = store.loan(8)) {
                    loan.longs().put(0, view.size());
                    loan.publish("published", PutOptions.defaults());
                }
                writer.value(Map.of("a", new double[] {1, 2})).put(store, "document", PutOptions.defaults());
                Reference reference = Reference.of(Map.of(Reference.REF, true, Reference.INPUT_KEY, "document",
                        Reference.DB_PATH, path));
                try (View view = reference.viewInput()) {
                    view.document().toMap();
                }
                waitOn(WaitTest.Threads.PLATFORM, store);
                if (WaitTest.Threads.VIRTUAL.exist()) {
                    waitOn(WaitTest.Threads.VIRTUAL, store);
                }
                try {
                    store.put("", new byte[1]);
                } catch (BadKeyException expected) {
                    store.delete("k");
                }
            }
            reachabilityFence(logger);
        }

        private static void waitOn(WaitTest.Threads kind, Store store) throws InterruptedException {
            Thread waiter = kind.start(() -> {
                try {
                    store.waitFor("nothing", Duration.ofMillis(20));
                } catch (LmdbTimeoutException expected) {
                    return;
                } catch (InterruptedException interrupted) {
                    throw new AssertionError(interrupted);
                }
            });
            waiter.join();
        }
    }

    private static WeakReference<ClassLoader> deployed(URL[] urls, String path) throws Exception {
        try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            Method run = Class.forName(Application.class.getName(), true, loader).getMethod("run", String.class);
            try {
                run.invoke(null, path);
            } catch (InvocationTargetException failure) {
                failure.getCause().printStackTrace(System.out);
            }
            return new WeakReference<>(loader);
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        for (int time = 1; time <= TIMES; time++) {
            WeakReference<ClassLoader> loader =
                    deployed(urls.toArray(new URL[0]), Paths.get(arguments[0]).toString());
            for (int i = 0; i < 500 && loader.get() != null; i++) {
                System.gc();
                Thread.sleep(20);
            }
            System.out.println("deployment " + time + (loader.get() == null ? " is gone" : " stays"));
        }
    }
}
