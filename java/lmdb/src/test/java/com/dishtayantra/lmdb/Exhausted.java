package com.dishtayantra.lmdb;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a JVM does whose heap is full, at every native method: each use of one is made with many amounts of free memory, the
 * first time with hardly any. It may throw {@link OutOfMemoryError}, or do what it does with memory; nothing else. At the
 * end no pin, no loan and no store is left.
 */
final class Exhausted {
    private static final PutOptions KEPT = PutOptions.defaults().ttl(Duration.ZERO);
    private static final PutOptions LONG = KEPT.source("s".repeat(1000)).target("t".repeat(1000)).txnId("i".repeat(1000));
    /** Called once, while the library is loaded; what fails then is tried again. */
    private static final Set<String> AT_LOADING = Set.of("NativeLibrary.version", "NativeLibrary.prepare");

    /** A use of native methods, and what came of it. */
    private interface Use {
        Object make() throws Exception;
    }

    /** Hears what stores say when they are opened and closed, without memory as well. */
    private static final Logger LOGGER = Logger.getLogger("com.dishtayantra.lmdb");

    private final Map<String, Use> uses = new LinkedHashMap<>();
    private final Store store;
    private final Path other;

    private Exhausted(Path path) {
        LOGGER.setUseParentHandlers(false);
        LOGGER.setLevel(Level.FINE);
        store = Store.open(path);
        other = path.resolveSibling("other");
        store.put("small", new byte[] {1, 2, 3}, KEPT);
        store.put("large", new byte[100_000], KEPT.checksum(true));
        store.put("array", KEPT.format(DataFormat.NUMPY), Segment.of(Dtype.INT64, ByteBuffer.allocate(32), 4).toNpy());
        try (Writer writer = new Writer()) {
            writer.value(document()).put(store, "document", KEPT);
        }
        try (Store made = Store.open(other)) {
            made.put("input", new byte[100_000], KEPT);
        }
        stores();
        values();
        documents();
        tables();
        references();
    }

