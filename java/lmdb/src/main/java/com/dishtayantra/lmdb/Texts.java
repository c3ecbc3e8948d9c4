package com.dishtayantra.lmdb;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Texts and durations as the engine takes them. */
final class Texts {
    private Texts() {}

    /** A text in UTF-8; unpaired surrogates, which UTF-8 cannot hold, are refused instead of replaced. */
    static byte[] encode(String name, String text) {
        if (text == null) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, name + " is null");
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return encodeStrictly(name, text);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encodeStrictly(String name, String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException error) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, name + " has an unpaired surrogate, which UTF-8 cannot hold: " + error);
        }
    }

    static String decode(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Milliseconds of a duration, begun ones counted; as many as there can be for a longer one. */
    static long millis(String name, Duration duration) {
        if (duration == null) {
            throw new InvalidArgumentException(Status.INVALID_ARGUMENT, name + " is null");
        }
        if (duration.isNegative()) {
            throw new InvalidArgumentException(
                    Status.INVALID_ARGUMENT, name + " is " + duration + "; it cannot be negative");
        }
        try {
            return duration.plusNanos(999_999).toMillis();
        } catch (ArithmeticException tooLong) {
            return Long.MAX_VALUE;
        }
    }
}
