package com.dishtayantra.lmdb;

/** What the items of a time dtype count. The ordinals are the numbers that are stored. */
public enum Unit {
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

    Unit(String numpyName) {
        this.numpyName = numpyName;
    }

    static Unit of(int number) {
        return values()[number];
    }

    /** The unit of NumPy's name; null when there is none. */
    static Unit named(String name) {
        for (Unit unit : values()) {
            if (unit.numpyName.equals(name)) {
                return unit;
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
