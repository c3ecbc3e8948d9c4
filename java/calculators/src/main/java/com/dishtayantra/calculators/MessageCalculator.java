package com.dishtayantra.calculators;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * A calculator for a caller in another process: one message there and one back, whatever the payload and the result hold.
 *
 * <p>A message is a MessagePack value. The calculator gets what a gateway that makes maps and lists call by call would give
 * it: {@link HashMap}, {@link java.util.ArrayList}, Boolean, Integer (Long and {@link java.math.BigInteger} for what is
 * larger), Double, String, {@code byte[]} and, for arrays, {@link com.dishtayantra.lmdb.Segment}. Its result may hold what
 * results in a store may, and is of the same types in the caller's language as if it had been there.
 */
public final class MessageCalculator {
    private final Object calculator;
    private final Method calculate;
    private final Method details;

    private MessageCalculator(Object calculator) throws NoSuchMethodException {
        this.calculator = calculator;
        calculate = method("calculate", Map.class);
        details = method("details");
    }

    private Method method(String name, Class<?>... parameters) throws NoSuchMethodException {
        Method method = calculator.getClass().getMethod(name, parameters);
        // A public method may be of a class that is not.
        if (!method.trySetAccessible()) {
            throw new NoSuchMethodException(name);
        }
        return method;
    }

    /**
     * A calculator, of whatever class, behind messages.
     *
     * @return null when it has no {@code calculate(Map)} or no {@code details()} that can be called from here
     */
    public static MessageCalculator of(Object calculator) {
        try {
            return new MessageCalculator(calculator);
        } catch (NoSuchMethodException isNone) {
            return null;
        }
    }

    /**
     * Calculates.
     *
     * @param payload the input, or a reference to one: a map, as a message
     * @return the calculator's answer, as a message in Base64: gateways pass a text in one piece both ways
     * @throws Throwable what the calculator throws, {@link IllegalArgumentException} when its answer holds what cannot be
     *     passed, and {@link IllegalStateException} when that is nested too deeply
     */
    public String calculate(byte[] payload) throws Throwable {
        return answer(calculate, MessageReader.read(payload));
    }

    /** What the calculator says of itself, as {@link #calculate} answers. */
    public String details() throws Throwable {
        return answer(details);
    }

    private String answer(Method method, Object... arguments) throws Throwable {
        Object answer;
        try {
            answer = method.invoke(calculator, arguments);
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
        return Base64.getEncoder().encodeToString(MessageWriter.write(answer));
    }
}
