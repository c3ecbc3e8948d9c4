package com.dishtayantra.lmdb;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds and loads the shared library, so that a process has one copy of the engine: in the order of all languages. */
final class NativeLibrary {
    static final String PROPERTY = "dishtayantra.lmdb.library";
    static final String VARIABLE = "DISHTAYANTRA_LMDB_LIBRARY";

    private static final String NAME = "dishtayantra_lmdb";
    private static final String FILE_NAME = "lib" + NAME + ".so";
    private static final Path MAPS = Paths.get("/proc/self/maps");

    /** Version of the native methods, as in {@code src/jni/library.rs}: one more whenever some are added. */
    private static final int VERSION = 3;

    /** What a call throws that failed and found no memory for its exception; the native library refers to it weakly. */
    private static final OutOfMemoryError NO_MEMORY = noMemory();

    /** Why there is no library; null when it is loaded. */
    private static final UnsatisfiedLinkError FAILURE = tryToLoad();

    private NativeLibrary() {}

    /** Loads the library unless that is done; whatever makes the first native objects calls it before. */
    static void ensureLoaded() {
        if (FAILURE != null) {
            UnsatisfiedLinkError error = new UnsatisfiedLinkError(FAILURE.getMessage());
            error.initCause(FAILURE);
            throw error;
        }
    }

    private static UnsatisfiedLinkError tryToLoad() {
        try {
            load();
            return null;
        } catch (UnsatisfiedLinkError failure) {
            return failure;
        }
    }

    private static void load() {
        String property = System.getProperty(PROPERTY);
        String variable = System.getenv(VARIABLE);
        List<String> looked = new ArrayList<>();
        Path mapped = mapped();
        if (mapped != null) {
            use(mapped, "this process, which has loaded it already");
            return;
        }
        looked.add(FILE_NAME + " in this process: not loaded");
        // What the user named is what is used: another copy instead would only hide the mistake.
        if (isNamed(property)) {
            use(Paths.get(property), "the property " + PROPERTY);
            return;
        }
        looked.add("the property " + PROPERTY + ": not set");
        if (isNamed(variable)) {
            use(Paths.get(variable), "the environment variable " + VARIABLE);
            return;
        }
        looked.add("the environment variable " + VARIABLE + ": not set");
        String resource = "native/" + platform() + "/" + FILE_NAME;
        try (InputStream library = NativeLibrary.class.getResourceAsStream("/" + resource)) {
            if (library != null) {
                use(Extracted.file(library, FILE_NAME), "the jar (" + resource + ")");
                return;
            }
        } catch (IOException error) {
            throw failed(resource + " of the jar cannot be extracted to " + System.getProperty("java.io.tmpdir"), error);
        }
        looked.add(resource + " in the jar: not there");
        try {
            System.loadLibrary(NAME);
        } catch (UnsatisfiedLinkError error) {
            looked.add("the system: " + error.getMessage());
            throw new UnsatisfiedLinkError(
                    "the library " + FILE_NAME + " was not found; looked at:\n  " + String.join("\n  ", looked));
        }
        check(FILE_NAME + ", found by the system");
    }

    private static boolean isNamed(String name) {
        return name != null && !name.isEmpty();
    }

    private static void use(Path file, String where) {
        try {
            System.load(file.toAbsolutePath().toString());
        } catch (UnsatisfiedLinkError error) {
            throw failed(file + ", named by " + where + ", cannot be loaded", error);
        }
        check(file + ", named by " + where);
    }

    /** Refuses what is not our library, and one that is older than these classes. */
    private static void check(String library) {
        int version;
        try {
            version = version();
        } catch (UnsatisfiedLinkError error) {
            throw failed(library + ", tells no version of its native methods; these classes need version "
                    + VERSION + " of " + FILE_NAME, error);
        }
        if (version < VERSION) {
            throw new UnsatisfiedLinkError(library + ", has version " + version + " of the native methods; these classes need version "
                    + VERSION + " or a later one");
        }
        prepare(Status.class, NO_MEMORY);
    }

    private static OutOfMemoryError noMemory() {
        OutOfMemoryError error = new OutOfMemoryError("a call to the native library failed, and there is no memory to say why");
        error.setStackTrace(new StackTraceElement[0]);
        return error;
    }

    private static native int version();

    private static native void prepare(Class<?> status, OutOfMemoryError noMemory);

    private static UnsatisfiedLinkError failed(String what, Throwable cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(what + ": " + cause.getMessage());
        error.initCause(cause);
        return error;
    }

    /** The file of the library that this process has mapped, as when Python or C++ loaded it first; null: none. */
    private static Path mapped() {
        try (BufferedReader maps = Files.newBufferedReader(MAPS); Stream<String> lines = maps.lines()) {
            return lines.map(line -> line.indexOf('/') < 0 ? "" : line.substring(line.indexOf('/')))
                    .filter(path -> path.substring(path.lastIndexOf('/') + 1).startsWith(FILE_NAME))
                    .map(Paths::get)
                    .filter(Files::exists)
                    .findFirst()
                    .orElse(null);
        } catch (IOException error) {
            return null;
        }
    }

    private static String platform() {
        String architecture = System.getProperty("os.arch");
        String name = "amd64".equals(architecture) ? "x86_64" : architecture;
        return System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT) + "-" + name;
    }
}
