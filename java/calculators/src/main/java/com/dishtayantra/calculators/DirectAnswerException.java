package com.dishtayantra.calculators;

/** A result holds what a direct answer cannot: an array or a list. The message names its key and what to do. */
public final class DirectAnswerException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    DirectAnswerException(String message) {
        super(message);
    }
}