    private static Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("a", true);
        document.put("b", 7L);
        document.put("c", 1.5);
        document.put("d", "a text");
        document.put("e", new double[] {1, 2, 3});
        document.put("f", List.of(1L, 2L, 3L));
        document.put("g", new byte[] {4, 5});
        return document;
    }

    private static boolean listen(Level level) {
        LOGGER.setLevel(level);
        Messages.listen();
        return true;
    }

    private void stores() {
        uses.put("Messages.hearFrom", () -> listen(Level.INFO) && listen(Level.FINE));
        uses.put("Store.open Store.release Store.path", () -> {
            try (Store again = Store.open(store.path())) {
                return again.path();
            }
        });
        uses.put("Store.id", store::id);
        uses.put("Store.sweep", store::sweep);
        uses.put("NativeLibrary.help", Status.NOT_FOUND::help);
        uses.put("Store.calls", () -> store.calls().startsWith("{"));
        uses.put("Store.stats", () -> store.stats().startsWith("{"));
        uses.put("Database.put", () -> store.put("put", new byte[] {7}, KEPT).size());
        uses.put("Database.put Call.address", () -> store.put("put", new byte[] {7}, LONG).size());
        uses.put("Database.put of much", () -> store.put("much", new byte[200_000], KEPT).size());
        uses.put("Database.putDirect", () -> store.put("direct", KEPT, ByteBuffer.allocateDirect(5000)).size());
        uses.put("Database.putMany", () -> store.putMany(List.of(
                Entry.of("one", new byte[] {1}, KEPT), Entry.of("two", new byte[5000], KEPT))).size());
        uses.put("Database.get", () -> store.get("small").orElseThrow().length);
        uses.put("Database.contains", () -> store.contains("small"));
        uses.put("Database.delete", () -> store.put("gone", new byte[1]).size() + (store.delete("gone") ? 1 : 0));
        uses.put("Database.touch", () -> store.touch("small", Duration.ZERO));
        uses.put("Database.keys", () -> store.keys("sma"));
        uses.put("Database.waitFor", () -> {
            store.waitFor("small", Duration.ofMillis(5));
            return true;
        });
        uses.put("Watcher.add Watcher.await Watcher.remove", () -> Watcher.park(
                store, "nothing".getBytes(), 1));
    }

    private void values() {
        uses.put("View.open View.range View.release", () -> {
            try (View view = store.view("large")) {
                return view.size();
            }
        });
        uses.put("View.open, known", () -> {
            try (View view = store.view("large"); View second = store.view("large")) {
                return view.size() + second.size();
            }
        });
        uses.put("View.open, kept", () -> {
            try (View view = store.view("large")) {
                return view.buffer().capacity();
            }
        });
        uses.put("View.text", () -> {
            try (View view = store.view("large")) {
                return view.info().key();
            }
        });
        uses.put("View.verify", () -> {
            try (View view = store.view("large")) {
                view.verify();
                return true;
            }
        });
        uses.put("View.array", () -> {
            try (View view = store.view("array")) {
                return view.array().longs().get(3);
            }
        });
        uses.put("Loan.open Loan.publish Loan.release", () -> {
            try (Loan loan = store.loan(5000)) {
                loan.buffer().put(4999, (byte) 9);
                return loan.publish("published", KEPT).size();
            }
        });
        uses.put("Loan.drop", () -> {
            try (Loan loan = store.loan(5000)) {
                return loan.size();
            }
        });
        uses.put("Loan.open, kept", () -> {
            try (Loan loan = store.loan(5000)) {
                return loan.buffer().capacity();
            }
        });
        uses.put("Loan.range", () -> {
            try (Loan loan = store.loan(5000)) {
                int[] capacity = new int[1];
                loan.use(pointer -> capacity[0] = Loan.range(pointer, 4000, 1000).capacity());
                return capacity[0];
            }
        });
        uses.put("Segment.npyHeader", () -> Segment.of(Dtype.INT8, ByteBuffer.allocate(8), 8).toNpy()[0].capacity());
        uses.put("Segment.listMinimum", Segment::shortestList);
        uses.put("Writer.create Writer.map Writer.array Writer.nil Writer.bool Writer.int64 Writer.uint64 Writer.float64"
                + " Writer.string Writer.binary Writer.segment Writer.size Writer.bytes Writer.release", () -> {
            try (Writer writer = new Writer()) {
                writer.map(2).key("a").array(6).nil().bool(true).int64(-1).uint64(1).float64(1.5).binary(new byte[2]);
                writer.key("b").segment(new double[] {1, 2});
                return writer.size() + writer.toBytes().capacity();
            }
        });
        uses.put("Writer.reset", () -> {
            try (Writer writer = new Writer()) {
                writer.nil().reset();
                return writer.bool(true).size();
            }
        });
        uses.put("Writer.fill", () -> {
            try (Writer writer = new Writer(); Loan loan = store.loan(5000)) {
                writer.segment(new double[] {1, 2}).writeTo(loan);
                return loan.publish("filled", writer.size(), KEPT.format(DataFormat.MSGPACK)).size();
            }
        });
    }

    private static Field[] columns() {
        return new Field[] {Field.of("a", 1.5, 2.5), Field.texts("b", Arrays.asList("x", null))};
    }

    private void tables() {
        try (Writer writer = new Writer()) {
            writer.table(Table.Origin.ROWS, columns()).put(store, "table", KEPT);
        }
        uses.put("Node.isTable Table.open Table.check", () -> {
            try (View view = store.view("table")) {
                view.document().root().asTable().check();
                return view.document().root().isTable();
            }
        });
        uses.put("Column.open", () -> {
            try (View view = store.view("table")) {
                return view.document().root().asTable().column("b").toList();
            }
        });
        uses.put("Table.open, rows", () -> {
            try (View view = store.view("table")) {
                return view.document().toObject();
            }
        });
        uses.put("Writer.table", () -> Table.of(columns()).column("a").doubles().get(1));
        uses.put("Writer.arrow", () -> {
            ByteBuffer released = ByteBuffer.allocateDirect(64);
            try (Writer writer = new Writer()) {
                writer.arrow(Table.Origin.COLUMNS, Call.address(released));
                return false;
            } catch (InvalidArgumentException refused) {
                return true;
            }
        });
        uses.put("Table.gather", () -> Table.from(Map.of("x", new double[] {1, 2})).column("x").doubles().get(1));
        Table own = Table.of(Field.of("a", 1.5));
        ByteBuffer schema = ByteBuffer.allocateDirect(72);
        ByteBuffer array = ByteBuffer.allocateDirect(80);
        uses.put("Table.export", () -> {
            // Nothing releases them here: a few bytes each.
            own.exportTo(Call.address(schema), Call.address(array));
            return true;
        });
    }

    private interface Reading {
        Object of(Node root);
    }

    private void reads(String natives, Reading reading) {
        uses.put(natives, () -> {
            try (View view = store.view("document")) {
                return reading.of(view.document().root());
            }
        });
    }

    private void documents() {
        uses.put("Node.refers", () -> {
            try (View view = store.view("document")) {
                return !view.document().refers();
            }
        });
        uses.put("Node.validate", () -> {
            try (View view = store.view("document")) {
                view.document().validate();
                return true;
            }
        });
        reads("Node.type", Node::type);
        reads("Node.size", Node::size);
        reads("Node.get Node.asBoolean", root -> root.get("a").asBoolean());
        reads("Node.asLong", root -> root.get("b").asLong());
        reads("Node.asUnsignedLong", root -> root.get("b").asUnsignedLong());
        reads("Node.asDouble", root -> root.get("c").asDouble());
        reads("Node.asString", root -> root.get("d").asString());
        reads("Node.asBytes", root -> root.get("g").asBytes().length);
        reads("Node.asDoubles", root -> root.get("e").asDoubles()[2]);
        reads("Node.numbers", root -> root.get("f").asNumbers().doubles().get(2));
        reads("Node.segment", root -> root.get("e").asSegment().doubles().get(1));
        reads("Node.find Node.at", root -> root.at("f.1").asLong() + root.get("f").at(2).asLong());
        reads("Node.iterate Node.next", root -> root.keys());
        reads("Node.scan", root -> root.toMap().size());
        uses.put("Node.numbersOf", () -> {
            try (Writer writer = new Writer()) {
                return writer.segment(new double[] {1, 2}).toNumbers().doubles().get(1);
            }
        });
    }

    private void references() {
        Map<String, Object> fields = Map.of(Reference.REF, true, Reference.INPUT_KEY, "input", Reference.OUTPUT_KEY,
                "output", Reference.DB_PATH, other.toString());
        uses.put("Reference.create Reference.set Reference.release", () -> Reference.of(fields).hasInput());
        uses.put("Reference.parse Reference.json", () -> Reference.parse("{\"_lmdb_ref\":true,\"_lmdb_input_key\":\"k\"}").toJson());
        uses.put("Reference.get", () -> Reference.of(fields).get(Reference.INPUT_KEY));
        uses.put("Reference.fields", () -> Reference.of(fields).toMap());
        uses.put("Reference.gather", () -> Reference.gather(fields).inputs().size());
        uses.put("Reference.names", () -> Reference.names().length);
        uses.put("Reference.store", () -> {
            try (Store named = Reference.of(fields).store()) {
                return named.contains("input");
            }
        });
        uses.put("Reference.viewInput", () -> {
            try (View view = Reference.of(fields).viewInput()) {
                return view.size();
            }
        });
        uses.put("Reference.putOutput", () -> Reference.of(fields).putOutput(KEPT, ByteBuffer.allocate(16)).size());
        uses.put("Loan.openOutput Loan.publishOutput", () -> {
            Reference reference = Reference.of(fields);
            try (Loan loan = reference.loanOutput(5000)) {
                return reference.publishOutput(loan, KEPT).size();
            }
        });
        uses.put("Reference.settleDirect", () -> {
            Reference.of(fields).settleDirect();
            return true;
        });
        uses.put("Reference.decline", () -> {
            Reference.of(fields).decline();
            return true;
        });
    }

    /** The native methods of the package for which there is no use. */
    private Set<String> missing() throws Exception {
        Set<String> natives = new TreeSet<>();
        Path classes = Paths.get(Store.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.list(classes.resolve("com/dishtayantra/lmdb"))) {
            for (Path file : files.collect(Collectors.toList())) {
                String name = file.getFileName().toString().replace(".class", "");
                Class<?> type = Class.forName("com.dishtayantra.lmdb." + name, false, Exhausted.class.getClassLoader());
                for (Method method : type.getDeclaredMethods()) {
                    if (Modifier.isNative(method.getModifiers())) {
                        natives.add(name + "." + method.getName());
                    }
                }
            }
        }
        uses.keySet().forEach(use -> natives.removeAll(Arrays.asList(use.split("[ ,]"))));
        natives.removeAll(AT_LOADING);
        return natives;
    }

    /** Uses that give Java a native object: memory may end between its making and its being owned, in small steps to find. */
    private static final String WRAPPING = ".*(open|create|parse|gather|viewInput|Reference.store).*";
    /** Other uses are made with multiples of this amount only, unless all amounts are wanted. */
    private static final int COARSE = 512;
    /** The smallest step, with which all uses are made with all amounts. */
    private static final int ALL = 16;

    /** Amounts of free memory: what an object takes, step by step, then more and more of them. */
    private static int[] amounts(int step) {
        List<Integer> amounts = new ArrayList<>();
        for (int left = 0; left < 4 << 20; left += left < 3072 ? step : step == ALL ? left / 32 : left) {
            amounts.add(left);
        }
        return amounts.stream().mapToInt(Integer::intValue).toArray();
    }

    private static boolean isForMemory(Throwable failure) {
        Throwable cause = failure;
        while (cause != null && !(cause instanceof OutOfMemoryError)) {
            cause = cause.getCause();
        }
        return cause != null;
    }

    private void run(int step) throws Exception {
        System.out.println("without a use: " + missing());
        int[] amounts = amounts(step);
        String[] names = uses.keySet().toArray(new String[0]);
        Use[] each = uses.values().toArray(new Use[0]);
        Object[][] made = new Object[each.length][amounts.length];
        Throwable[] odd = new Throwable[each.length];
        boolean[] isFine = new boolean[each.length];
        for (int at = 0; at < each.length; at++) {
            isFine[at] = step == ALL || names[at].matches(WRAPPING);
        }
        int noMemory = 0;
        for (int i = 0; i < amounts.length; i++) {
            FullHeap.fill(amounts[i]);
            for (int at = 0; at < each.length; at++) {
                if (!isFine[at] && amounts[i] % COARSE != 0) {
                    continue;
                }
                try {
                    made[at][i] = each[at].make();
                } catch (OutOfMemoryError full) {
                    noMemory++;
                } catch (Throwable failure) {
                    // What the JVM's own classes make of it, those that log say.
                    if (isForMemory(failure)) {
                        noMemory++;
                    } else {
                        odd[at] = failure;
                    }
                }
            }
            FullHeap.empty();
        }
        int done = 0;
        for (int at = 0; at < each.length; at++) {
            Object right = each[at].make();
            for (Object value : made[at]) {
                done += value == null ? 0 : 1;
                if (value != null && !value.equals(right)) {
                    System.out.println("wrong: " + names[at] + " gave " + value + ", not " + right);
                }
            }
            if (odd[at] != null) {
                System.out.println("odd: " + names[at]);
                odd[at].printStackTrace(System.out);
            }
        }
        System.out.println(each.length + " uses with " + amounts.length + " amounts of memory: " + done + " done, "
                + noMemory + " without memory");
    }

    /** What is left of pins and loans, and whether the store is still mapped. */
    private static String left(Path path) throws IOException, InterruptedException {
        String found = "";
        for (int i = 0; i < 300; i++) {
            System.gc();
            Thread.sleep(10);
            found = Mapped.named("data.mdb").stream().map(mapped -> mapped.path)
                    .filter(mapped -> mapped.startsWith(path)).collect(Collectors.toList()).toString();
            if (found.equals("[]")) {
                break;
            }
        }
        return found;
    }

    private static String held(Store store) throws InterruptedException {
        for (int i = 0; i < 300; i++) {
            System.gc();
            Thread.sleep(10);
            if (Stale.isNothingHeld(store)) {
                return "nothing";
            }
        }
        return store.stats();
    }

    public static void main(String[] arguments) throws Exception {
        Path path = Paths.get(arguments[0]);
        Exhausted exhausted = new Exhausted(path);
        exhausted.run(Integer.parseInt(arguments[1]));
        System.out.println("held: " + held(exhausted.store));
        try (Store other = Store.open(exhausted.other)) {
            System.out.println("held of references: " + held(other));
        }
        exhausted.store.close();
        System.out.println("mapped: " + left(path));
    }
}
