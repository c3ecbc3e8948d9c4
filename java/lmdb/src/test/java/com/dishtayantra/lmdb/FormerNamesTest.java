package com.dishtayantra.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Source that was written for the names before 0.2 compiles and does what it did. */
@SuppressWarnings("deprecation")
class FormerNamesTest {
    @TempDir Path directory;

    @Test
    void envelopesAndDocumentWriters() {
        try (Store store = Store.open(directory.resolve("store")); DocumentWriter writer = new DocumentWriter()) {
            DocumentWriter filled = writer.map(2).key("a").int64(1).key("b").segment(new double[] {1, 2});
            assertSame(writer, filled);
            Envelope put = filled.put(store, "doc", PutOptions.defaults());
            Envelope raw = store.put("raw", new byte[] {1});
            List<Envelope> batch = store.putAll(List.of(Entry.of("many", new byte[3], PutOptions.defaults())));
            assertEquals(List.of("doc", "raw", "many"), List.of(put.key(), raw.key(), batch.get(0).key()));
            try (View view = store.view("doc")) {
                Envelope envelope = view.envelope();
                assertEquals(put, envelope);
                assertEquals(DataFormat.MSGPACK, envelope.format());
                assertEquals(1L, view.document().toMap().get("a"));
            }
        }
    }

    @Test
    void timeSteps() {
        ByteBuffer items = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        Segment segment = Segment.of(Dtype.DATETIME64, TimeStep.DAY, items, 2);
        assertSame(TimeStep.DAY, segment.step());
        assertSame(Unit.DAY, segment.unit());
        for (TimeStep step : TimeStep.values()) {
            assertEquals(step.name(), step.unit().name());
            assertEquals(step.toString(), step.unit().toString());
        }
    }
}
