package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a JVM does whose heap is full: calls that cannot succeed, each of which must say so. */
final class Starved {
    /** Bytes that are left of the heap when the calls are made. */
    private static final int[] LEFT = {
        0, 16, 32, 64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 8192, 16_384, 65_536};
    private static final int ROUNDS = 2;

    private Starved() {}

    /** A call that cannot succeed. */
    private interface Failing {
        void run() throws Exception;
    }

    private static Map<String, Failing> calls(Store store) throws Exception {
        PutOptions keep = PutOptions.defaults().noOverwrite(true);
        byte[] payload = {1, 2, 3};
        byte[] large = new byte[200 << 10];
        ByteBuffer direct = ByteBuffer.allocateDirect(64);
        ByteBuffer heap = ByteBuffer.wrap(payload);
        Database unnamed = store.database("");
        List<Entry> entries = List.of(Entry.of("live", payload, keep));
        View view = store.view("document");
        Node map = view.document().root();
        Node text = map.at("text");
        View broken = store.view("broken");
        Document damaged = broken.document();
        Reference reference = Reference.of(Map.of("_lmdb_ref", true, "_lmdb_input_key", "missing", "_lmdb_output_key",
                "live", "_lmdb_db_path", store.path().toString(), "_lmdb_db_name", "default"));
        Reference homeless = Reference.of(Map.of("_txn_id", "1"));
        Writer complete = new Writer().nil();
        Writer begun = new Writer().array(2);
        Loan loan = store.loan(64);
        long[] shape = {-1};
        Duration moment = Duration.ofMillis(1);
        Map<String, Failing> calls = new LinkedHashMap<>();
        calls.put("put under a bad key", () -> store.put("", payload));
        calls.put("put on a live key", () -> store.put("live", payload, keep));
        calls.put("put of much on a live key", () -> store.put("live", large, keep));
        calls.put("put of a buffer on a live key", () -> store.put("live", keep, direct));
        calls.put("put of buffers on a live key", () -> store.put("live", keep, heap, direct));
        calls.put("putMany on a live key", () -> store.putMany(entries));
        calls.put("get of a bad key", () -> store.get(""));
        calls.put("view of a bad key", () -> store.view(""));
        calls.put("view of a missing key", () -> store.view("missing"));
        calls.put("contains of a bad key", () -> store.contains(""));
        calls.put("delete of a bad key", () -> store.delete(""));
        calls.put("touch of a bad key", () -> store.touch("", moment));
        calls.put("keys of a bad database", () -> unnamed.keys("a"));
        calls.put("waitFor a missing key", () -> store.waitFor("missing", moment));
        calls.put("waitFor a bad key", () -> store.waitFor("", moment));
        calls.put("loan too large", () -> store.loan(1L << 40));
        calls.put("publish on a bad key", () -> loan.publish("", keep));
        calls.put("open of a file", () -> Store.open(store.path().resolve("data.mdb")));
        calls.put("array of a document", view::array);
        calls.put("asLong of a text", text::asLong);
        calls.put("asUnsignedLong of a text", text::asUnsignedLong);
        calls.put("asDouble of a text", text::asDouble);
        calls.put("asBoolean of a text", text::asBoolean);
        calls.put("asBytes of a text", text::asBytes);
        calls.put("asDoubles of a text", text::asDoubles);
        calls.put("asSegment of a text", text::asSegment);
        calls.put("asString of a map", map::asString);
        calls.put("get of no pair", () -> text.get("a"));
        calls.put("at of no array", () -> text.at(0));
        calls.put("at a path that leads nowhere", () -> map.at("text.0"));
        calls.put("elements of a text", () -> text.elements().iterator().next());
        calls.put("validate of a damaged document", damaged::validate);
        calls.put("toObject of a damaged document", damaged::toObject);
        calls.put("writer past its end", () -> complete.int64(1));
        calls.put("writer past its end, text", () -> complete.string("a"));
        calls.put("writer of no shape", () -> begun.segment(new double[1], shape));
        calls.put("writer unfinished, size", begun::size);
        calls.put("writer unfinished, bytes", begun::toBytes);
        calls.put("writer unfinished, into a loan", () -> begun.writeTo(loan));
        calls.put("parse of no reference", () -> Reference.parse("{"));
        calls.put("view of a missing input", reference::viewInput);
        calls.put("output on a live key", () -> reference.putOutput(keep, heap));
        calls.put("store of no reference", homeless::store);
        calls.put("loan of no reference", () -> homeless.loanOutput(8));
        return calls;
    }

    /** Makes every call with little memory and with less, and says what was lost. */
    static void run(Store store) throws Exception {
        store.put("live", new byte[] {7}, PutOptions.defaults().ttl(Duration.ZERO));
        new Writer().value(Map.of("text", "a text")).put(store, "document", PutOptions.defaults().ttl(Duration.ZERO));
        store.put("broken", new byte[] {(byte) 0x92, 1},
                PutOptions.defaults().format(DataFormat.MSGPACK).ttl(Duration.ZERO));
        Map<String, Failing> calls = calls(store);
        String[] names = calls.keySet().toArray(new String[0]);
        Failing[] all = calls.values().toArray(new Failing[0]);
        int[] lost = new int[all.length];
        int[] thrown = new int[all.length];
        int noMemory = 0;
        Throwable odd = null;
        for (int at = 0; at < all.length; at++) {
            try {
                all[at].run();
                System.out.println("succeeds with memory: " + names[at]);
            } catch (LmdbException | InvalidArgumentException expected) {
                thrown[at] = 0;
            }
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (int left : LEFT) {
                FullHeap.fill(left);
                for (int at = 0; at < all.length; at++) {
                    try {
                        all[at].run();
                        lost[at]++;
                    } catch (OutOfMemoryError full) {
                        noMemory++;
                    } catch (Throwable failure) {
                        thrown[at]++;
                        odd = failure instanceof LmdbFailure ? odd : failure;
                    }
                }
                FullHeap.empty();
            }
        }
        for (int at = 0; at < all.length; at++) {
            if (lost[at] > 0) {
                System.out.println("returned normally " + lost[at] + " times: " + names[at]);
            }
        }
        if (odd != null) {
            odd.printStackTrace(System.out);
        }
        int told = java.util.Arrays.stream(thrown).sum();
        System.out.println((noMemory > 0 && told > 0 ? "all " : "none ") + (told + noMemory) + " said, the entry is "
                + store.get("live").orElseThrow()[0]);
    }

    /** Lists more keys than there is memory for. */
    static void keys(Store store) {
        byte[] all = {};
        int listed = 0;
        int noMemory = 0;
        for (int left = 16 << 10; left <= 2 << 20; left *= 2) {
            FullHeap.fill(left);
            try {
                listed += store.keys(all).size();
            } catch (OutOfMemoryError full) {
                noMemory++;
            }
            FullHeap.empty();
        }
        System.out.println("no memory " + noMemory + " of 8 times, listed " + listed + ", then " + store.contains("000000"));
    }
}
