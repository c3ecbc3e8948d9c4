package com.dishtayantra.lmdb;

/** Takes the heap of this JVM. One at a time. */
final class FullHeap {
    private static Object ballast;
    private static Object spare;

    private FullHeap() {}

    /** Takes all, less some bytes. */
    static void fill(int left) {
        spare = new byte[left];
        for (int size = 1 << 20; size >= 16; size /= 4) {
            try {
                while (true) {
                    Object[] link = {ballast, null};
                    link[1] = new byte[size];
                    ballast = link;
                }
            } catch (OutOfMemoryError full) {
                continue;
            }
        }
        spare = null;
    }

    /** Gives it back. */
    static void empty() {
        ballast = null;
    }
}
