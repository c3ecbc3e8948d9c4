package com.dishtayantra.calculators;

import java.nio.DoubleBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Historical value at risk, expected shortfall and exposure of {@code values} (or {@code returns}): profits and losses, or
 * returns, one per period, in any unit and of any shape.
 *
 * <p>With losses = -values, {@code level} from the input, else from the configuration, else 0.95:
 *
 * <ul>
 *   <li>{@code value_at_risk} = {@code np.quantile(losses, level)}: what the loss did not exceed in that share of the periods;
 *   <li>{@code expected_shortfall} = {@code losses[losses >= value_at_risk].mean()}: the mean loss in the periods beyond;
 *   <li>{@code exposure} = {@code np.abs(exposures).sum()} and {@code net_exposure} = {@code exposures.sum()} of the input's
 *       {@code exposures} (positions, any unit); without them of the configuration's {@code exposure}, a number, 1 by default;
 *   <li>{@code level}, and {@code observations}, the number of values.
 * </ul>
 *
 * <p>Losses are positive numbers; a NaN among the values makes the first two NaN. Infinite values count as what they are;
 * where the quantile is interpolated beside one, the first two are infinite or NaN, as NumPy's quantile is. Missing or empty values, and a level that
 * is not between 0 and 1, throw {@link IllegalArgumentException}.
 */
public final class RiskCalculator extends ArrayCalculator {
    private final double level;
    private final double exposure;

    /** A calculator; {@code level} and {@code exposure} are in the configuration. */
    public RiskCalculator(String name, Map<String, Object> config) {
        super(name, config);
        Input settings = Input.of(config);
        level = checked(settings.findNumber("level").orElse(0.95));
        exposure = settings.findNumber("exposure").orElse(1.0);
    }

    @Override
    protected Map<String, Object> compute(Input input) {
        Numbers values = input.nonEmpty(input.findNumbers("returns").isPresent() ? "returns" : "values");
        double at = checked(input.findNumber("level").orElse(level));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("level", at);
        result.put("observations", (long) values.size());
        tail(values, at, result);
        Numbers exposures = input.findNumbers("exposures").orElseGet(() -> Numbers.of(new double[] {exposure}));
        result.put("exposure", Statistics.sum(exposures.items(), Math::abs));
        result.put("net_exposure", Statistics.sum(exposures.items(), x -> x));
        return result;
    }

    private static void tail(Numbers values, double level, Map<String, Object> result) {
        double[] losses = new double[values.size()];
        boolean unordered = false;
        for (int i = 0; i < losses.length; i++) {
            losses[i] = -values.get(i);
            unordered |= losses[i] != losses[i];
        }
        double valueAtRisk = unordered ? Double.NaN : Statistics.quantile(losses, level);
        result.put("value_at_risk", valueAtRisk);
        int count = 0;
        for (double loss : losses) {
            if (loss >= valueAtRisk) {
                losses[count++] = loss;
            }
        }
        // The loss at the quantile may round to just above the largest one; the tail then is that loss.
        DoubleBuffer beyond = DoubleBuffer.wrap(losses, 0, count).slice();
        result.put("expected_shortfall", count == 0 ? valueAtRisk : Statistics.sum(beyond, x -> x) / count);
    }

    private static double checked(double level) {
        if (!(level > 0 && level < 1)) {
            throw new IllegalArgumentException("level " + level + ": it must lie between 0 and 1");
        }
        return level;
    }

    /** The settings, and what the exchange did. */
    @Override
    protected Map<String, Object> getCustomDetails() {
        Map<String, Object> details = exchangeDetails();
        details.put("level", level);
        details.put("exposure", exposure);
        return details;
    }
}
