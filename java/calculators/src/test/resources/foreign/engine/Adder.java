package engine;

import com.dishtayantra.calculators.AbstractCalculator;
import java.util.Map;

/** An engine's own calculator, which knows its base's fields and nothing of references. */
public class Adder extends AbstractCalculator {
    public Adder(String name, Map<String, Object> config) {
        super(name, config);
    }

    @Override
    protected Map<String, Object> doCalculate(Map<String, Object> data) {
        double sum = ((Number) config.get("start")).doubleValue();
        for (Object value : (Iterable<?>) data.get("values")) {
            sum += ((Number) value).doubleValue();
        }
        return Map.of("sum", sum, "by", name);
    }
}
