package com.dishtayantra.lmdb;

import static java.lang.ref.Reference.reachabilityFence;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a calculator gets in place of its input, and what it needs to answer through the store. The engine reads and makes
 * it, as in every other language.
 *
 * <p>A reference with an input stands for that payload. One without travels beside the payload and only says where the
 * output goes. Immutable; may be used from any thread.
 */
public final class Reference {
    /** {@code true} in a map that stands for a payload in the store. */
    public static final String REF = "_lmdb_ref";
    /** The key of the input. */
    public static final String INPUT_KEY = "_lmdb_input_key";
    /** The key under which the output is expected. */
    public static final String OUTPUT_KEY = "_lmdb_output_key";
    /** The directory of the store. */
    public static final String DB_PATH = "_lmdb_db_path";
    /** The named database. */
    public static final String DB_NAME = "_lmdb_db_name";
    /** The format that the output should have. */
    public static final String FORMAT = "_lmdb_format";
    /** The id of the exchange. */
    public static final String TXN_ID = "_txn_id";
    /** {@code true} in an answer whose result is in the store. */
    public static final String OUTPUT_WRITTEN = "_lmdb_output_written";

    /** Which entry of which store is meant. */
    public static final String ENTRY = "_lmdb_entry";
    /** What the name of a marker begins with: an entry of each reference's own, so that those which were merged are seen. */
    public static final String MARKER = "_lmdb_ref_";

    static final List<String> NAMES = List.of(REF, INPUT_KEY, OUTPUT_KEY, DB_PATH, DB_NAME, FORMAT, TXN_ID, ENTRY);

    private final Handle handle;
    private final Cleaner.Cleanable cleanable;

    private Reference() {
        handle = new Handle(Handle.Kind.REFERENCE);
        cleanable = Handle.CLEANER.register(this, handle);
    }

    private Reference own(long pointer) {
        handle.own(pointer);
        reachabilityFence(this);
        return this;
    }

    /** Whether a value is a map that stands for a payload, or for several that were merged, whatever else is in it. */
    public static boolean isReference(Object value) {
        if (!(value instanceof Map)) {
            return false;
        }
        Map<?, ?> map = (Map<?, ?>) value;
        boolean is = Boolean.TRUE.equals(map.get(REF));
        for (Object name : map.keySet()) {
            is |= isMarker(name);
        }
        return is;
    }

    private static boolean isMarker(Object name) {
        return name instanceof String && ((String) name).startsWith(MARKER);
    }

    /** Whether an entry of a map is the protocol's: one that begins with {@code _lmdb_}, or {@code _txn_id}. */
    public static boolean isProtocol(Object name) {
        return name instanceof String && (((String) name).startsWith("_lmdb_") || name.equals(TXN_ID));
    }

    /** Whether a calculator's answer says that its result is in the store. */
    public static boolean isOutputWritten(Object answer) {
        return answer instanceof Map && Boolean.TRUE.equals(((Map<?, ?>) answer).get(OUTPUT_WRITTEN));
    }

    /** The answer of a calculator that wrote its output. */
    public static Map<String, Object> outputWritten() {
        return Collections.singletonMap(OUTPUT_WRITTEN, true);
    }

    /** What the entries of the protocol in one map say. */
    public static final class Gathered {
        private final List<Reference> inputs = new ArrayList<>();
        private final Reference output;

        /** Takes over what the handles are of, each of which is 0 then. */
        private Gathered(long[] handles, int count) {
            output = handles[0] == 0 ? null : taken(handles, 0);
            for (int i = 1; i <= count; i++) {
                inputs.add(taken(handles, i));
            }
        }

        private static Reference taken(long[] handles, int at) {
            Reference taken = new Reference().own(handles[at]);
            handles[at] = 0;
            return taken;
        }

        /** The references, each to one payload: several when maps were merged; none when only an output is asked for. */
        public List<Reference> inputs() {
            return Collections.unmodifiableList(inputs);
        }

        /** Where an output is wanted, if it is. */
        public Optional<Reference> output() {
            return Optional.ofNullable(output);
        }
    }

