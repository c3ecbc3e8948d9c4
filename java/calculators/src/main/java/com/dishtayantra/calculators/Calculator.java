package com.dishtayantra.calculators;

import java.util.Map;

/** What an engine calls: a calculation on named values. */
public interface Calculator {
    /**
     * Calculates.
     *
     * @param data the input, or a reference to one
     * @return the result, or the answer that it lies in the store
     */
    Map<String, Object> calculate(Map<String, Object> data);

    /** What the calculator says of itself: its name, its class, its settings and what happened so far. */
    Map<String, Object> details();
}
