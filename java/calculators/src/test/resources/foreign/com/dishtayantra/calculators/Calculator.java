package com.dishtayantra.calculators;

import java.util.Map;

/** An engine's own interface. */
public interface Calculator {
    Map<String, Object> calculate(Map<String, Object> data);

    Map<String, Object> details();
}
