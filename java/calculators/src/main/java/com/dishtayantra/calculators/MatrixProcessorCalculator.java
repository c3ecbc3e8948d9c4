package com.dishtayantra.calculators;

import java.nio.DoubleBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Statistics and transposition of a matrix {@code values} of one or two dimensions, one meaning a single row.
 *
 * <p>{@code operation}, in the input or else in the configuration:
 *
 * <ul>
 *   <li>{@code "statistics"} (default): {@code rows}, {@code columns}, {@code sum}, {@code mean}, {@code min}, {@code max} over
 *       all items, as {@code np.sum(values)}, {@code np.mean(values)}, {@code np.min(values)}, {@code np.max(values)}. A NaN
 *       makes them NaN.
 *   <li>{@code "transpose"}: {@code values}, the transposed matrix with columns × rows items, as {@code values.T}: an array,
 *       or lists when it came as lists.
 * </ul>
 *
 * <p>Missing or empty values, three dimensions or another operation throw {@link IllegalArgumentException}.
 */
public final class MatrixProcessorCalculator extends ArrayCalculator {
    /** Both sides of a square of so many rows and columns stay in the first-level cache. */
    private static final int SQUARE = 32;

    private final String operation;

    /** A calculator; {@code operation} is in the configuration. */
    public MatrixProcessorCalculator(String name, Map<String, Object> config) {
        super(name, config);
        operation = known(Input.of(config).findText("operation").orElse("statistics"));
    }

    @Override
    protected Map<String, Object> compute(Input input) {
        String wanted = known(input.findText("operation").orElse(operation));
        Numbers values = input.nonEmpty("values");
        long[] shape = values.shape();
        if (shape.length > 2) {
            throw new IllegalArgumentException(
                    "'values' has " + shape.length + " dimensions; a matrix has one or two");
        }
        int columns = shape.length == 0 ? 1 : (int) shape[shape.length - 1];
        int rows = values.size() / columns;
        Map<String, Object> result = new LinkedHashMap<>();
        if (wanted.equals("transpose")) {
            result.put("values", transposed(values, rows, columns));
            return result;
        }
        double sum = Statistics.sum(values.items(), x -> x);
        result.put("rows", (long) rows);
        result.put("columns", (long) columns);
        result.put("sum", sum);
        result.put("mean", sum / values.size());
        result.put("min", Statistics.min(values.items()));
        result.put("max", Statistics.max(values.items()));
        return result;
    }

    private static Numbers transposed(Numbers values, int rows, int columns) {
        if (values.isFortranOrder()) {
            return values.reshaped(columns, rows);
        }
        DoubleBuffer from = values.items();
        Numbers transposed = Numbers.allocate(columns, rows).asList(values.isList());
        DoubleBuffer to = transposed.items();
        for (int row = 0; row < rows; row += SQUARE) {
            for (int column = 0; column < columns; column += SQUARE) {
                for (int i = row; i < Math.min(row + SQUARE, rows); i++) {
                    for (int j = column; j < Math.min(column + SQUARE, columns); j++) {
                        to.put(j * rows + i, from.get(i * columns + j));
                    }
                }
            }
        }
        return transposed;
    }

    private static String known(String operation) {
        if (!operation.equals("statistics") && !operation.equals("transpose")) {
            throw new IllegalArgumentException("operation '" + operation + "': statistics or transpose are there");
        }
        return operation;
    }

    /** The setting, and what the exchange did. */
    @Override
    protected Map<String, Object> getCustomDetails() {
        Map<String, Object> details = exchangeDetails();
        details.put("operation", operation);
        return details;
    }
}
