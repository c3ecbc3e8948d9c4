/** What the payloads hold; the rule is in tests/cross/content.py. */
final class Content {
    static final String NAME = "größe ☃ 漢";
    static final double RATIO = 0.125;
    static final String[] TAGS = {"a", "", "ß"};

    private Content() {}

    private static long word(long seed, int i) {
        long z = seed + (i + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    static double floatAt(long seed, int i) {
        return (word(seed, i) >>> 11) * 0x1p-53 - 0.5;
    }

    static long longAt(long seed, int i) {
        return word(seed + 1, i);
    }

    static int intAt(long seed, int i) {
        return (int) (word(seed + 2, i) >>> 32);
    }

    static byte markAt(long seed, int i) {
        return (byte) (word(seed + 3, i) >>> 56);
    }

    static final String[] CODES = {"ab", "größe", "z"};

    static String textAt(long seed, int i) {
        return "größe " + (markAt(seed, i) & 0xff);
    }

    static String codeAt(long seed, int i) {
        return CODES[(int) Long.remainderUnsigned(word(seed + 4, i), 3)];
    }

    static long timeAt(long seed, int i) {
        return word(seed + 5, i) >>> 2;
    }

    static boolean isNull(long seed, int i) {
        return word(seed + 6, i) % 4 == 0;
    }

    static double[] floats(long seed, int count) {
        double[] items = new double[count];
        for (int i = 0; i < count; i++) {
            items[i] = floatAt(seed, i);
        }
        return items;
    }

    static long[] longs(long seed, int count) {
        long[] items = new long[count];
        for (int i = 0; i < count; i++) {
            items[i] = longAt(seed, i);
        }
        return items;
    }

    static int[] ints(long seed, int count) {
        int[] items = new int[count];
        for (int i = 0; i < count; i++) {
            items[i] = intAt(seed, i);
        }
        return items;
    }

    static byte[] marks(long seed, int count) {
        byte[] items = new byte[count];
        for (int i = 0; i < count; i++) {
            items[i] = markAt(seed, i);
        }
        return items;
    }
}
