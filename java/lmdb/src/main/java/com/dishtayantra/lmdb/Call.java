package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory of a thread outside of Java's heap, in which it passes texts to the native library and is told numbers. A call
 * through it costs a fraction of one that passes arrays.
 */
final class Call {
    /** Where the address of the memory itself stands, behind the numbers that are told. */
    private static final int ADDRESS = 120;
    /** Where the lengths of the texts begin; before them lie the numbers that are told. */
    private static final int LENGTHS = 128;
    /** Where the texts begin. */
    private static final int TEXTS = 160;
    /** Bytes of texts that a thread keeps room for: a database, a key and what is usual beside them. */
    private static final int USUAL = 2048;

    /** A buffer and no {@code Call}: threads that outlive an application would keep its classes. */
    private static final ThreadLocal<ByteBuffer> MINE = new ThreadLocal<>() {
        @Override
        protected ByteBuffer initialValue() {
            return memory(USUAL);
        }
    };

    private final ByteBuffer memory;
    /** What a native method takes. */
    final long address;

    private Call(ByteBuffer memory) {
        this.memory = memory;
        address = memory.getLong(ADDRESS);
    }

    private static ByteBuffer memory(int texts) {
        ByteBuffer memory = ByteBuffer.allocateDirect(Math.addExact(TEXTS, texts)).order(ByteOrder.nativeOrder());
        return memory.putLong(ADDRESS, address(memory));
    }

    /** Takes this thread's memory away for as long as it is inside of a native method, which may have told numbers in it. */
    static ByteBuffer putAside() {
        ByteBuffer mine = MINE.get();
        MINE.remove();
        return mine;
    }

    /** Gives this thread its memory back. */
    static void giveBack(ByteBuffer mine) {
        MINE.set(mine);
    }

    /** This thread's, to be told numbers only. */
    static Call plain() {
        return new Call(MINE.get());
    }

    /**
     * A call that passes a database and a key. It is this thread's until the thread makes the next one, and has to be
     * reachable until the native method has returned.
     */
    static Call of(byte[] database, byte[] key) {
        Call call = withRoom((long) database.length + key.length);
        call.pass(1, key, call.pass(0, database, TEXTS));
        return call;
    }

    /** A call that passes a database, a key and the texts of options; see {@link #of(byte[], byte[])}. */
    static Call of(byte[] database, byte[] key, PutOptions options) {
        Call call = withRoom((long) database.length + key.length + options.txnId.length + options.source.length
                + options.target.length);
        int end = call.pass(1, key, call.pass(0, database, TEXTS));
        end = call.pass(2, options.txnId, end);
        end = call.pass(3, options.source, end);
        call.pass(4, options.target, end);
        return call;
    }

    /** A number that was told. */
    long told(int index) {
        return memory.getLong(Long.BYTES * index);
    }

    /** The first numbers that were told. */
    long[] toldAll(int count) {
        long[] told = new long[count];
        for (int i = 0; i < count; i++) {
            told[i] = told(i);
        }
        return told;
    }

    private static Call withRoom(long texts) {
        return new Call(texts <= USUAL ? MINE.get() : memory(Math.toIntExact(texts)));
    }

    private int pass(int index, byte[] text, int at) {
        memory.putInt(LENGTHS + Integer.BYTES * index, text.length);
        memory.position(at);
        memory.put(text);
        return at + text.length;
    }

    static native long address(ByteBuffer memory);
}
