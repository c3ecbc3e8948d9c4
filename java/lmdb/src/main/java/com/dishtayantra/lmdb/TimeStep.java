package com.dishtayantra.lmdb;

/**
 * The former name of {@link Unit}, with the same constants.
 *
 * @deprecated use {@link Unit}
 */
@Deprecated
@SuppressWarnings("javadoc")
public enum TimeStep {
    GENERIC, YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND, PICOSECOND, FEMTOSECOND,
    ATTOSECOND;

    /** The unit of the same name. */
    public Unit unit() {
        return Unit.of(ordinal());
    }

    /** NumPy's name of the unit, such as {@code ns}. */
    @Override
    public String toString() {
        return unit().toString();
    }
}
