package natives;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A calculator of an engine's own, which extends nothing of this project. */
public abstract class Native {
    private int calls;

    public Native(String name, Map<String, Object> config) {}

    public Map<String, Object> calculate(Map<String, Object> data) throws Exception {
        calls++;
        return answer(data);
    }

    abstract Map<String, Object> answer(Map<String, Object> data) throws Exception;

    public Map<String, Object> details() {
        Map<String, Object> details = new HashMap<>();
        details.put("calls", calls);
        return details;
    }

    /** The sum of a list, of nothing when there is none. */
    static Map<String, Object> sum(Object values) {
        double sum = 0;
        if (values instanceof List) {
            for (Object value : (List<?>) values) {
                sum += ((Number) value).doubleValue();
            }
        }
        Map<String, Object> result = new HashMap<>();
        result.put("sum", sum);
        return result;
    }
}
