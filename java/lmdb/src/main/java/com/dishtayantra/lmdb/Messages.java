package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;

/** What the library has to say, from whatever thread, and the logger that it goes to. */
final class Messages {
    static final String LOGGER = "com.dishtayantra.lmdb";

    /** By the library's numbers, which begin with 1. */
    private static final System.Logger.Level[] LEVELS = {
        System.Logger.Level.ERROR, System.Logger.Level.WARNING, System.Logger.Level.INFO, System.Logger.Level.DEBUG};

    /** The number of the last level that the library hands on; 0: none. */
    private static int heard;

    private Messages() {}

    /** Has the library hand on what the logger takes now. What it would not take costs nothing. */
    static void listen() {
        int level = 0;
        try {
            System.Logger logger = System.getLogger(LOGGER);
            while (level < LEVELS.length && logger.isLoggable(LEVELS[level])) {
                level++;
            }
        } catch (RuntimeException | Error unusable) {
            // A store can be had without a logger.
            level = 0;
        }
        listen(level);
    }

    private static synchronized void listen(int level) {
        if (level != heard) {
            hearFrom(level);
            heard = level;
        }
    }

    /** Called by the library. What it throws is dropped there. */
    static void hear(int level, String message) {
        ByteBuffer memory = Call.putAside();
        try {
            System.getLogger(LOGGER).log(LEVELS[level - 1], message);
        } finally {
            Call.giveBack(memory);
        }
    }

    private static native void hearFrom(int level);
}
