package com.dishtayantra.calculators;

import java.util.HashMap;
import java.util.Map;

/** An engine's own base: {@code calculate} cannot be overridden, and little else is there. */
public abstract class AbstractCalculator implements Calculator {
    protected final String name;
    protected final Map<String, Object> config;
    private long count;

    public AbstractCalculator(String name, Map<String, Object> config) {
        this.name = name;
        this.config = config;
    }

    @Override
    public final synchronized Map<String, Object> calculate(Map<String, Object> data) {
        count++;
        return doCalculate(data);
    }

    protected abstract Map<String, Object> doCalculate(Map<String, Object> data);

    @Override
    public final Map<String, Object> details() {
        Map<String, Object> details = new HashMap<>();
        details.put("engine_count", count);
        return details;
    }
}
