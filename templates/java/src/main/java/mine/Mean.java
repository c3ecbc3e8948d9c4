package mine;

import com.dishtayantra.calculators.ArrayCalculator;
import com.dishtayantra.calculators.Input;
import com.dishtayantra.calculators.Numbers;
import java.util.Map;

public class Mean extends ArrayCalculator {
    public Mean(String name, Map<String, Object> config) {
        super(name, config);
    }

    @Override
    protected Map<String, Object> compute(Input input) {
        Numbers values = input.numbers("values"); // in place, wherever they lie
        double sum = 0;
        for (int i = 0; i < values.size(); i++) {
            sum += values.get(i);
        }
        return Map.of("mean", sum / values.size());
    }
}
