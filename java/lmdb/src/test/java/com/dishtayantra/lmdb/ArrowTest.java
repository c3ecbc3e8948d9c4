package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables to and from arrow-java, which wants flags of the JVM, in one of its own. */
class ArrowTest {
    @TempDir Path directory;

    @Test
    void arrowJavaReadsAndWritesTablesInPlace() throws Exception {
        // Its own calls of JNI are not as -Xcheck:jni wants them.
        Process child = Child.program(List.of("-XX:-CheckJNICalls", "--add-opens=java.base/java.nio=ALL-UNNAMED"),
                Arrows.class, directory.resolve("store").toString()).start();
        String said = Child.said(child);
        assertEquals(0, child.exitValue(), said);
        assertEquals("in place, released, taken", said.strip().lines().reduce("", (all, line) -> line), said);
    }
}
