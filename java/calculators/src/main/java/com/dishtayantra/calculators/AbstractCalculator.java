package com.dishtayantra.calculators;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A calculator with a name and a configuration. Subclasses write {@link #doCalculate}.
 *
 * <p>Engines have a class of this name, too. When theirs comes first on the classpath, calculators of this jar extend it;
 * when this one does, theirs extend this. So it has the members that both use.
 *
 * <p>Engines make calculators by their class name: a subclass is public and has a public constructor {@code (String,
 * Map<String, Object>)}. Any thread may call a calculator whose {@code doCalculate} allows that.
 */
public abstract class AbstractCalculator implements Calculator {
    /** The calculator's name. */
    protected final String name;
    /** A copy of the configuration; empty when there was none. */
    protected final Map<String, Object> config;

    private final AtomicLong calculations = new AtomicLong();

    /**
     * A calculator.
     *
     * @param name its name
     * @param config its configuration, with whatever is in it; null is an empty one
     */
    protected AbstractCalculator(String name, Map<String, Object> config) {
        this.name = name;
        this.config = config == null ? new HashMap<>() : new HashMap<>(config);
    }

    /** Counts the call and does what {@link #doCalculate} does. */
    @Override
    public Map<String, Object> calculate(Map<String, Object> data) {
        calculations.incrementAndGet();
        return doCalculate(data);
    }

    /**
     * The calculation.
     *
     * @param data the input
     * @return the result
     */
    protected abstract Map<String, Object> doCalculate(Map<String, Object> data);

    /** The calculator's name. */
    public String getName() {
        return name;
    }

    /** A copy of the configuration. */
    public Map<String, Object> getConfig() {
        return new HashMap<>(config);
    }

    /**
     * A value of the configuration.
     *
     * @param <T> what the caller takes the value for; not checked
     * @param key its key
     * @param otherwise what is answered when there is none
     */
    protected <T> T getConfig(String key, T otherwise) {
        Object value = config.get(key);
        @SuppressWarnings("unchecked") // As the caller says.
        T found = value == null ? otherwise : (T) value;
        return found;
    }

    /**
     * {@code name}, {@code type} (the class's simple name), {@code language}, {@code java_class}, {@code calculations} (calls
     * so far) and the {@link #getCustomDetails} of the subclass.
     */
    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("name", name);
        details.put("type", getClass().getSimpleName());
        details.put("language", "Java");
        details.put("java_class", getClass().getName());
        details.put("calculations", calculations.get());
        Map<String, Object> custom = getCustomDetails();
        if (custom != null) {
            details.putAll(custom);
        }
        return details;
    }

    /** What a subclass adds to the details; null is nothing. */
    protected Map<String, Object> getCustomDetails() {
        return null;
    }
}
