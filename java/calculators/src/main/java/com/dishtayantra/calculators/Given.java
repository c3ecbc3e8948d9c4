package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.BadFormatException;
import com.dishtayantra.lmdb.Reference;
import com.dishtayantra.lmdb.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a calculator was given: plain values, references to payloads, or what engines make of these when they merge what
 * several nodes answered into one map. References are resolved wherever they lie, and nothing that lies beside one is lost.
 */
final class Given {
    /** Maps and lists inside one another at most; what is deeper is left to those who read it. */
    private static final int MAX_DEPTH = 512;

    private final Map<String, Object> data;
    private final Reference.Gathered gathered;

    Given(Map<String, Object> data) {
        this.data = data;
        gathered = Reference.gather(data);
    }

    /** Whether nothing of the protocol is in a map, asked of the map itself: without the native library. */
    static boolean isPlain(Map<String, Object> data) {
        return data.get(Reference.OUTPUT_KEY) == null && isPlain(data, 0);
    }

    private static boolean isPlain(Object value, int depth) {
        if (depth == MAX_DEPTH) {
            return true;
        }
        if (value instanceof Map) {
            return !Reference.isReference(value)
                    && ((Map<?, ?>) value).values().stream().allMatch(held -> isPlain(held, depth + 1));
        }
        if (value instanceof List) {
            for (Object item : (List<?>) value) {
                if ((item instanceof Map || item instanceof List) && !isPlain(item, depth + 1)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The references of the map itself. */
    List<Reference> inputs() {
        return gathered.inputs();
    }

    /** Says where the output goes, when one is wanted in a store: null otherwise. */
    Reference output() {
        return gathered.output().orElse(null);
    }

    /** The reference that the map is, when there is nothing else in it: null otherwise. */
    Reference alone() {
        boolean alone = inputs().size() == 1 && data.keySet().stream().allMatch(Reference::isProtocol);
        return alone ? inputs().get(0) : null;
    }

    /**
     * The map without references: their payloads are in their place.
     *
     * @throws IllegalArgumentException a name would be there twice, or a payload that is no map lies beside something
     */
    Map<String, Object> payload() {
        return map(joined(gathered, data, 0));
    }

    /** What a payload in a store is: one may hold references, too. */
    static Map<String, Object> followed(Map<String, Object> payload) {
        return isPlain(payload, 0) ? payload : map(resolved(payload, 0));
    }

    private static Map<String, Object> map(Object payload) {
        if (payload instanceof Map) {
            @SuppressWarnings("unchecked")
            Map<String, Object> map = (Map<String, Object>) payload;
            return map;
        }
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(Payloads.VALUES, payload);
        return map;
    }

    private static Object joined(Reference.Gathered gathered, Map<?, ?> data, int depth) {
        Map<Object, Object> joined = new LinkedHashMap<>();
        data.forEach((name, value) -> {
            if (!Reference.isProtocol(name)) {
                joined.put(name, resolved(value, depth + 1));
            }
        });
        boolean alone = joined.isEmpty() && gathered.inputs().size() == 1;
        for (Reference input : gathered.inputs()) {
            Object payload = resolved(read(input), depth + 1);
            if (alone) {
                return payload;
            }
            if (!(payload instanceof Map)) {
                throw wrong("the payload of " + input + " is no map, and cannot be joined with what lies beside it");
            }
            ((Map<?, ?>) payload).forEach((name, value) -> {
                if (joined.containsKey(name)) {
                    throw wrong("'" + name + "' of the payload of " + input + " is there already, beside it or in another");
                }
                joined.put(name, value);
            });
        }
        return joined;
    }

    private static Object resolved(Object value, int depth) {
        if (depth == MAX_DEPTH || isPlain(value, depth)) {
            return value;
        }
        if (value instanceof List) {
            List<Object> items = new ArrayList<>();
            ((List<?>) value).forEach(item -> items.add(resolved(item, depth + 1)));
            return items;
        }
        if (Reference.isReference(value)) {
            @SuppressWarnings("unchecked")
            Map<String, Object> map = (Map<String, Object>) value;
            return joined(Reference.gather(map), map, depth);
        }
        Map<Object, Object> map = new LinkedHashMap<>();
        ((Map<?, ?>) value).forEach((name, held) -> map.put(name, resolved(held, depth + 1)));
        return map;
    }

    /** A payload as objects; one of a kind that Java does not read is declined. */
    private static Object read(Reference input) {
        try (View view = input.viewInput()) {
            view.verify();
            return Payloads.value(view);
        } catch (BadFormatException unread) {
            input.decline();
            throw unread;
        }
    }

    private static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(what);
    }
}
