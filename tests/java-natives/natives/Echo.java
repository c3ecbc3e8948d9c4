package natives;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/** Answers with its input, or with what its configuration names under {@code answer}. */
public final class Echo {
    private final Object answer;

    public Echo(String name, Map<String, Object> config) {
        answer = config.get("answer");
    }

    public Map<String, Object> calculate(Map<String, Object> input) {
        if (answer == null) {
            return input;
        }
        Map<String, Object> result = new HashMap<>();
        result.put("answer", answer.equals("itself") ? result : BigInteger.TWO.pow(20_000).negate());
        return result;
    }

    public Map<String, Object> details() {
        return Map.of();
    }
}
