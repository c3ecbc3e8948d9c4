package engine;

import com.dishtayantra.calculators.AbstractCalculator;
import com.dishtayantra.calculators.Calculator;
import com.dishtayantra.calculators.CalculatorRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes and calls calculators as an engine does: {@code Main STORE INPUT_KEY}. */
public class Main {
    public static void main(String[] arguments) throws Exception {
        System.out.println("base: " + (AbstractCalculator.class.getMethod("calculate", Map.class).toString().contains("final")
                ? "the engine's" : "this project's"));
        Map<String, Object> values = new HashMap<>(Map.of("values", List.of(1, 2, 4)));
        Calculator adder = CalculatorRegistry.create("engine.Adder", "adder", Map.of("start", 10));
        System.out.println("adder: " + new TreeMap<>(adder.calculate(values)));
        for (String type : List.of("MatrixProcessorCalculator", "RiskCalculator")) {
            Calculator calculator =
                    CalculatorRegistry.create("com.dishtayantra.calculators." + type, type, new HashMap<>());
            System.out.println("direct: " + new TreeMap<>(calculator.calculate(values)));
            Map<String, Object> reference = new HashMap<>(Map.of("_lmdb_ref", true, "_lmdb_db_path", arguments[0],
                    "_lmdb_input_key", arguments[1], "_lmdb_output_key", "output:" + type));
            System.out.println("reference: " + calculator.calculate(reference));
            System.out.println("has details: " + !calculator.details().isEmpty());
        }
    }
}
