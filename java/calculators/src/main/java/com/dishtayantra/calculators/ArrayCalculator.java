package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.Writer;
import java.util.Map;

/**
 * A calculator on arrays, in place wherever they lie. Subclasses write {@link #compute}.
 *
 * <p>As {@link LMDBEnabledCalculator}, whose two ways of processing it brings together.
 */
public abstract class ArrayCalculator extends LMDBEnabledCalculator {
    /** A calculator; see {@link LMDBEnabledCalculator#LMDBEnabledCalculator}. */
    protected ArrayCalculator(String name, Map<String, Object> config) {
        super(name, config);
    }

    /**
     * The result for an input; arrays in it as {@link Numbers}. May be called from several threads at once, and again for the
     * same input when the store refused the result.
     *
     * @throws IllegalArgumentException the input is missing or wrong; nothing is guessed
     */
    protected abstract Map<String, Object> compute(Input input);

    @Override
    protected Map<String, Object> process(Map<String, Object> input) {
        return compute(Input.of(input));
    }

    @Override
    protected void process(Document input, Writer output) {
        output.value(Results.stored(compute(Input.of(input))));
    }
}
