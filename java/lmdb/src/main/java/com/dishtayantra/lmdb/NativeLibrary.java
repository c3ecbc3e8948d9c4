package com.dishtayantra.lmdb;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** Finds and loads the shared library, so that a process has one copy of the engine: in the order of all languages. */
final class NativeLibrary {
    static final String PROPERTY = "dishtayantra.lmdb.library";
    static final String VARIABLE = "DISHTAYANTRA_LMDB_LIBRARY";

    private static final String NAME = "dishtayantra_lmdb";
    private static final String FILE_NAME = "lib" + NAME + ".so";
    /** Classes that calls need. */
    private static final String[] CLASSES = {
        "Database", "Store", "View", "Pin", "Loan", "Loan$Room", "Handle", "Pressure", "Watcher", "Messages", "Reference",
        "Reference$Gathered", "Writer", "Writer$Lent", "Field", "Table", "Table$Origin", "Column", "Document", "Node", "Node$Walk", "Unpacker", "Unpacker$Open", "Segment",
        "Info", "Entry", "Parts", "PutOptions", "StoreOptions", "DataFormat", "Dtype", "Unit", "TimeStep", "ValueType",
        "ExchangeMode", "Extension", "FileNames"};

    private static final String DENIED = "since native access is denied to this code: start the JVM with"
            + " --enable-native-access=ALL-UNNAMED (or the name of the module that this jar is)";

    /** Version of the native methods, as in {@code src/jni/library.rs}: one more whenever some are added. */
    private static final int VERSION = 6;

    /** What a call throws that failed and found no memory for its exception; the native library refers to it weakly. */
    private static OutOfMemoryError noMemory;

    private static volatile boolean loaded;
    /** Why there is no library. */
    private static UnsatisfiedLinkError failure;

    private NativeLibrary() {}

    /** Loads the library unless that is done; whatever makes the first native objects calls it before. */
    static void ensureLoaded() {
        if (!loaded) {
            loadOnce();
        }
    }

    /** Without a static initializer: one that fails, for want of memory say, is never run again. */
    private static synchronized void loadOnce() {
        if (loaded) {
            return;
        }
        if (failure == null) {
            try {
                load();
                loaded = true;
                return;
            } catch (UnsatisfiedLinkError wrong) {
                failure = wrong;
            }
        }
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(failure.getMessage());
        error.initCause(failure);
        throw error;
    }

    private static void load() {
        String property = System.getProperty(PROPERTY);
        String variable = System.getenv(VARIABLE);
        List<String> looked = new ArrayList<>();
        List<Mapped> mapped = Mapped.named(FILE_NAME);
        if (!mapped.isEmpty()) {
            use(mapped);
            return;
        }
        looked.add(FILE_NAME + " in this process: not loaded");
        // What the user named is what is used: another copy instead would only hide the mistake.
        if (isNamed(property)) {
            use(property, "the property " + PROPERTY);
            return;
        }
        looked.add("the property " + PROPERTY + ": not set");
        if (isNamed(variable)) {
            use(variable, "the environment variable " + VARIABLE);
            return;
        }
        looked.add("the environment variable " + VARIABLE + ": not set");
        String resource = "native/" + platform() + "/" + FILE_NAME;
        try (InputStream library = NativeLibrary.class.getResourceAsStream("/" + resource)) {
            if (library != null) {
                use(Extracted.file(library, FILE_NAME).toString(), "the jar (" + resource + ")");
                return;
            }
        } catch (IOException | InvalidPathException error) {
            throw failed(resource + " of the jar cannot be extracted to " + System.getProperty("java.io.tmpdir"), error);
        }
        looked.add(resource + " in the jar: not there");
        try {
            System.loadLibrary(NAME);
        } catch (UnsatisfiedLinkError error) {
            looked.add("the system: " + error.getMessage());
            throw new UnsatisfiedLinkError(
                    "the library " + FILE_NAME + " was not found; looked at:\n  " + String.join("\n  ", looked));
        } catch (IllegalCallerException denied) {
            throw failed(FILE_NAME + " cannot be loaded, " + DENIED, denied);
        }
        check(FILE_NAME + ", found by the system");
    }

