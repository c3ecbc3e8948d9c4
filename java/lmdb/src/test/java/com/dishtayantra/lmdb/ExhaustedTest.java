package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The heap is full at every native method; DY_TEST_JAVA_FULL=1 tries hundreds of amounts of free memory. */
class ExhaustedTest {
    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseSerialGC", "-XX:+UseG1GC"})
    void whateverMemoryIsLeftACallIsDoneOrSaysSoAndLeavesNothing(String collector) throws Exception {
        boolean all = "1".equals(System.getenv("DY_TEST_JAVA_FULL"));
        // Steps of free memory, in bytes. What G1 has left it counts in regions anyway.
        String step = all ? "16" : collector.contains("Serial") ? "32" : "512";
        for (String heap : all ? List.of("-Xmx12m", "-Xmx16m", "-Xmx24m") : List.of("-Xmx16m")) {
            Process child = Child.program(List.of(heap, collector), Exhausted.class,
                    directory.resolve("store" + heap).toString(), step).start();
            String said = Child.said(child);
            assertEquals(0, child.exitValue(), said);
            for (String wrong : List.of("wrong: ", "odd: ", "in native method")) {
                assertFalse(said.contains(wrong), said);
            }
            for (String right : List.of(
                    "without a use: []", "held: nothing", "held of references: nothing", "mapped: []")) {
                assertTrue(said.contains(right), said);
            }
            Matcher made = Pattern.compile("uses with .* amounts of memory: [1-9].* done, [1-9].* without memory").matcher(said);
            assertTrue(made.find(), said);
            System.out.println(collector + " " + heap + ": " + made.group());
        }
    }

    /**
     * Lambdas and joined texts are linked when they are first used. With a full heap that fails, for good; so what may be
     * used then has none.
     */
    @Test
    void noClassLinksItsCallsWhenTheyAreMade() throws Exception {
        Path classes = Path.of(Store.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<String> linked = new ArrayList<>();
        try (Stream<Path> files = Files.list(classes.resolve("com/dishtayantra/lmdb"))) {
            for (Path file : files.collect(Collectors.toList())) {
                if (hasInvokeDynamic(file)) {
                    linked.add(file.getFileName().toString());
                }
            }
        }
        assertEquals(List.of(), linked);
    }

    /** Whether a class's constants, as the JVM's specification has them, are of a call that is linked late. */
    private static boolean hasInvokeDynamic(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            in.readInt();
            in.readInt();
            int count = in.readUnsignedShort();
            for (int at = 1; at < count; at++) {
                int tag = in.readUnsignedByte();
                if (tag == 1) {
                    in.skipBytes(in.readUnsignedShort());
                } else if (tag == 17 || tag == 18) {
                    return true;
                } else if (tag == 5 || tag == 6) {
                    in.skipBytes(8);
                    at++;
                } else {
                    in.skipBytes(tag == 15 ? 3 : tag == 7 || tag == 8 || tag == 16 || tag == 19 || tag == 20 ? 2 : 4);
                }
            }
            return false;
        }
    }
}
