package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        for (String place : List.of("dishtayantra.lmdb.library", "DISHTAYANTRA_LMDB_LIBRARY", "in this process", "in the jar")) {
            assertTrue(said.contains(place), said);
        }
    }
}
