package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.BadFormatException;
import com.dishtayantra.lmdb.Document;
import com.dishtayantra.lmdb.Node;
import com.dishtayantra.lmdb.Segment;
import com.dishtayantra.lmdb.Table;
import com.dishtayantra.lmdb.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a calculator computes on: named numbers, arrays, tables and texts, of a map or of a document in place. Null is an absent
 * value. A value of another kind than asked for throws {@link IllegalArgumentException}, which names it.
 *
 * <p>One of a document can be used until the document's view is closed; arrays that it gave, also later.
 */
public final class Input {
    private final Map<String, ?> values;

    private Input(Map<String, ?> values) {
        this.values = values;
    }

    /** The values of a map, or of a configuration. */
    public static Input of(Map<String, ?> values) {
        return new Input(values == null ? Map.of() : values);
    }

    /** The values of a document. One that is no map, or a frame, has what it is under {@code "values"}. */
    public static Input of(Document document) {
        Map<String, Node> values = new LinkedHashMap<>();
        Node root = document.root();
        boolean isFrame = root.isTable() && root.asTable().origin() != Table.Origin.COLUMNS;
        if (root.type() != ValueType.MAP || isFrame) {
            values.put(Payloads.VALUES, root);
            return new Input(values);
        }
        for (Map.Entry<Node, Node> pair : root.entries()) {
            if (pair.getKey().type() == ValueType.STRING) {
                values.put(pair.getKey().asString(), pair.getValue());
            }
        }
        return new Input(values);
    }

    private Object find(String name) {
        Object value = values.get(name);
        return value instanceof Node && ((Node) value).isNil() ? null : value;
    }

    /** The array under a name. Throws {@link IllegalArgumentException} when there is none. */
    public Numbers numbers(String name) {
        return Numbers.of(name, find(name));
    }

    /** The number under a name. Throws {@link IllegalArgumentException} when there is none. */
    public double number(String name) {
        return given(name, findNumber(name));
    }

    /** The text under a name. Throws {@link IllegalArgumentException} when there is none. */
    public String text(String name) {
        return given(name, findText(name));
    }

    /** Whether what is under a name is true. Throws {@link IllegalArgumentException} when there is nothing. */
    public boolean flag(String name) {
        return given(name, findFlag(name));
    }

    /** The texts under a name: those of a list, or a single one. Throws {@link IllegalArgumentException} when there are none. */
    public List<String> texts(String name) {
        return given(name, findTexts(name));
    }

    /** The table under a name; see {@link #findTable}. Throws {@link IllegalArgumentException} when there is none. */
    public Table table(String name) {
        return given(name, findTable(name));
    }

    /**
     * The table under a name: in place where one lies there, else made of plain rows (a list of maps), of columns (a map of
     * lists and arrays) or of a list of values, so that a calculator finds the same columns however they came.
     *
     * @throws IllegalArgumentException no table can be made of it
     */
    public Optional<Table> findTable(String name) {
        Object value = find(name);
        try {
            if (value == null || value instanceof Table) {
                return Optional.ofNullable((Table) value);
            }
            return Optional.of(value instanceof Node ? ((Node) value).toTable() : Table.from(Results.stored(value)));
        } catch (BadFormatException unread) {
            throw unread;
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("'" + name + "': " + wrong.getMessage(), wrong);
        }
    }

    private static <T> T given(String name, Optional<T> found) {
        return found.orElseThrow(() -> new IllegalArgumentException("the input has no '" + name + "'"));
    }

    /** The array under a name, which must have an item. Throws {@link IllegalArgumentException} otherwise. */
    public Numbers nonEmpty(String name) {
        Numbers found = numbers(name);
        if (found.size() == 0) {
            throw new IllegalArgumentException("'" + name + "' is empty");
        }
        return found;
    }

    /** The array under a name, in place if it can be; see {@link Numbers#of(String, Object)}. */
    public Optional<Numbers> findNumbers(String name) {
        Object value = find(name);
        return value == null ? Optional.empty() : Optional.of(Numbers.of(name, value));
    }

    /** The number under a name. */
    public Optional<Double> findNumber(String name) {
        Object value = scalar(name);
        if (value != null && !(value instanceof Number)) {
            throw new IllegalArgumentException("'" + name + "' is a " + kind(value) + ", not a number");
        }
        return Optional.ofNullable((Number) value).map(Number::doubleValue);
    }

    /** The text under a name. */
    public Optional<String> findText(String name) {
        Object value = scalar(name);
        if (value != null && !(value instanceof CharSequence)) {
            throw new IllegalArgumentException("'" + name + "' is a " + kind(value) + ", not a text");
        }
        return Optional.ofNullable(value).map(Object::toString);
    }

    /** Whether what is under a name is true. */
    public Optional<Boolean> findFlag(String name) {
        Object value = scalar(name);
        if (value != null && !(value instanceof Boolean)) {
            throw new IllegalArgumentException("'" + name + "' is a " + kind(value) + ", not a boolean");
        }
        return Optional.ofNullable((Boolean) value);
    }

    /** The texts under a name: those of a list, or a single one. */
    public Optional<List<String>> findTexts(String name) {
        Object value = object(name);
        if (value instanceof Object[]) {
            value = List.of((Object[]) value);
        }
        if (!(value instanceof List)) {
            return findText(name).map(List::of);
        }
        List<String> texts = new ArrayList<>();
        for (Object item : (List<?>) value) {
            if (!(item instanceof CharSequence)) {
                throw new IllegalArgumentException(
                        "'" + name + "'[" + texts.size() + "] is a " + kind(item) + ", not a text");
            }
            texts.add(item.toString());
        }
        return Optional.of(texts);
    }

    private Object object(String name) {
        Object value = find(name);
        return value instanceof Node ? ((Node) value).toObject() : value;
    }

    private Object scalar(String name) {
        Object value = object(name);
        boolean isSingle = value instanceof Segment && ((Segment) value).shape().length == 0;
        return isSingle ? ((Segment) value).toLists() : value;
    }

    private static String kind(Object value) {
        return value == null ? "null" : value.getClass().getSimpleName();
    }
}