    private static boolean isNamed(String name) {
        return name != null && !name.isEmpty();
    }

    private static void use(String name, String where) {
        String file = name;
        try {
            file = Paths.get(name).toAbsolutePath().toString();
            System.load(file);
        } catch (UnsatisfiedLinkError error) {
            throw failed(file + ", named by " + where + ", cannot be loaded", error);
        } catch (InvalidPathException unnamed) {
            throw failed(file + ", named by " + where + ", cannot be loaded, " + unnamed(), unnamed);
        } catch (IllegalCallerException denied) {
            throw failed(file + ", named by " + where + ", cannot be loaded, " + DENIED, denied);
        }
        check(file + ", named by " + where);
    }

    /** Uses the file that this process has mapped, as when Python or C++ loaded it first, and no other one beside it. */
    private static void use(List<Mapped> mapped) {
        Mapped engine = mapped.get(0);
        for (Mapped other : mapped) {
            engine = engine.removed ? other : engine;
        }
        String shown = FileNames.shown(engine.path);
        Path file = engine.path;
        if (engine.removed) {
            file = engine.byAddress();
            if (!Files.exists(file)) {
                throw new UnsatisfiedLinkError("this process has loaded " + shown + " (device and inode " + engine.identity
                        + "), which was removed or replaced since, and a second engine beside it would break its locks;"
                        + " restart the process, and replace libraries only while nobody uses them");
            }
        } else if (!isNameable(file)) {
            throw new UnsatisfiedLinkError(shown + ", which this process has loaded already, cannot be loaded, " + unnamed());
        }
        use(file.toString(), "this process, which has loaded it already");
        List<Mapped> now = Mapped.named(FILE_NAME);
        if (now.size() > mapped.size()) {
            throw new UnsatisfiedLinkError("this process has loaded " + shown + " (device and inode " + engine.identity
                    + "), and under that name there is another file now; restart the process");
        }
    }

    /** Whether a text can name the file, as the JVM wants it. */
    private static boolean isNameable(Path file) {
        try {
            return Paths.get(file.toString()).equals(file);
        } catch (InvalidPathException unnameable) {
            return false;
        }
    }

    private static String unnamed() {
        return "since the encoding of the JVM's locale (" + System.getProperty("sun.jnu.encoding")
                + ") cannot write its name: start the JVM with LC_ALL=C.UTF-8, or give the file a name of ASCII letters";
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
        noMemory = new OutOfMemoryError("a call to the native library failed, and there is no memory to say why");
        noMemory.setStackTrace(new StackTraceElement[0]);
        prepare(Status.class, noMemory);
        Messages.listen();
        warmUp();
    }

    /**
     * Has the JVM look up, while there is memory, what has to work when there is none: what frees native objects, and
     * classes, since one whose initialization fails is lost for good.
     */
    private static void warmUp() {
        Store.release(0);
        View.release(0);
        Loan.release(0);
        Writer.release(0);
        Reference.release(0);
        Call.plain();
        Pin.at(0);
        Watcher.isNeeded();
        FileNames.bytes(FileNames.path(new byte[] {'/'}));
        for (String name : CLASSES) {
            initialize(name);
            // Those without names, which are numbered.
            for (int number = 1; initialize(name + "$" + number);) {
                number++;
            }
        }
    }

    private static boolean initialize(String name) {
        try {
            Class.forName(NativeLibrary.class.getPackageName() + "." + name, true, NativeLibrary.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException none) {
            return false;
        }
    }

    private static native int version();

    /** Where a status is explained. */
    static native byte[] help(int code);

    private static native void prepare(Class<?> status, OutOfMemoryError noMemory);

    private static UnsatisfiedLinkError failed(String what, Throwable cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(what + ": " + cause.getMessage());
        error.initCause(cause);
        return error;
    }

    private static String platform() {
        String architecture = System.getProperty("os.arch");
        String name = "amd64".equals(architecture) ? "x86_64" : architecture;
        return System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT) + "-" + name;
    }
}
