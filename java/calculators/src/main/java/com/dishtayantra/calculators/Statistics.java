package com.dishtayantra.calculators;

import java.nio.DoubleBuffer;
import java.util.function.DoubleUnaryOperator;

/** Sums, extremes and quantiles that the calculators share. */
final class Statistics {
    private static final int BLOCK = 128;

    private Statistics() {}

    /** The sum of a term over the items, pairwise: the rounding error grows with log n, as in NumPy. */
    static double sum(DoubleBuffer items, DoubleUnaryOperator term) {
        return sum(items, 0, items.limit(), term);
    }

    private static double sum(DoubleBuffer items, int from, int to, DoubleUnaryOperator term) {
        int size = to - from;
        if (size > BLOCK) {
            int middle = from + size / 2 / 8 * 8;
            return sum(items, from, middle, term) + sum(items, middle, to, term);
        }
        double[] partial = new double[8];
        int even = from + size / 8 * 8;
        for (int i = from; i < even; i += 8) {
            for (int j = 0; j < 8; j++) {
                partial[j] += term.applyAsDouble(items.get(i + j));
            }
        }
        double sum = ((partial[0] + partial[1]) + (partial[2] + partial[3]))
                + ((partial[4] + partial[5]) + (partial[6] + partial[7]));
        for (int i = even; i < to; i++) {
            sum += term.applyAsDouble(items.get(i));
        }
        return sum;
    }

    /** The smallest item; NaN when one is, as in NumPy. Needs an item. */
    static double min(DoubleBuffer items) {
        double min = Double.POSITIVE_INFINITY;
        for (int i = 0; i < items.limit(); i++) {
            min = Math.min(min, items.get(i));
        }
        return min;
    }

    /** The largest item; NaN when one is, as in NumPy. Needs an item. */
    static double max(DoubleBuffer items) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < items.limit(); i++) {
            max = Math.max(max, items.get(i));
        }
        return max;
    }

    /**
     * The quantile of values at a level (0 to 1), linearly interpolated as {@code np.quantile(values, level)} does by
     * default. Rearranges the values, which must have an item and no NaN.
     */
    static double quantile(double[] values, double level) {
        double position = (values.length - 1) * level;
        int below = (int) position;
        double fraction = position - below;
        select(values, below);
        double low = values[below];
        // Without this an infinite neighbour would turn an exact hit into NaN.
        if (fraction == 0 || below + 1 == values.length) {
            return low;
        }
        double high = Double.POSITIVE_INFINITY;
        for (int i = below + 1; i < values.length; i++) {
            high = Math.min(high, values[i]);
        }
        return fraction < 0.5 ? low + (high - low) * fraction : high - (high - low) * (1 - fraction);
    }

    /** Puts the nth smallest value to its place, smaller ones before it and larger ones after: Hoare's selection. */
    private static void select(double[] values, int nth) {
        int from = 0;
        int to = values.length - 1;
        while (from < to) {
            double pivot = median(values[from], values[(from + to) >>> 1], values[to]);
            int left = from;
            int right = to;
            while (left <= right) {
                while (values[left] < pivot) {
                    left++;
                }
                while (values[right] > pivot) {
                    right--;
                }
                if (left <= right) {
                    double value = values[left];
                    values[left++] = values[right];
                    values[right--] = value;
                }
            }
            if (nth <= right) {
                to = right;
            } else if (nth >= left) {
                from = left;
            } else {
                return;
            }
        }
    }

    private static double median(double a, double b, double c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }
}
