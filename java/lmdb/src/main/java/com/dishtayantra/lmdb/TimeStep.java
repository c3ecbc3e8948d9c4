package com.dishtayantra.lmdb;

/** What the items of a time dtype count. The ordinals are the numbers that are stored. */
public enum TimeStep {
    /** Not said; also that of every dtype that is no time. */
    GENERIC("generic"),
    /** Years. */
    YEAR("Y"),
    /** Months. */
    MONTH("M"),
    /** Weeks. */
    WEEK("W"),
    /** Days. */
    DAY("D"),
    /** Hours. */
    HOUR("h"),
    /** Minutes. */
    MINUTE("m"),
    /** Seconds. */
    SECOND("s"),
    /** Milliseconds. */
    MILLISECOND("ms"),
    /** Microseconds. */
    MICROSECOND("us"),
    /** Nanoseconds. */
    NANOSECOND("ns"),
    /** Picoseconds. */
    PICOSECOND("ps"),
    /** Femtoseconds. */
    FEMTOSECOND("fs"),
    /** Attoseconds. */
    ATTOSECOND("as");

    private final String numpyName;

    TimeStep(String numpyName) {
        this.numpyName = numpyName;
    }

    static TimeStep of(int number) {
        return values()[number];
    }

    /** The step of NumPy's name; null when there is none. */
    static TimeStep named(String name) {
        for (TimeStep step : values()) {
            if (step.numpyName.equals(name)) {
                return step;
            }
        }
        return null;
    }

    /** NumPy's name of the unit, such as {@code ns}. */
    @Override
    public String toString() {
        return numpyName;
    }
}
