package com.dishtayantra.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.lmdbjava.EnvFlags.MDB_NOSYNC;
import static org.lmdbjava.EnvFlags.MDB_WRITEMAP;

import com.dishtayantra.lmdb.Loan;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.StoreOptions;
import com.dishtayantra.lmdb.View;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.Txn;
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
 * Looking at a payload and putting one, beside lmdbjava on an environment of its own in the same file system, with
 * WRITEMAP and NOSYNC as our store has them.
 *
 * <p>A view is opened, its first and last byte are read through a buffer, it is closed; with lmdbjava that is a read
 * transaction and a get. A put copies a payload that the program holds in a direct buffer; a loan is filled from the same
 * buffer, and so is room reserved by lmdbjava inside its write transaction. Lending and publishing alone, with one long
 * written, is what a producer pays that computes its payload in place.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class ExchangeBenchmark {
    /** Bytes of the payload. */
    @Param({"1024", "10240", "102400", "1048576"})
    public int size;

    private static final PutOptions OPTIONS = PutOptions.defaults().ttl(Duration.ZERO);

    private Path directory;
    private Store store;
    private Env<ByteBuffer> env;
    private Dbi<ByteBuffer> dbi;
    private ByteBuffer payload;
    private ByteBuffer key;

    /** Makes both stores with the payload in them. */
    @Setup
    public void open() throws IOException {
        String base = System.getenv().getOrDefault("DY_LMDB_BENCH_DIR", System.getProperty("java.io.tmpdir"));
        directory = Files.createTempDirectory(Path.of(base), "dy_lmdb_jmh");
        payload = ByteBuffer.allocateDirect(size);
        key = ByteBuffer.allocateDirect(16);
        key.put("payload".getBytes(UTF_8)).flip();
        store = Store.open(directory.resolve("ours"), StoreOptions.defaults());
        store.put("payload", OPTIONS, payload);
        Path theirs = Files.createDirectory(directory.resolve("theirs"));
        env = Env.create().setMapSize(1L << 30).setMaxDbs(1).open(theirs.toFile(), MDB_WRITEMAP, MDB_NOSYNC);
        dbi = env.openDbi("default", DbiFlags.MDB_CREATE);
        dbi.put(key, payload.duplicate());
    }

    /** Closes and removes both. */
    @TearDown
    public void close() throws IOException {
        store.close();
        env.close();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    /** A view with a buffer. */
    @Benchmark
    public int viewOurs() {
        try (View view = store.view("payload")) {
            ByteBuffer buffer = view.buffer();
            return buffer.get(0) + buffer.get(size - 1);
        }
    }

    /** A read transaction and a get. */
    @Benchmark
    public int viewLmdbjava() {
        try (Txn<ByteBuffer> txn = env.txnRead()) {
            ByteBuffer buffer = dbi.get(txn, key);
            return buffer.get(0) + buffer.get(size - 1);
        }
    }

    /** A put of a direct buffer. */
    @Benchmark
    public void putOurs() {
        store.put("payload", OPTIONS, payload);
    }

    /** The same. */
    @Benchmark
    public void putLmdbjava() {
        dbi.put(key, payload.duplicate());
    }

    /** A loan that is filled from a direct buffer. */
    @Benchmark
    public void loanOurs() {
        try (Loan loan = store.loan(size)) {
            loan.buffer().put(payload.duplicate());
            loan.publish("payload", OPTIONS);
        }
    }

    /** Reserved room that is filled from a direct buffer, inside the write transaction. */
    @Benchmark
    public void loanLmdbjava() {
        try (Txn<ByteBuffer> txn = env.txnWrite()) {
            dbi.reserve(txn, key, size).put(payload.duplicate());
            txn.commit();
        }
    }

    /** Room that is lent and published, with the first long written. */
    @Benchmark
    public void lendAndPublishOurs() {
        try (Loan loan = store.loan(size)) {
            loan.longs().put(0, 1);
            loan.publish("payload", OPTIONS);
        }
    }

    /** Room that is reserved and committed, with the first long written. */
    @Benchmark
    public void lendAndPublishLmdbjava() {
        try (Txn<ByteBuffer> txn = env.txnWrite()) {
            dbi.reserve(txn, key, size).putLong(0, 1);
            txn.commit();
        }
    }
}
