package natives;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Answers with the classes of what it was given, texts in place of the values; changes its input as it likes. */
public final class Types {
    public Types(String name, Map<String, Object> config) {}

    public Map<String, Object> calculate(Map<String, Object> input) {
        input.replaceAll((name, value) -> of(value));
        return input;
    }

    private static Object of(Object value) {
        if (value instanceof HashMap) {
            Map<Object, Object> types = new HashMap<>();
            ((Map<?, ?>) value).forEach((key, held) -> types.put(key, of(held)));
            return types;
        }
        if (value instanceof ArrayList) {
            @SuppressWarnings("unchecked")
            List<Object> list = (List<Object>) value;
            list.replaceAll(Types::of);
            return list;
        }
        return value == null ? "null" : value.getClass().getSimpleName() + " " + text(value);
    }

    private static Object text(Object value) {
        return value instanceof byte[] ? ((byte[]) value).length : value;
    }

    public Map<String, Object> details() {
        return new HashMap<>();
    }
}
