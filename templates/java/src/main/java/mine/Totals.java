package mine;

import com.dishtayantra.calculators.ArrayCalculator;
import com.dishtayantra.calculators.Input;
import com.dishtayantra.calculators.Numbers;
import com.dishtayantra.lmdb.Column;
import com.dishtayantra.lmdb.Table;
import java.util.Map;
import java.util.TreeMap;

public class Totals extends ArrayCalculator {
    public Totals(String name, Map<String, Object> config) {
        super(name, config);
    }

    @Override
    protected Map<String, Object> compute(Input input) {
        Table trades = input.table("trades"); // the columns of rows, of a frame or of arrays, however they came
        Numbers prices = Numbers.of(trades.column("px"));
        Column symbols = trades.column("sym");
        Map<String, Object> totals = new TreeMap<>();
        for (int row = 0; row < prices.size(); row++) {
            String symbol = symbols.str(row);
            totals.put(symbol, (Double) totals.getOrDefault(symbol, 0.0) + prices.get(row));
        }
        return Map.of("totals", totals);
    }
}
