package com.dishtayantra.calculators;

import java.util.Map;

/** An engine's own way to make calculators. */
public final class CalculatorRegistry {
    private CalculatorRegistry() {}

    public static Calculator create(String type, String name, Map<String, Object> config) throws Exception {
        Class<?> found = Class.forName(type);
        return (Calculator) found.getConstructor(String.class, Map.class).newInstance(name, config);
    }
}
