package natives;

import com.dishtayantra.calculators.LMDBEnabledCalculator;
import com.dishtayantra.calculators.Numbers;
import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Unit;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Answers with a value of the kind that its configuration names. */
public final class Kinds extends LMDBEnabledCalculator {
    public Kinds(String name, Map<String, Object> config) {
        super(name, config);
    }

    @Override
    protected Map<String, Object> process(Map<String, Object> input) {
        Map<String, Object> result = new HashMap<>();
        result.put("a", value(getConfig("kind", "")));
        return result;
    }

    @Override
    protected Map<String, Object> getCustomDetails() {
        return exchangeDetails();
    }

    private static Object value(String kind) {
        switch (kind) {
            case "null":
                return null;
            case "bools":
                return Arrays.asList(true, false);
            case "whole numbers":
                return Arrays.asList((byte) -1, (short) 300, 70_000, Long.MIN_VALUE, BigInteger.ONE.shiftLeft(63));
            case "floats":
                return Arrays.asList(1.1f, 0.1, -0.0, Double.NEGATIVE_INFINITY, Double.MIN_VALUE);
            case "texts":
                return Arrays.asList("", "\u00e9\ud83d\ude00\n\0", new StringBuilder("built"));
            case "bytes":
                return new byte[] {0, -1, 10, 13};
            case "maps":
                return Map.of("b", Collections.singletonMap("c", List.of()));
            case "collections":
                return List.of(new LinkedHashSet<>(List.of("x", 1)), Map.of("y", 2).values());
            case "array of objects":
                return new Object[] {1, "x", null};
            case "array of texts":
                return new String[] {"x", "y"};
            case "array of arrays":
                return new double[][] {{1, 2}, {3, 4}};
            case "bool[]":
                return new boolean[] {true, false};
            case "short[]":
                return new short[] {-1, 2};
            case "int[]":
                return new int[] {-1, 2};
            case "long[]":
                return new long[] {-1, 2};
            case "float[]":
                return new float[] {1.5f, -2};
            case "double[]":
                return new double[] {1.5, -2};
            case "no items":
                return new double[0];
            case "IntBuffer":
                return IntBuffer.wrap(new int[] {1, 2, 3}, 1, 2);
            case "LongBuffer":
                return LongBuffer.wrap(new long[] {1, 2});
            case "ByteBuffer":
                return ByteBuffer.wrap(new byte[] {1, -1});
            case "uint16":
                return Segment.of(Dtype.UINT16, ByteBuffer.wrap(new byte[] {1, -1, 2, 0}), 2, 1);
            case "times":
                return Segment.of(Dtype.DATETIME64, Unit.MILLISECOND, longs(0, Long.MIN_VALUE), 2);
            case "time":
                return Segment.of(Dtype.TIMEDELTA64, Unit.SECOND, longs(7)).asScalar();
            case "segment of a list":
                return Segment.of(Dtype.INT64, longs(1, 2), 2).asList();
            case "Numbers":
                return Numbers.of(new double[] {1, 2});
            case "Numbers of a list":
                return Numbers.of(new double[] {1, 2}).asList(true);
            case "long list":
                return Collections.nCopies(5_000, 0.5);
            case "many rows":
                return Collections.nCopies(100, new TreeMap<>(Map.of("id", 1, "name", "x")));
            case "half a surrogate pair":
                return List.of("x", "\ud800");
            case "class":
                return Map.of("b", List.of(Thread.currentThread()));
            default:
                throw new IllegalStateException(kind);
        }
    }

    private static ByteBuffer longs(long... items) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * items.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(items);
        return bytes;
    }
}
