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
import java.nio.ByteOrder;
import java.nio.LongBuffer;
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
 * Looking at payloads and publishing them, beside lmdbjava on an environment of its own in the same file system, with
 * WRITEMAP and NOSYNC as our store has them. Both sides replace eight keys in turn, one transaction for each payload.
 *
 * <p>A view is opened, the first and the last long are read through a buffer, it is closed. With lmdbjava that is a read
 * transaction and a get; the transaction is a new one, or one that is kept, reset and renewed.
 *
 * <p>A payload is published in four ways: copied from a direct buffer (put); built in place, item by item (build, with
 * lmdbjava in room reserved inside the write transaction, or in a buffer of the program's that is put); built in place
 * with nothing but its first long written, which is what lending and publishing alone cost (lend); and copied, looked at
 * and summed by a reader (hand over).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class ExchangeBenchmark {
    private static final int KEYS = 8;
    private static final PutOptions OPTIONS = PutOptions.defaults().ttl(Duration.ZERO);

    /** Bytes of the payload. */
    @Param({"1024", "10240", "102400", "1048576"})
    public int size;

    private final String[] keys = new String[KEYS];
    private final ByteBuffer[] keyBuffers = new ByteBuffer[KEYS];
    private int turn;
    private Path directory;
    private Store store;
    private Env<ByteBuffer> env;
    private Dbi<ByteBuffer> dbi;
    private Txn<ByteBuffer> kept;
    private ByteBuffer payload;

    /** Makes both stores with payloads in them. */
    @Setup
    public void open() throws IOException {
        String base = System.getenv().getOrDefault("DY_LMDB_BENCH_DIR", System.getProperty("java.io.tmpdir"));
        directory = Files.createTempDirectory(Path.of(base), "dy_lmdb_jmh");
        payload = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
        store = Store.open(directory.resolve("ours"), StoreOptions.defaults());
        Path theirs = Files.createDirectory(directory.resolve("theirs"));
        env = Env.create().setMapSize(1L << 30).setMaxDbs(1).open(theirs.toFile(), MDB_WRITEMAP, MDB_NOSYNC);
        dbi = env.openDbi("default", DbiFlags.MDB_CREATE);
        for (int i = 0; i < KEYS; i++) {
            keys[i] = "payload" + i;
            keyBuffers[i] = ByteBuffer.allocateDirect(16);
            keyBuffers[i].put(keys[i].getBytes(UTF_8)).flip();
            store.put(keys[i], OPTIONS, payload);
            dbi.put(keyBuffers[i], payload.duplicate());
        }
        kept = env.txnRead();
        kept.reset();
    }

    /** Closes and removes both. */
    @TearDown
    public void close() throws IOException {
        kept.close();
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

    private int next() {
        turn = (turn + 1) % KEYS;
        return turn;
    }

    private long ends(ByteBuffer buffer) {
        return buffer.getLong(0) + buffer.getLong(size - Long.BYTES);
    }

    private void build(LongBuffer items) {
        int count = size / Long.BYTES;
        for (int i = 0; i < count; i++) {
            items.put(i, i + turn);
        }
    }

    private long sum(LongBuffer items) {
        long sum = 0;
        int count = size / Long.BYTES;
        for (int i = 0; i < count; i++) {
            sum += items.get(i);
        }
        return sum;
    }

    private static LongBuffer longs(ByteBuffer buffer) {
        return buffer.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    }

    /** A view with a buffer. */
    @Benchmark
    public long viewOurs() {
        try (View view = store.view(keys[next()])) {
            return ends(view.buffer());
        }
    }

    /** A read transaction and a get. */
    @Benchmark
    public long viewLmdbjava() {
        try (Txn<ByteBuffer> txn = env.txnRead()) {
            return ends(dbi.get(txn, keyBuffers[next()]));
        }
    }

    /** A kept read transaction that is renewed, and a get. */
    @Benchmark
    public long viewLmdbjavaRenewed() {
        kept.renew();
        long ends = ends(dbi.get(kept, keyBuffers[next()]));
        kept.reset();
        return ends;
    }

    /** A put of a direct buffer. */
    @Benchmark
    public void putOurs() {
        store.put(keys[next()], OPTIONS, payload);
    }

    /** The same. */
    @Benchmark
    public void putLmdbjava() {
        dbi.put(keyBuffers[next()], payload.duplicate());
    }

    /** A payload built in a loan. */
    @Benchmark
    public void buildOurs() {
        try (Loan loan = store.loan(size)) {
            build(loan.longs());
            loan.publish(keys[next()], OPTIONS);
        }
    }

    /** A payload built in reserved room, inside the write transaction, which holds up every other writer. */
    @Benchmark
    public void buildLmdbjavaReserved() {
        try (Txn<ByteBuffer> txn = env.txnWrite()) {
            build(longs(dbi.reserve(txn, keyBuffers[next()], size)));
            txn.commit();
        }
    }

    /** A payload built in a buffer of the program's, and put. */
    @Benchmark
    public void buildLmdbjavaPut() {
        build(longs(payload.duplicate()));
        dbi.put(keyBuffers[next()], payload.duplicate());
    }

    /** Room that is lent and published, with the first long written. */
    @Benchmark
    public void lendOurs() {
        try (Loan loan = store.loan(size)) {
            loan.longs().put(0, turn);
            loan.publish(keys[next()], OPTIONS);
        }
    }

    /** Room that is reserved and committed, with the first long written. */
    @Benchmark
    public void lendLmdbjava() {
        try (Txn<ByteBuffer> txn = env.txnWrite()) {
            longs(dbi.reserve(txn, keyBuffers[next()], size)).put(0, turn);
            txn.commit();
        }
    }

    /** A put, and a view that is summed. */
    @Benchmark
    public long handOverOurs() {
        String key = keys[next()];
        store.put(key, OPTIONS, payload);
        try (View view = store.view(key)) {
            return sum(view.longs());
        }
    }

    /** A put, and a get that is summed. */
    @Benchmark
    public long handOverLmdbjava() {
        ByteBuffer key = keyBuffers[next()];
        dbi.put(key, payload.duplicate());
        try (Txn<ByteBuffer> txn = env.txnRead()) {
            return sum(longs(dbi.get(txn, key)));
        }
    }
}
