package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls leave no memory behind; with DY_TEST_JAVA_FULL=1 a million of each. */
class SteadyTest {
    /** Less than a hundred bytes a call. */
    private static final long ALLOWED_KIB = Steady.ALLOWED_KIB;

    @TempDir Path directory;

    @Test
    void callsLeaveNoMemoryBehind() throws Exception {
        String many = "1".equals(System.getenv("DY_TEST_JAVA_FULL")) ? "1000000" : "50000";
        List<String> options = List.of("-Xms128m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");
        Process child = Child.program(options, Steady.class, directory.resolve("store").toString(), many).start();
        String said = Child.said(child);
        assertEquals(0, child.exitValue(), said);
        Matcher grown = Pattern.compile("grew by (-?\\d+) KiB in (\\d+): (.*)").matcher(said);
        int calls = 0;
        while (grown.find()) {
            calls++;
            assertTrue(Long.parseLong(grown.group(1)) < ALLOWED_KIB, said);
        }
        assertEquals(17, calls, said);
        if (many.equals("1000000")) {
            System.out.println(said);
        }
    }
}