    /**
     * The references in a map, which may be several: engines merge what their nodes answer into one.
     *
     * @throws CorruptException an entry cannot be right, or no marker is of the payload that the other entries name; the
     *     message names it
     */
    public static Gathered gather(Map<String, ?> fields) {
        Objects.requireNonNull(fields, "fields");
        NativeLibrary.ensureLoaded();
        List<byte[]> texts = new ArrayList<>();
        for (Map.Entry<String, ?> field : fields.entrySet()) {
            String name = field.getKey();
            Object value = field.getValue();
            boolean isFlag = REF.equals(name);
            if (value == null || isFlag && !(value instanceof Boolean) || !NAMES.contains(name) && !isMarker(name)) {
                continue;
            }
            texts.add(Texts.encode("name", name));
            texts.add(text(name, value));
        }
        long[] handles = new long[1 + texts.size() / 2];
        int inputs = gather(texts.toArray(new byte[0][]), handles);
        try {
            return new Gathered(handles, inputs);
        } catch (Throwable failure) {
            for (long left : handles) {
                release(left);
            }
            throw failure;
        }
    }

    /**
     * The reference that a map is. Names that are not of the protocol are left out; null is an absent entry.
     *
     * @throws CorruptException an entry cannot be right; the message names it
     */
    public static Reference of(Map<String, ?> fields) {
        Objects.requireNonNull(fields, "fields");
        NativeLibrary.ensureLoaded();
        Reference reference = new Reference().own(create());
        try {
            for (String name : NAMES) {
                Object value = fields.get(name);
                if (value != null) {
                    reference.set(name, value);
                }
            }
        } catch (Throwable failure) {
            reference.cleanable.clean();
            throw failure;
        }
        return reference;
    }

    /**
     * The reference that a JSON object is; see {@link #of}.
     *
     * @throws CorruptException it is no JSON object, or an entry cannot be right
     */
    public static Reference parse(String json) {
        NativeLibrary.ensureLoaded();
        byte[] text = Texts.encode("json", json);
        return new Reference().own(parse(text));
    }

    private void set(String name, Object value) {
        byte[] text = text(name, value);
        long pointer = handle.enter();
        try {
            set(pointer, Texts.encode("name", name), text);
        } finally {
            handle.leave();
        }
    }

    private static byte[] text(String name, Object value) {
        boolean flag = name.equals(REF);
        if (flag ? !(value instanceof Boolean) : !(value instanceof CharSequence)) {
            throw new CorruptException(
                    "corrupt reference: " + name + " is " + value + ", not a " + (flag ? "bool" : "string"));
        }
        return Texts.encode(name, value.toString());
    }

    /** The entry of a wire name as text; empty when it is not set. {@link #REF} is {@code "true"} or not set. */
    public Optional<String> get(String name) {
        byte[] wanted = Texts.encode("name", name);
        long pointer = handle.enter();
        try {
            byte[] text = get(pointer, wanted);
            return text == null ? Optional.empty() : Optional.of(Texts.decode(text));
        } finally {
            handle.leave();
        }
    }

    /** Whether it stands for a payload in the store. */
    public boolean hasInput() {
        return get(INPUT_KEY).isPresent();
    }

    /** Whether an output is wanted in the store. */
    public boolean wantsOutput() {
        return get(OUTPUT_KEY).isPresent();
    }

    /** The format that the output should have, when the reference says. */
    public Optional<DataFormat> format() {
        Optional<String> name = get(FORMAT);
        return name.isPresent() ? Optional.of(DataFormat.fromName(name.get())) : Optional.empty();
    }

    /** Id of the exchange. */
    public Optional<String> txnId() {
        return get(TXN_ID);
    }

    /** The reference as the map that travels. */
    public Map<String, Object> toMap() {
        byte[][] texts;
        long pointer = handle.enter();
        try {
            texts = fields(pointer);
        } finally {
            handle.leave();
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < texts.length; i += 2) {
            String name = Texts.decode(texts[i]);
            fields.put(name, name.equals(REF) ? (Object) true : Texts.decode(texts[i + 1]));
        }
        return fields;
    }

    /** The reference as a JSON object. */
    public String toJson() {
        long pointer = handle.enter();
        try {
            return Texts.decode(json(pointer));
        } finally {
            handle.leave();
        }
    }

    /**
     * A holder of the caller's own on the store that the reference names, which must exist. The engine keeps it open for
     * the process, so this and the calls below do not pay for opening it.
     *
     * @throws CorruptException the reference names no store
     */
    public Store store() {
        long pointer = handle.enter();
        try {
            return new Store().own(store(pointer));
        } finally {
            handle.leave();
        }
    }

