package natives;

import com.dishtayantra.calculators.ArrayCalculator;
import com.dishtayantra.calculators.Input;
import com.dishtayantra.calculators.Numbers;
import com.dishtayantra.lmdb.Column;
import com.dishtayantra.lmdb.Table;
import java.util.HashMap;
import java.util.Map;

/** Sums a column of {@code trades} by another, and says how many symbols and notes there are; nil ones are {@code "?"}. */
public final class Totals extends ArrayCalculator {
    public Totals(String name, Map<String, Object> config) {
        super(name, config);
    }

    @Override
    protected Map<String, Object> compute(Input input) {
        Table trades = input.table("trades");
        Numbers prices = Numbers.of(trades.column("px"));
        Column symbols = trades.column("sym");
        Map<String, Object> totals = new HashMap<>();
        for (int row = 0; row < trades.rows(); row++) {
            String symbol = symbols.isNull(row) ? "?" : symbols.str(row);
            totals.put(symbol, (Double) totals.getOrDefault(symbol, 0.0) + prices.get(row));
        }
        return Map.of("totals", totals, "rows", trades.rows(), "names", String.join(",", trades.names()));
    }

    @Override
    protected Map<String, Object> getCustomDetails() {
        return exchangeDetails();
    }
}
