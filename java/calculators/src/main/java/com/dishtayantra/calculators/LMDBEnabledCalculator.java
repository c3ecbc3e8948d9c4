package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.BadFormatException;
import com.dishtayantra.lmdb.DataFormat;
import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.DocumentWriter;
import com.dishtayantra.lmdb.LmdbException;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Reference;
import com.dishtayantra.lmdb.View;
import com.dishtayantra.lmdb.Writer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A calculator that answers references: its input may lie in the store, and its output goes there when one is asked for.
 *
 * <p>A subclass writes one of two methods, or both:
 *
 * <ul>
 *   <li>{@link #process(Map)} computes on a map, wherever it came from;
 *   <li>{@link #process(Document, Writer)} walks an input in format msgpack where it lies and writes the output
 *       straight into the store. It is taken when both lie there. A subclass that has only this one answers every payload
 *       that comes with a reference or an output key, but no payload alone.
 * </ul>
 *
 * <p>What is answered: with an output key in the reference, or beside the payload, {@code {_lmdb_output_written: true}}, and
 * the result is under that key; else the result itself. When the store cannot take the result, it is answered
 * directly, whoever would wait is told so, and {@link #exchangeDetails} say why. An input that is missing or expired
 * throws {@link com.dishtayantra.lmdb.NotFoundException}: nothing is computed on an empty map.
 *
 * <p>A direct answer holds maps, texts, boxed numbers and bools, and null: what every engine's conversion from Java takes.
 * A result with an array or a list in it throws {@link DirectAnswerException} then, unless the configuration says
 * {@code direct_arrays: true} because the caller takes {@link java.util.List}s and {@link com.dishtayantra.lmdb.Segment}s.
 *
 * <p>Of its parent, which may be an engine's, it needs the constructor {@code (String, Map)} and {@code doCalculate}, the one
 * method that it overrides. Any thread may call it when {@code process} allows that.
 */
@SuppressWarnings("deprecation")
public abstract class LMDBEnabledCalculator extends AbstractCalculator {
    private final boolean takesMaps = overrides(Map.class);
    private final boolean takesFormerWriter = overrides(Document.class, DocumentWriter.class);
    private final boolean takesDocuments = takesFormerWriter || overrides(Document.class, Writer.class);
    private final boolean arraysDirectly;
    private final AtomicLong references = new AtomicLong();
    private final AtomicLong outputsWritten = new AtomicLong();
    private volatile String lastRefusal;

    /**
     * A calculator.
     *
     * @param name its name
     * @param config its configuration; of it {@code direct_arrays} (bool, false) is used here
     * @throws IllegalArgumentException {@code direct_arrays} is no bool, or the class overrides neither {@code process}
     */
    protected LMDBEnabledCalculator(String name, Map<String, Object> config) {
        super(name, config);
        Object arrays = config == null ? null : config.get("direct_arrays");
        if (arrays != null && !(arrays instanceof Boolean)) {
            throw new IllegalArgumentException("direct_arrays is " + arrays + "; it must be true or false");
        }
        arraysDirectly = Boolean.TRUE.equals(arrays);
        if (!takesMaps && !takesDocuments) {
            throw new IllegalArgumentException(
                    getClass().getName() + " must override process(Map) or process(Document, Writer)");
        }
    }

    /**
     * The result for an input. Arrays in it may be what {@link Writer#value} takes, and {@link Numbers}.
     *
     * @param input the payload without the protocol's names; a payload that is no map has it under {@code "values"}.
     *     Arrays of one type from the store are {@link com.dishtayantra.lmdb.Segment}s in place, lists are lists; tables are
     *     what they were made of, and columns to whoever asks {@link Input#table} for them
     */
    protected Map<String, Object> process(Map<String, Object> input) {
        throw new UnsupportedOperationException(getClass().getName()
                + " computes on documents in a store only; give it a reference or an output key (lmdb_exchange_mode"
                + " output, both or reference, and lmdb_min_size small enough)");
    }

    /**
     * Writes the result for an input.
     *
     * @param input the payload; it can be used during the call, Segments of it also later
     * @param output takes one value, a map
     */
    protected void process(Document input, Writer output) {
        output.value(Results.stored(process(Payloads.of(input))));
    }

    /**
     * As {@link #process(Document, Writer)}; a subclass that has this one is called by it.
     *
     * @param input the payload
     * @param output takes one value, a map
     * @deprecated override {@link #process(Document, Writer)}
     */
    @Deprecated
    protected void process(Document input, DocumentWriter output) {
        process(input, (Writer) output);
    }

    /** A writer with the result for an input. */
    private Writer written(Document input) {
        Writer writer = takesFormerWriter ? new DocumentWriter() : new Writer();
        try {
            if (takesFormerWriter) {
                process(input, (DocumentWriter) writer);
            } else {
                process(input, writer);
            }
        } catch (Throwable failure) {
            writer.close();
            throw failure;
        }
        return writer;
    }

    @Override
    public Map<String, Object> doCalculate(Map<String, Object> data) {
        if (data == null) {
            throw new IllegalArgumentException("the input is null");
        }
        if (Given.isPlain(data)) {
            return direct(process(data));
        }
        Given given = new Given(data);
        references.addAndGet(given.inputs().size());
        Reference alone = given.alone();
        if (alone != null) {
            try (View view = alone.viewInput()) {
                view.verify();
                return answer(alone, view);
            } catch (BadFormatException unread) {
                alone.decline();
                throw unread;
            }
        }
        Map<String, Object> payload = given.payload();
        Reference output = given.output();
        if (takesMaps || output == null && given.inputs().isEmpty()) {
            return deliver(output, process(payload));
        }
        Reference place = output == null ? given.inputs().get(0) : output;
        try (Writer writer = new Writer();
                View view = Payloads.lodged(place, writer.value(Results.stored(payload)))) {
            return answer(place, view);
        }
    }

    /** Answers a reference whose input, or whose payload, is in the store. */
    private Map<String, Object> answer(Reference reference, View view) {
        boolean isDocument = view.format() == DataFormat.MSGPACK;
        boolean refers = isDocument && view.document().refers();
        if (takesMaps && (refers || !(takesDocuments && isDocument && reference.wantsOutput()))) {
            return deliver(reference, process(Given.followed(Payloads.of(view))));
        }
        if (refers) {
            throw new BadFormatException("entry '" + view.info().key() + "': a reference, which is not followed where it lies");
        }
        try (Writer writer = written(view.document())) {
            if (reference.wantsOutput()) {
                String refusal = put(reference, writer);
                if (refusal == null) {
                    return written();
                }
                if (!takesMaps) {
                    throw new DirectAnswerException(getClass().getSimpleName() + " writes documents only, and the store"
                            + " did not take its output: " + refusal);
                }
                settle(reference);
                return direct(process(Payloads.of(view)));
            }
            try (View result = Payloads.lodged(reference, writer)) {
                return direct(Payloads.of(result));
            }
        }
    }

    /** Delivers a result as the reference asks; null: directly. */
    private Map<String, Object> deliver(Reference reference, Map<String, Object> result) {
        if (reference == null || !reference.wantsOutput()) {
            return direct(result);
        }
        try (Writer writer = new Writer()) {
            if (put(reference, writer.value(Results.stored(result))) == null) {
                return written();
            }
        }
        settle(reference);
        return direct(result);
    }

    /** Puts an output; why the store did not take it, or null. */
    private String put(Reference reference, Writer writer) {
        try {
            reference.putOutput(writer, PutOptions.defaults());
            return null;
        } catch (LmdbException refusal) {
            lastRefusal = refusal.getMessage();
            return lastRefusal;
        }
    }

    /** Tells whoever would wait for an output that none comes. */
    private void settle(Reference reference) {
        try {
            reference.settleDirect();
        } catch (LmdbException refusal) {
            lastRefusal += "; " + refusal.getMessage();
        }
    }

    private Map<String, Object> written() {
        outputsWritten.incrementAndGet();
        return new LinkedHashMap<>(Reference.outputWritten());
    }

    private Map<String, Object> direct(Map<String, Object> result) {
        try {
            return Results.direct(result, arraysDirectly);
        } catch (DirectAnswerException refused) {
            String refusal = lastRefusal;
            throw refusal == null ? refused : new DirectAnswerException(
                    refused.getMessage() + "; the store last refused an output with: " + refusal);
        }
    }

    /**
     * What happened so far: {@code references} answered, {@code outputs_written} to the store and, if there was one, {@code
     * last_refusal}: why the store did not take an output. A subclass adds it to its details.
     */
    protected final Map<String, Object> exchangeDetails() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("references", references.get());
        details.put("outputs_written", outputsWritten.get());
        String refusal = lastRefusal;
        if (refusal != null) {
            details.put("last_refusal", refusal);
        }
        return details;
    }

    /** Whether a subclass has a {@code process} with such parameters of its own. */
    private boolean overrides(Class<?>... parameters) {
        for (Class<?> type = getClass(); type != LMDBEnabledCalculator.class; type = type.getSuperclass()) {
            try {
                type.getDeclaredMethod("process", parameters);
                return true;
            } catch (NoSuchMethodException inherited) {
                continue;
            }
        }
        return false;
    }
}
