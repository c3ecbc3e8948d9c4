package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ErrorTest {
    @TempDir Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"), StoreOptions.defaults().mapSize(32 << 20));
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** The call throws this exception, with its status and a message that names something. */
    private static <E extends RuntimeException> void refused(
            Class<E> kind, Status status, String named, Executable call) {
        E error = assertThrows(kind, call);
        assertEquals(status, assertInstanceOf(LmdbFailure.class, error).status());
        assertTrue(error.getMessage().contains(named), error.getMessage());
        assertEquals("docs/troubleshooting.md#" + status.name().toLowerCase(Locale.ROOT), ((LmdbFailure) error).help());
    }

    private static void refusedAsNull(String named, Executable call) {
        assertEquals(named, assertThrows(NullPointerException.class, call).getMessage());
    }

    @Test
    void nullIsNamed() {
        refusedAsNull("path", () -> Store.open((String) null));
        refusedAsNull("path", () -> Store.open((Path) null));
        refusedAsNull("options", () -> Store.open(directory.resolve("store"), null));
        refusedAsNull("options", () -> store.put("k", new byte[1], null));
        refusedAsNull("options", () -> store.put("k", null, ByteBuffer.allocate(1)));
        refusedAsNull("options", () -> store.put("k", null, ByteBuffer.allocateDirect(1)));
        refusedAsNull("options", () -> Entry.of("k", new byte[1], null));
        refusedAsNull("parts", () -> store.put("k", PutOptions.defaults(), (ByteBuffer[]) null));
        refusedAsNull("parts", () -> Entry.of("k", PutOptions.defaults(), (ByteBuffer[]) null));
        refusedAsNull("format", () -> PutOptions.defaults().format(null));
        refusedAsNull("entries", () -> store.putMany(null));
        refusedAsNull("fields", () -> Reference.of(null));
        try (Loan loan = store.loan(8); Writer writer = new Writer()) {
            refusedAsNull("options", () -> loan.publish("k", null));
            refusedAsNull("options", () -> writer.int64(1).put(store, "k", null));
        }
    }

    @Test
    void argumentsThatNoCallAcceptsAreIllegal() {
        refused(BadKeyException.class, Status.BAD_KEY, "empty", () -> store.put("", new byte[1]));
        refused(BadKeyException.class, Status.BAD_KEY, "512", () -> store.put("k".repeat(512), new byte[1]));
        refused(BadKeyException.class, Status.BAD_KEY, "_dy_", () -> store.database("_dy_x").put("k", new byte[1]));
        refused(TooLargeException.class, Status.TOO_LARGE, "5000000000", () -> store.loan(5_000_000_000L));
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "-1", () -> store.loan(-1));
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "null", () -> store.get((String) null));
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "null", () -> store.put("k", (byte[]) null));
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "surrogate", () -> store.get("\uD800"));
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "ttl",
                () -> store.touch("k", Duration.ofSeconds(-1)));
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "1024",
                () -> store.put("k", new byte[1], PutOptions.defaults().source("s".repeat(1025))));
        refused(BadFormatException.class, Status.BAD_FORMAT, "pickle", () -> DataFormat.fromName("pickle"));
        refused(ConfigException.class, Status.CONFIG, "sideways", () -> ExchangeMode.fromName("sideways"));
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "mapSize",
                () -> StoreOptions.defaults().mapSize(-1));
    }

    @Test
    void aLiveEntryIsNotOverwrittenWhenThatIsNotAllowed() {
        store.put("k", new byte[1]);
        PutOptions options = PutOptions.defaults().noOverwrite(true);
        refused(KeyExistsException.class, Status.KEY_EXISTS, "k", () -> store.put("k", new byte[1], options));
    }

    @Test
    void aFullStoreSaysSo() {
        List<View> views = new ArrayList<>();
        refused(MapFullException.class, Status.MAP_FULL, "MDB_MAP_FULL", () -> {
            for (int i = 0; i < 64; i++) {
                store.put("k" + i, new byte[1 << 20]);
                views.add(store.view("k" + i));
            }
        });
        views.forEach(View::close);
    }

    @Test
    void whatNobodyCanReachIsCollectedBeforeAStoreIsFull() {
        for (int i = 0; i < 200; i++) {
            store.put("k", new byte[1 << 20]);
            try (View view = store.view("k")) {
                assertEquals(0, view.buffer().get(i));
            }
        }
    }

    @Test
    void waitingForNothingEndsInTime() {
        refused(LmdbTimeoutException.class, Status.TIMEOUT, "250 ms",
                () -> store.waitFor("nothing", Duration.ofMillis(250)));
    }

    @Test
    void waitingCanBeInterrupted() throws InterruptedException {
        Throwable[] seen = new Throwable[1];
        Thread waiter = new Thread(() -> {
            seen[0] = assertThrows(InterruptedException.class, () -> store.waitFor("nothing", Duration.ofMinutes(5)));
        });
        waiter.start();
        Thread.sleep(50);
        waiter.interrupt();
        waiter.join(10_000);
        assertInstanceOf(InterruptedException.class, seen[0]);
    }

    @Test
    void aDirectoryOfAnotherProgramIsRefused() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.write(other.resolve("data.mdb"), new byte[8192]);
        refused(ForeignStoreException.class, Status.FOREIGN_STORE, "other", () -> Store.open(other));
    }

    @Test
    void aDirectoryThatOthersCanWriteIsRefused() throws IOException {
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        refused(StorePermissionException.class, Status.PERMISSION, "open", () -> Store.open(open));
    }

    @Test
    void onlyAnExistingStoreMayBeWanted() {
        StoreOptions options = StoreOptions.defaults().existing(true);
        refused(NotFoundException.class, Status.NOT_FOUND, "nowhere",
                () -> Store.open(directory.resolve("nowhere"), options));
    }

    @Test
    void aDamagedPayloadIsFoundByItsChecksum() {
        store.put("k", new byte[] {1, 2, 3}, PutOptions.defaults().checksum(true));
        try (View view = store.view("k")) {
            view.verify();
        }
        store.put("doc", new byte[] {(byte) 0xc1}, PutOptions.defaults().format(DataFormat.MSGPACK));
        try (View view = store.view("doc")) {
            refused(CorruptException.class, Status.CORRUPT, "doc", () -> view.document().validate());
            refused(CorruptException.class, Status.CORRUPT, "byte 0", () -> view.document().toObject());
        }
    }

    @Test
    void whatWasClosedRefuses() {
        store.put("k", new byte[5000]);
        View view = store.view("k");
        Loan loan = store.loan(8);
        Writer writer = new Writer();
        store.close();
        store.close();
        assertTrue(store.isClosed());
        Database database = store.database("other");
        for (Executable call : List.<Executable>of(
                () -> store.get("k"), () -> store.view("k"), () -> store.put("k", new byte[1]), () -> store.loan(1),
                () -> store.contains("k"), () -> store.delete("k"), () -> store.keys(""), () -> store.sweep(),
                () -> store.stats(), () -> store.path(), () -> store.touch("k", Duration.ZERO),
                () -> store.putMany(List.of()), () -> store.waitFor("k", Duration.ZERO), () -> database.get("k"))) {
            refused(StoreClosedException.class, Status.CLOSED, "store", call);
        }
        assertEquals(0, view.buffer().get(4999), "views outlive the store");
        view.close();
        view.close();
        for (Executable call : List.<Executable>of(
                view::buffer, view::buffers, view::doubles, view::info, view::verify, () -> view.buffer(0, 1))) {
            refused(StoreClosedException.class, Status.CLOSED, "view", call);
        }
        loan.buffer().putLong(0, 1);
        assertEquals(8, loan.publish("published", PutOptions.defaults()).size());
        loan.close();
        for (Executable call : List.<Executable>of(
                loan::buffer, loan::longs, () -> loan.publish("again", PutOptions.defaults()))) {
            refused(StoreClosedException.class, Status.CLOSED, "loan", call);
        }
        writer.close();
        writer.close();
        refused(StoreClosedException.class, Status.CLOSED, "writer", writer::nil);
        refused(StoreClosedException.class, Status.CLOSED, "writer", () -> writer.put(database, "k", PutOptions.defaults()));
    }

    @Test
    void documentsOfAClosedViewRefuse() {
        new Writer().value(java.util.Map.of("a", List.of(1, 2))).put(store, "doc", PutOptions.defaults());
        View view = store.view("doc");
        Document document = view.document();
        Node node = document.at("a");
        java.util.Iterator<Node> elements = node.elements().iterator();
        elements.next();
        view.close();
        for (Executable call : List.<Executable>of(
                document::validate, document::toMap, () -> document.at("a"), node::type, node::size, elements::next,
                () -> node.at(0), node::toObject)) {
            refused(StoreClosedException.class, Status.CLOSED, "view", call);
        }
    }

    @Test
    void payloadsOfAnotherFormatAreNotTakenForWhatTheyAreNot() {
        store.put("raw", new byte[12]);
        try (View view = store.view("raw")) {
            refused(BadFormatException.class, Status.BAD_FORMAT, "raw", view::document);
            refused(BadFormatException.class, Status.BAD_FORMAT, "raw", view::array);
            refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "12", view::doubles);
            refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "13", () -> view.buffer(0, 13));
            refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "-1", () -> view.buffer(-1, 1));
        }
        store.put("npy", new byte[20], PutOptions.defaults().format(DataFormat.NUMPY));
        try (View view = store.view("npy")) {
            refused(CorruptException.class, Status.CORRUPT, "npy", view::array);
        }
        ByteBuffer nothing = null;
        refused(InvalidArgumentException.class, Status.INVALID_ARGUMENT, "null",
                () -> store.put("k", PutOptions.defaults(), nothing));
    }
}
