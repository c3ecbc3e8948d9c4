package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Field;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Table;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results as the store takes them, and as direct answers. */
final class Results {
    private Results() {}

    /** A result as {@link com.dishtayantra.lmdb.Writer#value} takes it, long lists of numbers packed. */
    static Map<String, Object> stored(Map<String, Object> result) {
        require(result);
        Map<String, Object> stored = new LinkedHashMap<>();
        result.forEach((key, value) -> stored.put(key, stored(value)));
        return stored;
    }

    /** A value as {@link com.dishtayantra.lmdb.Writer#value} takes it. */
    static Object stored(Object value) {
        if (value instanceof Numbers) {
            Numbers numbers = (Numbers) value;
            return numbers.isList() && numbers.size() < Segment.shortestList() ? numbers.toLists() : numbers.toSegment();
        }
        if (value instanceof Map) {
            Map<Object, Object> map = new LinkedHashMap<>();
            ((Map<?, ?>) value).forEach((key, held) -> map.put(key, stored(held)));
            return map;
        }
        if (value instanceof Collection) {
            return packed((Collection<?>) value);
        }
        return value;
    }

    /** A long list of doubles, or of longs, as a segment that is a list again for whoever reads it. */
    private static Object packed(Collection<?> list) {
        Class<?> type = list.size() < Segment.shortestList() ? null : typeOf(list);
        if (type != Double.class && type != Long.class && type != Integer.class) {
            List<Object> stored = new ArrayList<>(list.size());
            list.forEach(value -> stored.add(stored(value)));
            return stored;
        }
        ByteBuffer items = ByteBuffer.allocate(Math.multiplyExact(8, list.size())).order(ByteOrder.LITTLE_ENDIAN);
        for (Object item : list) {
            if (type == Double.class) {
                items.putDouble((Double) item);
            } else {
                items.putLong(((Number) item).longValue());
            }
        }
        items.flip();
        return Segment.of(type == Double.class ? Dtype.FLOAT64 : Dtype.INT64, items, list.size()).asList();
    }

    /** The class of all items, or null when they differ. */
    private static Class<?> typeOf(Collection<?> list) {
        Class<?> type = null;
        for (Object item : list) {
            if (item == null || type != null && item.getClass() != type) {
                return null;
            }
            type = item.getClass();
        }
        return type;
    }

    /**
     * A result as a direct answer.
     *
     * @param arrays whether the caller takes arrays and lists
     * @throws DirectAnswerException it does not, and there is one
     */
    static Map<String, Object> direct(Map<String, Object> result, boolean arrays) {
        require(result);
        Map<String, Object> answer = new LinkedHashMap<>();
        result.forEach((key, value) -> answer.put(key, direct(value, key, arrays)));
        return answer;
    }

    private static Object direct(Object value, String path, boolean arrays) {
        if (value instanceof Map) {
            Map<Object, Object> answer = new LinkedHashMap<>();
            ((Map<?, ?>) value).forEach((key, held) -> answer.put(key, direct(held, path + "." + key, arrays)));
            return answer;
        }
        if (value == null || value instanceof String || isBoxed(value)) {
            return value;
        }
        if (value instanceof CharSequence) {
            return value.toString();
        }
        if (value instanceof Field[]) {
            return direct(Table.of((Field[]) value), path, arrays);
        }
        if (value instanceof Table) {
            return direct(((Table) value).toObject(), path, arrays);
        }
        if (!arrays) {
            throw new DirectAnswerException("'" + path + "' of the result is " + kind(value) + ", which a direct answer"
                    + " cannot hold (maps, texts and numbers only); have the output written to the store (lmdb_exchange_mode"
                    + " output, or both with lmdb_min_size 0), or configure direct_arrays: true for a caller that takes them");
        }
        if (value instanceof Numbers) {
            Numbers numbers = (Numbers) value;
            return numbers.isList() ? numbers.toLists() : numbers.toSegment();
        }
        if (value instanceof Collection) {
            List<Object> answer = new ArrayList<>();
            for (Object item : (Collection<?>) value) {
                answer.add(direct(item, path, true));
            }
            return answer;
        }
        return value;
    }

    private static void require(Map<String, Object> result) {
        if (result == null) {
            throw new IllegalStateException("the calculator gave null; a result is a map");
        }
    }

    private static boolean isBoxed(Object value) {
        return value instanceof Boolean || value instanceof Double || value instanceof Long || value instanceof Integer
                || value instanceof Float || value instanceof Short || value instanceof Byte;
    }

    private static String kind(Object value) {
        if (value instanceof Collection) {
            return "a list";
        }
        boolean array = value.getClass().isArray() || value instanceof Numbers || value instanceof Segment
                || value instanceof Buffer;
        return array ? "an array" : "a " + value.getClass().getName();
    }
}
