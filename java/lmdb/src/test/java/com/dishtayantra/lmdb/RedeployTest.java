package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedeployTest {
    @TempDir Path directory;

    /** The JVM gives the library to one class loader: the next deployment works only when the one before is gone. */
    @Test
    void nothingKeepsTheClassesOfAnApplicationThatEnded() throws Exception {
        Process child = Child.program(List.of(), Redeployed.class, directory.resolve("store").toString()).start();
        String said = Child.said(child);
        List<String> lines = said.lines().filter(line -> !line.startsWith("WARNING: ") && !line.isEmpty())
                .collect(Collectors.toList());
        assertEquals(List.of("deployment 1 is gone", "deployment 2 is gone", "deployment 3 is gone"), lines, said);
    }
}
