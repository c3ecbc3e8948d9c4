package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryTest {
    @TempDir Path directory;
    private Path copy;

    @BeforeEach
    void copyLibrary() throws IOException {
        copy = directory.resolve("libdishtayantra_lmdb.so");
        String platform = "native/linux-" + System.getProperty("os.arch").replace("amd64", "x86_64");
        try (InputStream library = LibraryTest.class.getResourceAsStream("/" + platform + "/libdishtayantra_lmdb.so")) {
            Files.copy(library, copy);
        }
    }

    private String run(List<String> options) throws Exception {
        return Child.said(Child.start(options, "library", directory.resolve("store").toString()));
    }

    @Test
    void thePropertyNamesTheLibrary() throws Exception {
        assertTrue(run(List.of("-Ddishtayantra.lmdb.library=" + copy)).contains("opened /"));
        String said = run(List.of("-Ddishtayantra.lmdb.library=/nowhere/lib.so"));
        assertTrue(said.contains("UnsatisfiedLinkError: /nowhere/lib.so, named by the property"), said);
    }

    @Test
    void anotherLibraryIsRefusedByName() throws Exception {
        // One of the JVM's own.
        String other = Path.of(System.getProperty("java.home"), "lib", "libjava.so").toString();
        String said = run(List.of("-Ddishtayantra.lmdb.library=" + other));
        assertTrue(said.contains("UnsatisfiedLinkError: " + other + ", named by the property"), said);
        assertTrue(said.contains("tells no version of its native methods; these classes need version "), said);
    }

    /** A library whose native methods are of an earlier version, made by the C compiler. */
    @Test
    void anOlderLibraryIsRefusedByName() throws Exception {
        Path source = directory.resolve("other.c");
        Files.writeString(source, "int Java_com_dishtayantra_lmdb_NativeLibrary_version(void *jvm, void *class) { return 1; }\n");
        Path other = directory.resolve("libother.so");
        Process compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", other.toString(), source.toString())
                .redirectErrorStream(true).start();
        assertEquals("", Child.said(compiler));
        String said = run(List.of("-Ddishtayantra.lmdb.library=" + other));
        assertTrue(said.contains("UnsatisfiedLinkError: " + other + ", named by the property dishtayantra.lmdb.library, has"
                + " version 1 of the native methods; these classes need version "), said);
        assertTrue(said.contains(" or a later one"), said);
    }

    @Test
    void theCopyOfAKilledJvmIsRemovedByTheNextOne() throws Exception {
        Process[] children = {living("a"), living("b")};
        assertEquals(2, copies().size());
        children[0].destroyForcibly().waitFor();
        assertEquals(2, copies().size(), "it could not tidy up");
        String said = run(List.of());
        assertTrue(said.contains("opened /"), said);
        List<Path> left = copies();
        assertEquals(1, left.size(), left.toString());
        String living = String.valueOf(children[1].pid());
        assertTrue(left.get(0).getFileName().toString().contains("-" + living + "-"), left.toString());
        assertTrue(Files.size(left.get(0).resolve("libdishtayantra_lmdb.so")) > 0);
        children[1].destroyForcibly().waitFor();
    }

    @Test
    void jvmsThatStartTogetherLeaveEachOthersCopiesAlone() throws Exception {
        living("killed").destroyForcibly().waitFor();
        List<Process> children = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            children.add(Child.start(List.of(), "library", directory.resolve("store").toString()));
        }
        for (Process child : children) {
            String said = Child.said(child);
            assertTrue(said.contains("opened /"), said);
        }
        assertEquals(List.of(), copies());
    }

    /** What is not a JVM's left copy is not touched. */
    @Test
    void directoriesOfOthersStay() throws Exception {
        Path linked = Files.createDirectory(directory.resolve("linked"));
        Files.createFile(linked.resolve("in-use"));
        Files.createSymbolicLink(directory.resolve("dishtayantra_lmdb-1-link"), linked);
        Path unmarked = Files.createDirectory(directory.resolve("dishtayantra_lmdb-1-unmarked"));
        Path full = Files.createDirectory(directory.resolve("dishtayantra_lmdb-1-full"));
        Files.createFile(full.resolve("in-use"));
        Files.createFile(full.resolve("other"));
        assertTrue(run(List.of()).contains("opened /"));
        assertTrue(Files.exists(linked.resolve("in-use")));
        assertTrue(Files.exists(unmarked));
        assertTrue(Files.exists(full.resolve("other")));
    }

    private Process living(String store) throws IOException {
        Process child = Child.start("live", directory.resolve(store).toString());
        assertEquals("living", new String(child.getInputStream().readNBytes(6), StandardCharsets.UTF_8));
        return child;
    }

    private List<Path> copies() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("dishtayantra_lmdb-"))
                    .collect(Collectors.toList());
        }
    }

    @Test
    void theJarsCopyIsExtractedToAPrivateDirectoryAndRemoved() throws Exception {
        String said = run(List.of("-Djava.io.tmpdir=" + directory));
        assertTrue(said.contains("opened /"), said);
        try (Stream<Path> left = Files.list(directory)) {
            List<String> names = left.map(file -> file.getFileName().toString()).collect(Collectors.toList());
            assertFalse(names.stream().anyMatch(name -> name.startsWith("dishtayantra_lmdb")), names.toString());
        }
    }

    /** The JVM gives a library to one class loader only; a second one is told so and brings no second engine. */
    @Test
    void aCopyThatTheProcessHasLoadedIsUsed() throws Exception {
        try (Store store = Store.open(directory.resolve("store"))) {
            assertTrue(store.keys("").isEmpty());
            long before = mapped();
            List<URL> urls = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(":")) {
                urls.add(Path.of(entry).toUri().toURL());
            }
            try (URLClassLoader other = new URLClassLoader(urls.toArray(new URL[0]), null)) {
                Method open = Class.forName("com.dishtayantra.lmdb.Store", true, other).getMethod("open", String.class);
                for (int attempt = 0; attempt < 2; attempt++) {
                    Throwable refused = assertThrows(InvocationTargetException.class,
                            () -> open.invoke(null, directory.resolve("store").toString())).getCause();
                    assertInstanceOf(UnsatisfiedLinkError.class, refused);
                    assertTrue(refused.getMessage().contains("already loaded in another classloader"), refused.getMessage());
                }
            }
            assertEquals(before, mapped(), "no second copy came into the process");
        }
    }

    private static long mapped() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("libdishtayantra_lmdb")).count();
        }
    }

    @Test
    void aMissingLibraryNamesAllPlaces() throws Exception {
        Path classes = directory.resolve("classes/com/dishtayantra/lmdb");
        Files.createDirectories(classes);
        Path built = Path.of(Store.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.list(built.resolve("com/dishtayantra/lmdb"))) {
            for (Path file : files.collect(Collectors.toList())) {
                Files.copy(file, classes.resolve(file.getFileName()));
            }
        }
        Path tests = Path.of(Child.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                directory.resolve("classes") + ":" + tests, Child.class.getName(), "library", "/nowhere")
                .redirectErrorStream(true).start();
        String said = Child.said(child);
        for (String place : List.of("dishtayantra.lmdb.library", "DISHTAYANTRA_LMDB_LIBRARY", "in this process", "in the jar", "the system")) {
            assertTrue(said.contains(place), said);
        }
    }

    /** Runs a line of a shell before the JVM, which has the library in it already if the line sets {@code LD_PRELOAD}. */
    private String shell(String line, List<String> options, Map<String, String> environment) throws Exception {
        ProcessBuilder child = Child.program(options, Child.class, "library", directory.resolve("store").toString());
        List<String> command = new ArrayList<>(List.of("bash", "-c", line + " exec \"$@\"", "bash"));
        command.addAll(child.command());
        child.command(command);
        child.environment().putAll(environment);
        child.environment().put("COPY", copy.toString());
        child.environment().put("AT", directory.toString());
        return Child.said(child.start());
    }

    private static final Map<String, String> ASCII = Map.of("LC_ALL", "C", "LANG", "C");
    private static final String PRELOADED = "export LD_PRELOAD=\"$NAME\";";

    /** A name that is no UTF-8, and one that is but that the locale's encoding lacks. */
    @Test
    void aLibraryWhoseNameTheLocaleCannotWriteIsRefusedByName() throws Exception {
        for (String letter : new String[] {"\\374", "\\303\\274"}) {
            String line = "NAME=\"$AT/$(printf '" + letter + "').so/libdishtayantra_lmdb.so\"; mkdir \"${NAME%/*}\";"
                    + " cp \"$COPY\" \"$NAME\"; " + PRELOADED;
            String said = shell(line, List.of(), ASCII);
            assertTrue(said.contains("UnsatisfiedLinkError: file://" + directory), said);
            assertTrue(said.contains(".so/libdishtayantra_lmdb.so, which this process has loaded already, cannot be loaded"), said);
            assertTrue(said.contains("start the JVM with LC_ALL=C.UTF-8"), said);
        }
        String said = shell("mkdir \"$AT/ü\"; NAME=\"$AT/ü/libdishtayantra_lmdb.so\"; cp \"$COPY\" \"$NAME\"; " + PRELOADED,
                List.of(), Map.of("LC_ALL", "C.UTF-8"));
        assertTrue(said.contains("opened /"), said);
    }

    @Test
    void whatIsNamedInAnEncodingThatTheLocaleLacksIsRefusedByName() throws Exception {
        Path odd = Files.createDirectory(directory.resolve("ü"));
        Path library = Files.copy(copy, odd.resolve("libdishtayantra_lmdb.so"));
        for (String option : List.of("-Ddishtayantra.lmdb.library=" + library, "-Djava.io.tmpdir=" + odd)) {
            String said = shell("", List.of(option), ASCII);
            assertTrue(said.contains("UnsatisfiedLinkError: "), said);
            assertTrue(said.contains("named by the property") ? said.contains("start the JVM with LC_ALL=C.UTF-8")
                    : said.contains("of the jar cannot be extracted to "), said);
        }
        String said = shell("export DISHTAYANTRA_LMDB_LIBRARY=\"$AT/ü/libdishtayantra_lmdb.so\";", List.of(), ASCII);
        assertTrue(said.contains("UnsatisfiedLinkError: ") && said.contains("start the JVM with LC_ALL=C.UTF-8"), said);
    }

    /** A store's directory is the one that is named, whatever the locale. */
    @Test
    void aStoreIsWhereItsNameSaysInEveryLocale() throws Exception {
        String said = shell("set -- \"$@-ü\";", List.of(), Map.of("LC_ALL", "C.UTF-8"));
        assertTrue(said.contains("opened /"), said);
        assertTrue(Files.exists(directory.resolve("store-ü/data.mdb")), said);
        Path store = directory.resolve("store-ü");
        assertEquals(store, FileNames.path(FileNames.bytes(store)));
    }

    /** One engine a process, whatever became of its file: it is used where the process may, refused otherwise. */
    @Test
    void aLibraryThatWasReplacedBringsNoSecondEngine() throws Exception {
        String line = "NAME=\"$AT/mapped/libdishtayantra_lmdb.so\"; mkdir \"$AT/mapped\"; cp \"$COPY\" \"$NAME\"; " + PRELOADED;
        for (String then : List.of("removed", "replaced")) {
            List<String> options = List.of("-Dtest.library=" + directory.resolve("mapped/libdishtayantra_lmdb.so"),
                    "-Dtest.then=" + then);
            String said = shell(line, options, Map.of()).strip();
            boolean isUsed = said.contains("opened /");
            boolean isNamed = said.contains("mapped/libdishtayantra_lmdb.so (device and inode ")
                    && said.contains("was removed or replaced since") && said.contains("restart the process");
            assertTrue(isUsed != isNamed, said);
            assertTrue(said.contains("engines: 1"), said);
            Files.deleteIfExists(directory.resolve("mapped/libdishtayantra_lmdb.so"));
            line = line.replace("mkdir ", "mkdir -p ");
        }
    }

    @Test
    void whereNativeAccessIsDeniedTheErrorSaysWhatToDo() throws Exception {
        assumeTrue(Runtime.version().feature() >= 24, "older JVMs deny nothing");
        String said = run(List.of("--illegal-native-access=deny"));
        assertTrue(said.contains("UnsatisfiedLinkError: "), said);
        assertTrue(said.contains("start the JVM with --enable-native-access=ALL-UNNAMED"), said);
        said = run(List.of("--illegal-native-access=deny", "--enable-native-access=ALL-UNNAMED"));
        assertTrue(said.contains("opened /"), said);
    }
}
