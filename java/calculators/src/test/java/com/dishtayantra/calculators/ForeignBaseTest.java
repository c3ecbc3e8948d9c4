package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An engine's own Calculator and AbstractCalculator before and after this project's, in JVMs of their own. */
class ForeignBaseTest {
    @TempDir Path directory;

    /** The engine's jar, in byte code of Java 11. */
    private Path engine() throws IOException {
        Path classes = directory.resolve("classes");
        List<String> arguments = new ArrayList<>(List.of("--release", "11", "-d", classes.toString()));
        try (Stream<Path> sources = Files.walk(Paths.get("src/test/resources/foreign"))) {
            sources.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        run("javac", arguments);
        Path jar = directory.resolve("engine.jar");
        run("jar", List.of("--create", "--file", jar.toString(), "-C", classes.toString(), "."));
        return jar;
    }

    private static void run(String tool, List<String> arguments) {
        ToolProvider found = ToolProvider.findFirst(tool).orElseThrow();
        assertEquals(0, found.run(System.out, System.err, arguments.toArray(new String[0])), tool);
    }

    @ParameterizedTest
    @ValueSource(strings = {"the engine's", "this project's"})
    void calculatorsWorkOnTheBaseThatComesFirst(String first) throws Exception {
        List<String> classpath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes")).collect(Collectors.toList());
        classpath.add(first.equals("the engine's") ? 0 : classpath.size(), engine().toString());
        Path path = directory.resolve("store");
        try (Store store = Store.open(path); Writer writer = new Writer()) {
            writer.value(Map.of("values", new double[] {1, 2, 4})).put(store, "in", PutOptions.defaults());
            List<String> lines = output(String.join(File.pathSeparator, classpath), path);
            assertEquals(List.of("base: " + first, "adder: {by=adder, sum=17.0}",
                    "direct: {columns=3, max=4.0, mean=2.3333333333333335, min=1.0, rows=1, sum=7.0}",
                    "reference: {_lmdb_output_written=true}", "has details: true",
                    "direct: {expected_shortfall=-1.0, exposure=1.0, level=0.95, net_exposure=1.0, observations=3,"
                            + " value_at_risk=-1.1}",
                    "reference: {_lmdb_output_written=true}", "has details: true"), lines);
            try (View view = store.view("output:MatrixProcessorCalculator")) {
                assertEquals(7.0, view.document().at("sum").asDouble());
            }
        }
    }

    private List<String> output(String classpath, Path store) throws Exception {
        // On standard error newer JVMs warn of native libraries; -Xcheck:jni speaks on standard output.
        Path out = directory.resolve("out");
        Path errors = directory.resolve("errors");
        Process child = new ProcessBuilder(Paths.get(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xcheck:jni", "-cp", classpath, "engine.Main", store.toString(), "in")
                .redirectOutput(out.toFile()).redirectError(errors.toFile()).start();
        int exit = child.waitFor();
        List<String> lines = Files.readAllLines(out);
        assertEquals(0, exit, lines + Files.readString(errors));
        return lines;
    }

    @Test
    void onlyDoCalculateIsOverridden() {
        List<String> overridden = Arrays.stream(LMDBEnabledCalculator.class.getDeclaredMethods())
                .filter(method -> Arrays.stream(AbstractCalculator.class.getDeclaredMethods())
                        .anyMatch(other -> other.getName().equals(method.getName())))
                .map(java.lang.reflect.Method::getName).collect(Collectors.toList());
        assertEquals(List.of("doCalculate"), overridden);
    }
}