    /**
     * The input in place; from now on it counts as opened.
     *
     * @throws NotFoundException it is missing or expired
     * @throws CorruptException the reference names none
     */
    public View viewInput() {
        return Pressure.relieved(new Supplier<View>() {
            @Override
            public View get() {
                Call call = Call.plain();
                long pointer = handle.enter();
                try {
                    viewInput(pointer, call.address);
                    return View.of(call);
                } finally {
                    handle.leave();
                }
            }
        });
    }

    /**
     * Puts the output where the caller expects it and wakes whoever waits. The id is the reference's when the options
     * have none. With the default time to live of 300 seconds it lives as long as the input was to, and it has a checksum when
     * the input has one. Throws what a put throws.
     *
     * @throws InvalidArgumentException no output is wanted in the store: return the result instead
     */
    public Info putOutput(PutOptions options, ByteBuffer... parts) {
        Objects.requireNonNull(options, "options");
        Parts given = Parts.of(parts);
        long[] told = new long[Info.TOLD];
        Pressure.relieved(new Supplier<Void>() {
            @Override
            public Void get() {
                long pointer = handle.enter();
                try {
                    putOutput(pointer, given.sources, given.ranges, options.format.code(), options.flags, options.ttlMs,
                            options.txnId, options.source, options.target, told);
                } finally {
                    handle.leave();
                }
                return null;
            }
        });
        return new Info(outputKey(), idOf(options), options.source, options.target, told);
    }

    /** Puts a document as the output, in format msgpack; see {@link #putOutput(PutOptions, ByteBuffer...)}. */
    public Info putOutput(Writer writer, PutOptions options) {
        return Objects.requireNonNull(writer, "writer").putOutput(this, options);
    }

    /** Lends room in the reference's store for its output; {@link #publishOutput} makes it the output. */
    public Loan loanOutput(long size) {
        byte[] database = Texts.encode(DB_NAME, get(DB_NAME).orElse(Store.DEFAULT_DATABASE));
        return Pressure.relieved(new Supplier<Loan>() {
            @Override
            public Loan get() {
                long pointer = handle.enter();
                try {
                    return Loan.openOutput(pointer, database, size);
                } finally {
                    handle.leave();
                }
            }
        });
    }

    /**
     * Publishes all of a loan that {@link #loanOutput} gave as the output; see {@link #putOutput(PutOptions,
     * ByteBuffer...)} and {@link Loan#publish(byte[], long, PutOptions)}.
     */
    public Info publishOutput(Loan loan, PutOptions options) {
        Objects.requireNonNull(loan, "loan");
        Objects.requireNonNull(options, "options");
        byte[] key = outputKey();
        long pointer = handle.enter();
        try {
            return loan.publishOutput(pointer, key, idOf(options), options);
        } finally {
            handle.leave();
        }
    }

    /**
     * Says that the calculator answers by its return value, so that nobody waits for an output. Does nothing when the
     * reference has no input, or the input is gone.
     */
    public void settleDirect() {
        long pointer = handle.enter();
        try {
            settleDirect(pointer);
        } finally {
            handle.leave();
        }
    }

    /**
     * Says that the calculator cannot take the input from the store, since nobody reads its kind in Java (a frame, say):
     * whoever sent the reference calls again with the payload itself, this once.
     */
    public void decline() {
        long pointer = handle.enter();
        try {
            decline(pointer);
        } finally {
            handle.leave();
        }
    }

    private byte[] outputKey() {
        return Texts.encode(OUTPUT_KEY, get(OUTPUT_KEY).orElse(""));
    }

    private byte[] idOf(PutOptions options) {
        return options.txnId.length > 0 ? options.txnId : Texts.encode(TXN_ID, txnId().orElse(""));
    }

    /** The reference as JSON. */
    @Override
    public String toString() {
        return toJson();
    }

    private static native long create();

    private static native long parse(byte[] json);

    static native void release(long reference);

    private static native void set(long reference, byte[] name, byte[] value);

    private static native byte[] get(long reference, byte[] name);

    private static native byte[] json(long reference);

    private static native long store(long reference);

    private static native void viewInput(long reference, long call);

    private static native void putOutput(long reference, Object[] sources, int[] ranges, int format, int flags,
            long ttlMs, byte[] txnId, byte[] source, byte[] target, long[] told);

    private static native void settleDirect(long reference);

    private static native void decline(long reference);

    private static native int gather(byte[][] fields, long[] handles);

    private static native byte[][] fields(long reference);

    /** The engine's names: those above, and at last what markers begin with and what an answer says. */
    static native byte[][] names();
}
