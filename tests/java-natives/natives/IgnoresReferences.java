package natives;

import java.util.Map;

/** Has never heard of references: computes on whatever it gets, on nothing when there are no values. */
public class IgnoresReferences extends Native {
    public IgnoresReferences(String name, Map<String, Object> config) {
        super(name, config);
    }

    @Override
    Map<String, Object> answer(Map<String, Object> data) {
        return sum(data.get("values"));
    }
}
