package com.dishtayantra.benchmarks;

import com.dishtayantra.lmdb.Column;
import com.dishtayantra.lmdb.Field;
import com.dishtayantra.lmdb.Node;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.StoreOptions;
import com.dishtayantra.lmdb.Table;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.io.IOException;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The sum of one column by the texts of another, from opening the view to closing it: of a table's columns in place, of a
 * table that is made of plain rows, and of plain rows that are walked.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class TableBenchmark {
    private static final PutOptions OPTIONS = PutOptions.defaults().ttl(Duration.ZERO);

    /** Rows of the table. */
    @Param("10000")
    public int rows;

    private Path directory;
    private Store store;
    private Field[] columns;

    /** Makes a store with the same rows as a table and as a plain list of maps. */
    @Setup
    public void open() throws IOException {
        String base = System.getenv().getOrDefault("DY_LMDB_BENCH_DIR", System.getProperty("java.io.tmpdir"));
        directory = Files.createTempDirectory(Path.of(base), "dy_lmdb_jmh");
        store = Store.open(directory.resolve("store"), StoreOptions.defaults());
        double[] prices = new double[rows];
        long[] quantities = new long[rows];
        List<String> symbols = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            prices[i] = i / 4.0;
            quantities[i] = i;
            symbols.add("symbol " + i * 7 % 50);
        }
        columns = new Field[] {Field.of("px", prices), Field.coded("sym", symbols), Field.of("qty", quantities)};
        try (Writer writer = new Writer()) {
            writer.map(1).key("trades").table(Table.Origin.ROWS, columns).put(store, "table", OPTIONS);
            writer.reset();
            writer.map(1).key("trades").array(rows);
            for (int i = 0; i < rows; i++) {
                writer.map(3).key("px").float64(prices[i]).key("sym").string(symbols.get(i)).key("qty").int64(quantities[i]);
            }
            writer.put(store, "plain", OPTIONS);
        }
    }

    /** Closes and removes it. */
    @TearDown
    public void close() throws IOException {
        store.close();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    private static double[] sums(Table trades) {
        DoubleBuffer prices = trades.column("px").doubles();
        Column symbols = trades.column("sym");
        IntBuffer codes = symbols.codes();
        double[] sums = new double[(int) symbols.dictionary().size()];
        for (int row = 0; row < codes.limit(); row++) {
            sums[codes.get(row)] += prices.get(row);
        }
        return sums;
    }

    /** Columns in place. */
    @Benchmark
    public double[] sumColumns() {
        try (View view = store.view("table")) {
            return sums(view.document().at("trades").asTable());
        }
    }

    /** Columns that are made of plain rows. */
    @Benchmark
    public double[] sumGathered() {
        try (View view = store.view("plain")) {
            return sums(view.document().at("trades").toTable());
        }
    }

    /** Plain rows, row by row. */
    @Benchmark
    public Map<String, Double> sumRows() {
        Map<String, Double> sums = new HashMap<>();
        try (View view = store.view("plain")) {
            for (Node row : view.document().at("trades").elements()) {
                sums.merge(row.get("sym").asString(), row.get("px").asDouble(), Double::sum);
            }
        }
        return sums;
    }

    /** A table that is put. */
    @Benchmark
    public long put() {
        try (Writer writer = new Writer()) {
            return writer.map(1).key("trades").table(columns).put(store, "put", OPTIONS).size();
        }
    }
}
