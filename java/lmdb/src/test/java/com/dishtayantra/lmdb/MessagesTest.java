package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the library says, heard by the logger that is behind {@link System.Logger} where nobody brings another. */
class MessagesTest {
    private static final Logger LOGGER = Logger.getLogger("com.dishtayantra.lmdb");

    @TempDir Path directory;

    private final List<LogRecord> heard = new CopyOnWriteArrayList<>();
    private Consumer<LogRecord> hearer = heard::add;

    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord message) {
            hearer.accept(message);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        handler.setLevel(Level.ALL);
        LOGGER.setUseParentHandlers(false);
        LOGGER.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        LOGGER.removeHandler(handler);
        LOGGER.setUseParentHandlers(true);
        LOGGER.setLevel(null);
        Messages.listen();
    }

    /** Opens a store twice, with options that do not agree, and closes both. */
    private void open(Path path) {
        try (Store store = Store.open(path)) {
            try (Store second = Store.open(path, StoreOptions.defaults().maxReaders(77))) {
                assertEquals(store.path(), second.path());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"OFF, 0, 0", "SEVERE, 0, 0", "WARNING, 1, 0", "INFO, 1, 0", "FINE, 1, 3", "ALL, 1, 3"})
    void theLibrarysMessagesHaveItsLevels(String level, int warnings, int debugged) {
        Path path = directory.resolve("store");
        LOGGER.setLevel(Level.parse(level));
        open(path);
        StringBuilder said = new StringBuilder();
        int[] counts = new int[2];
        for (LogRecord message : heard) {
            said.append(message.getLevel()).append(' ').append(message.getMessage()).append('\n');
            assertTrue(message.getMessage().contains(path.toString()), said.toString());
            counts[message.getLevel() == Level.WARNING ? 0 : 1]++;
            assertTrue(message.getLevel() == Level.WARNING ? message.getMessage().contains("77")
                    : message.getLevel() == Level.FINE, said.toString());
        }
        assertEquals(List.of(warnings, debugged), List.of(counts[0], counts[1]), said.toString());
    }

    @Test
    void aMessageIsHeardOnTheThreadOfItsCallBeforeThatReturns() {
        LOGGER.setLevel(Level.FINE);
        Thread[] heardOn = new Thread[1];
        hearer = message -> heardOn[0] = Thread.currentThread();
        try (Store store = Store.open(directory.resolve("store"))) {
            assertEquals(Thread.currentThread(), heardOn[0], store.toString());
        }
    }

    @Test
    void aHearerThatThrowsHarmsNoCall() {
        LOGGER.setLevel(Level.FINE);
        hearer = message -> {
            heard.add(message);
            throw new AssertionError("thrown by the hearer");
        };
        open(directory.resolve("store"));
        assertEquals(4, heard.size());
    }

    /** The call that is under way has told numbers in memory of its thread, which other calls use as well. */
    @Test
    void aHearerMayCallTheLibrary() {
        Path path = directory.resolve("store");
        long id;
        try (Store store = Store.open(path)) {
            id = store.put("input", new byte[5000], PutOptions.defaults().source("s")).entryId();
        }
        LOGGER.setLevel(Level.FINE);
        try (Store other = Store.open(directory.resolve("other"))) {
            hearer = message -> {
                heard.add(message);
                other.put("heard", new byte[7], PutOptions.defaults().source("hearer"));
                try (View view = other.view("heard")) {
                    assertEquals(7, view.size());
                }
            };
            Map<String, Object> fields = Map.of(Reference.REF, true, Reference.INPUT_KEY, "input",
                    Reference.DB_PATH, path.toString());
            try (View view = Reference.of(fields).viewInput()) {
                assertTrue(heard.size() > 0, "the store was opened by this");
                assertEquals(5000, view.size());
                assertEquals(id, view.info().entryId());
                assertEquals("s", view.info().source());
            }
        }
    }
}
