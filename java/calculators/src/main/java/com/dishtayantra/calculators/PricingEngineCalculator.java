package com.dishtayantra.calculators;

import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prices and Greeks of European options on a stock without dividends, by Black and Scholes.
 *
 * <p>Input, each an array with an item per option or a single number for all of them:
 *
 * <ul>
 *   <li>{@code spot} and {@code strike}: prices, in one currency, above 0;
 *   <li>{@code rate}: the risk-free rate a year, continuously compounded; 0.05 is 5 %;
 *   <li>{@code volatility}: of the stock's returns a year, above 0; 0.2 is 20 %;
 *   <li>{@code maturity}: years to expiry, above 0;
 *   <li>{@code type}: {@code "call"} or {@code "put"}, one text or a list with one per option; else the
 *       {@code option_type} of the configuration, else {@code "call"}.
 * </ul>
 *
 * <p>Result, in the shape of the arrays; lists when all of these came as lists; numbers when there are only numbers:
 *
 * <ul>
 *   <li>{@code price}, in the currency;
 *   <li>{@code delta}: change of the price per unit of spot; {@code gamma}: change of delta per unit of spot;
 *   <li>{@code vega}: change of the price per 1 (100 %) of volatility; {@code rho}: per 1 of rate;
 *   <li>{@code theta}: change of the price per year that passes.
 * </ul>
 *
 * <p>Anything that is missing, not finite, not above 0 where it must be, or of another length throws {@link
 * IllegalArgumentException}, which names the input and the index. So does an option whose figures a double cannot hold.
 *
 * <p>Source of the formulas: J. C. Hull, Options, Futures, and Other Derivatives, 9th edition, sections 15.8 (prices) and
 * 19.4 to 19.9 (Greeks).
 */
public final class PricingEngineCalculator extends ArrayCalculator {
    private static final String[] INPUTS = {"spot", "strike", "rate", "volatility", "maturity"};
    private static final String[] OUTPUTS = {"price", "delta", "gamma", "vega", "theta", "rho"};

    private final String type;

    /** A calculator; {@code option_type} is in the configuration. */
    public PricingEngineCalculator(String name, Map<String, Object> config) {
        super(name, config);
        type = Input.of(config).findText("option_type").orElse("call");
        isCall(type, -1);
    }

    @Override
    protected Map<String, Object> compute(Input input) {
        Numbers[] given = new Numbers[INPUTS.length];
        Numbers shaped = null;
        boolean lists = true;
        for (int i = 0; i < given.length; i++) {
            given[i] = input.nonEmpty(INPUTS[i]).rowByRow();
            if (given[i].shape().length == 0) {
                continue;
            }
            if (shaped == null) {
                shaped = given[i];
            } else if (!Arrays.equals(shaped.shape(), given[i].shape())) {
                throw new IllegalArgumentException("'" + INPUTS[i] + "' has the shape "
                        + Arrays.toString(given[i].shape()) + ", another input "
                        + Arrays.toString(shaped.shape()));
            }
            lists &= given[i].isList();
        }
        List<String> types = input.findTexts("type").orElse(List.of(type));
        int count = shaped == null ? 1 : shaped.size();
        if (types.size() != 1 && types.size() != count) {
            throw new IllegalArgumentException("'type' has " + types.size() + " texts for " + count + " options");
        }
        DoubleBuffer[] outputs = new DoubleBuffer[OUTPUTS.length];
        Map<String, Object> result = new LinkedHashMap<>();
        for (int i = 0; i < outputs.length; i++) {
            Numbers output = shaped == null ? Numbers.allocate() : Numbers.allocate(shaped.shape());
            outputs[i] = output.items();
            result.put(OUTPUTS[i], output.asList(lists));
        }
        price(given, types, outputs);
        if (shaped == null) {
            result.replaceAll((name, single) -> ((Numbers) single).get(0));
        }
        return result;
    }

    private static void price(Numbers[] given, List<String> types, DoubleBuffer[] outputs) {
        boolean oneCall = isCall(types.get(0), 0);
        for (int i = 0; i < outputs[0].limit(); i++) {
            double spot = at(given, 0, i, true);
            double strike = at(given, 1, i, true);
            double rate = at(given, 2, i, false);
            double volatility = at(given, 3, i, true);
            double maturity = at(given, 4, i, true);
            // A call gains when the stock rises, a put when it falls: what differs in the formulas is a sign.
            int sign = (types.size() == 1 ? oneCall : isCall(types.get(i), i)) ? 1 : -1;
            double root = Math.sqrt(maturity);
            double deviation = volatility * root;
            double d1 = (Math.log(spot / strike) + (rate + volatility * volatility / 2) * maturity) / deviation;
            double owed = strike * Math.exp(-rate * maturity);
            double density = NormalDistribution.density(d1);
            double held = NormalDistribution.cumulative(sign * d1);
            double exercised = NormalDistribution.cumulative(sign * (d1 - deviation));
            outputs[0].put(i, sign * (spot * held - owed * exercised));
            outputs[1].put(i, sign * held);
            outputs[2].put(i, density / (spot * deviation));
            outputs[3].put(i, spot * density * root);
            outputs[4].put(i, -spot * density * volatility / (2 * root) - sign * rate * owed * exercised);
            outputs[5].put(i, sign * maturity * owed * exercised);
            for (int j = 0; j < outputs.length; j++) {
                if (!Double.isFinite(outputs[j].get(i))) {
                    throw new IllegalArgumentException("option [" + i + "]: '" + OUTPUTS[j] + "' is no finite number for spot "
                            + spot + ", strike " + strike + ", rate " + rate + ", volatility " + volatility + ", maturity "
                            + maturity);
                }
            }
        }
    }

    private static double at(Numbers[] given, int which, int index, boolean aboveZero) {
        Numbers values = given[which];
        boolean isSingle = values.shape().length == 0;
        double value = values.get(isSingle ? 0 : index);
        if (!Double.isFinite(value) || aboveZero && value <= 0) {
            throw new IllegalArgumentException("'" + INPUTS[which] + "'" + (isSingle ? "" : "[" + index + "]") + " is " + value
                    + "; it must be a finite number" + (aboveZero ? " above 0" : ""));
        }
        return value;
    }

    private static boolean isCall(String type, int index) {
        if (!type.equals("call") && !type.equals("put")) {
            throw new IllegalArgumentException(
                    "'type'" + (index < 0 ? "" : "[" + index + "]") + " is '" + type + "'; call and put are there");
        }
        return type.equals("call");
    }

    /** The setting, and what the exchange did. */
    @Override
    protected Map<String, Object> getCustomDetails() {
        Map<String, Object> details = exchangeDetails();
        details.put("option_type", type);
        return details;
    }
}
