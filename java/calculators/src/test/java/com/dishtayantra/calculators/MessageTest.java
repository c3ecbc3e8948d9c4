package com.dishtayantra.calculators;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.dishtayantra.lmdb.Dtype;
import com.dishtayantra.lmdb.Segment;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages, and calculators behind them. */
class MessageTest {
    private static byte[] bytes(String hex) {
        byte[] bytes = new BigInteger("01" + hex.replace(" ", ""), 16).toByteArray();
        return Arrays.copyOfRange(bytes, 1, bytes.length);
    }

    static Stream<Arguments> written() {
        return Stream.of(
                Arguments.of("c0", null),
                Arguments.of("c3", true),
                Arguments.of("c2", false),
                Arguments.of("7f", 127),
                Arguments.of("e0", -32),
                Arguments.of("cc ff", 255),
                Arguments.of("cd ffff", 65535),
                Arguments.of("ce 7fffffff", Integer.MAX_VALUE),
                Arguments.of("ce ffffffff", 0xffff_ffffL),
                Arguments.of("cf 0000000000000001", 1),
                Arguments.of("cf ffffffffffffffff", BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE)),
                Arguments.of("d0 80", -128),
                Arguments.of("d1 8000", -32768),
                Arguments.of("d2 80000000", Integer.MIN_VALUE),
                Arguments.of("d3 ffffffff7fffffff", Integer.MIN_VALUE - 1L),
                Arguments.of("d3 8000000000000000", Long.MIN_VALUE),
                Arguments.of("cb 3ff8000000000000", 1.5),
                Arguments.of("a2 c3a9", "\u00e9"),
                Arguments.of("d9 01 78", "x"),
                Arguments.of("da 0001 78", "x"),
                Arguments.of("db 00000001 78", "x"),
                Arguments.of("92 01 c0", Arrays.asList(1, null)),
                Arguments.of("dc 0001 01", List.of(1)),
                Arguments.of("dd 00000001 01", List.of(1)),
                Arguments.of("81 a1 78 90", Map.of("x", List.of())),
                Arguments.of("de 0001 a1 78 80", Map.of("x", Map.of())),
                Arguments.of("df 00000001 a1 78 01", Map.of("x", 1)),
                // Headers "int8 2", "int8", "int8 0" and "int8 1".
                Arguments.of("c7 09 01 696e743820320a 01ff", Segment.of(Dtype.INT8, ByteBuffer.wrap(new byte[] {1, -1}), 2)),
                Arguments.of("c8 0006 01 696e74380a 05", Segment.of(Dtype.INT8, ByteBuffer.wrap(new byte[] {5}))),
                Arguments.of("c9 00000007 01 696e743820300a", Segment.of(Dtype.INT8, ByteBuffer.allocate(0), 0)),
                Arguments.of("d7 01 696e743820310a 07", Segment.of(Dtype.INT8, ByteBuffer.wrap(new byte[] {7}), 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("written")
    void whatPythonWritesIsRead(String hex, Object expected) {
        Object found = MessageReader.read(bytes(hex));
        assertEquals(expected, found);
        assertEquals(expected == null ? null : kind(expected), found == null ? null : kind(found));
    }

    private static Class<?> kind(Object value) {
        return value instanceof Map ? Map.class : value instanceof List ? List.class : value.getClass();
    }

    @ParameterizedTest
    @ValueSource(strings = {"c4 02 00ff", "c5 0002 00ff", "c6 00000002 00ff"})
    void bytesAreRead(String hex) {
        assertArrayEquals(new byte[] {0, -1}, (byte[]) MessageReader.read(bytes(hex)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"c1", "ca 3fc00000", "d4 7f 00"})
    void whatPythonNeverWritesIsRefused(String hex) {
        assertThrows(IllegalArgumentException.class, () -> MessageReader.read(bytes(hex)));
    }

    @Test
    void mapsAndListsThatAreReadCanBeChanged() {
        @SuppressWarnings("unchecked")
        Map<String, Object> map = (HashMap<String, Object>) MessageReader.read(bytes("81 a1 78 91 01"));
        @SuppressWarnings("unchecked")
        List<Object> list = (ArrayList<Object>) map.get("x");
        list.add(2);
        map.put("y", 3);
        assertEquals(Map.of("x", List.of(1, 2), "y", 3), map);
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of(null, null),
                Arguments.of(true, true),
                Arguments.of((byte) -1, -1),
                Arguments.of('x', "x"),
                Arguments.of(1L << 40, 1L << 40),
                Arguments.of(0.5f, 0.5),
                Arguments.of(new StringBuilder("\u00e9\ud83d\ude00"), "\u00e9\ud83d\ude00"),
                Arguments.of(Map.of("x", List.of(1)).values(), List.of(List.of(1))),
                Arguments.of(new Object[] {1, Map.of()}, List.of(1, Map.of())),
                Arguments.of(new int[] {1}, Segment.of(Dtype.INT32, ByteBuffer.wrap(new byte[] {1, 0, 0, 0}), 1)));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void whatIsWrittenIsMessagePack(Object answer, Object expected) {
        assertEquals(expected, MessageReader.read(MessageWriter.write(answer)));
    }

    @Test
    void numbersThatMessagePackHasNotAreExtensions() {
        assertArrayEquals(bytes("c9 0000000a 02 00ffffffffffffffff00"),
                MessageWriter.write(BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE).shiftLeft(8)));
        assertArrayEquals(bytes("c9 00000004 03 312e3130"), MessageWriter.write(new BigDecimal("1.10")));
    }

    @Test
    void arraysThatStandForListsAndScalarsSayIt() {
        Segment item = Segment.of(Dtype.INT8, ByteBuffer.wrap(new byte[] {7}));
        // "scalar int8" and "list int8 1".
        assertArrayEquals(bytes("c9 0000000d 01 7363616c617220696e74380a 07"), MessageWriter.write(item.asScalar()));
        assertArrayEquals(bytes("c9 0000000d 01 6c69737420696e743820310a 07"),
                MessageWriter.write(Segment.of(Dtype.INT8, item.bytes(), 1).asList()));
    }

    @Test
    void whatCannotBePassedIsRefusedWithItsPlace() {
        Map<String, Object> answers = Map.of(
                "a java.lang.Object cannot be passed to the caller at 'a.1.b'",
                Map.of("a", List.of(1, Map.of("b", new Object()))),
                "a java.util.concurrent.atomic.AtomicLong cannot be passed to the caller at 'a'",
                Map.of("a", new AtomicLong()),
                "a text with half a surrogate pair cannot be passed to the caller at 'a'", Map.of("a", "x\udfff"),
                "a java.lang.Object cannot be passed to the caller", new Object());
        answers.forEach((expected, answer) -> assertEquals(expected,
                assertThrows(IllegalArgumentException.class, () -> MessageWriter.write(answer)).getMessage()));
        List<Object> itself = new ArrayList<>();
        itself.add(itself);
        assertThrows(IllegalStateException.class, () -> MessageWriter.write(itself));
    }

    /** A calculator that no other package can see, with public methods. */
    static final class Hidden {
        public Map<String, Object> calculate(Map<String, Object> input) throws IOException {
            if (input.isEmpty()) {
                throw new IOException("nothing");
            }
            return input;
        }

        public Map<String, Object> details() {
            return null;
        }
    }

    /** Not a calculator. */
    static final class Other {
        public Map<String, Object> calculate(Map<String, Object> input) {
            return input;
        }
    }

    @Test
    void anyObjectWithTheMethodsIsCalled() throws Throwable {
        MessageCalculator calculator = MessageCalculator.of(new Hidden());
        assertNotNull(calculator);
        assertEquals(Map.of("x", 1), MessageReader.read(Base64.getDecoder().decode(calculator.calculate(bytes("81 a1 78 01")))));
        assertNull(MessageReader.read(Base64.getDecoder().decode(calculator.details())));
        assertEquals("nothing", assertThrows(IOException.class, () -> calculator.calculate(bytes("80"))).getMessage());
        assertNull(MessageCalculator.of(new Other()));
        assertNull(MessageCalculator.of(new Object()));
    }
}
