package com.dishtayantra.calculators;

/** The standard normal distribution. */
final class NormalDistribution {
    private static final double ROOT_OF_TWO_PI = 2.5066282746310002;
    private static final double[] NUMERATOR = {3.52624965998911e-02, 0.700383064443688, 6.37396220353165, 33.912866078383,
        112.079291497871, 221.213596169931, 220.206867912376};
    private static final double[] DENOMINATOR = {8.83883476483184e-02, 1.75566716318264, 16.064177579207,
        86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752};

    private NormalDistribution() {}

    /** The density. */
    static double density(double x) {
        return Math.exp(-x * x / 2) / ROOT_OF_TWO_PI;
    }

    /**
     * The probability of a value up to {@code x}, with an absolute error below 2e-15 and a relative one below 2e-8 even in the tail.
     *
     * <p>Source: J. F. Hart et al., Computer Approximations, Wiley 1968, algorithm 5666, in the form of G. West, Better
     * approximations to cumulative normal functions, Wilmott Magazine, May 2005.
     */
    static double cumulative(double x) {
        double distance = Math.abs(x);
        double beyond;
        if (distance > 37) {
            beyond = 0;
        } else if (distance < 7.07106781186547) {
            beyond = Math.exp(-distance * distance / 2) * at(distance, NUMERATOR) / at(distance, DENOMINATOR);
        } else {
            double fraction = distance + 0.65;
            for (int i = 4; i > 0; i--) {
                fraction = distance + i / fraction;
            }
            beyond = density(distance) / fraction;
        }
        return x > 0 ? 1 - beyond : beyond;
    }

    private static double at(double x, double[] coefficients) {
        double value = 0;
        for (double coefficient : coefficients) {
            value = value * x + coefficient;
        }
        return value;
    }
}
