import com.dishtayantra.lmdb.Column;
import com.dishtayantra.lmdb.Field;
import com.dishtayantra.lmdb.Node;
import com.dishtayantra.lmdb.Table;
import com.dishtayantra.lmdb.Unit;
import com.google.gson.JsonArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Tables: written, and compared with what they should hold. */
final class Tables {
    private final Request request;
    private final JsonArray arrays;

    Tables(Request request, JsonArray arrays) {
        this.request = request;
        this.arrays = arrays;
    }

    static Field[] made(Request request) {
        List<Field> fields = new ArrayList<>();
        for (String[] column : request.columns) {
            fields.add(field(request, column[0], column[1]));
        }
        return fields.toArray(new Field[0]);
    }

    private static Field field(Request request, String name, String kind) {
        long seed = request.seed;
        int count = request.count;
        boolean[] nulls = new boolean[count];
        long[] times = new long[count];
        int[] lengths = new int[count];
        List<String> texts = new ArrayList<>();
        List<String> codes = new ArrayList<>();
        int items = 0;
        for (int i = 0; i < count; i++) {
            nulls[i] = request.nulls && Content.isNull(seed, i);
            times[i] = Content.timeAt(seed, i);
            lengths[i] = i % 3;
            items += i % 3;
            texts.add(nulls[i] ? null : Content.textAt(seed, i));
            codes.add(Content.codeAt(seed, i));
        }
        switch (kind) {
            case "float":
                return Field.of(name, Content.floats(seed, count)).withNulls(nulls);
            case "long":
                return Field.of(name, Content.longs(seed, count)).withNulls(nulls);
            case "text":
                return Field.texts(name, texts);
            case "code":
                return Field.coded(name, codes);
            case "time":
                return Field.times(name, Unit.NANOSECOND, "UTC", times);
            case "list":
                return Field.lists(name, lengths, Field.of("item", Content.ints(seed, items)));
            default:
                return Field.structs(name, field(request, "a", "float"), field(request, "b", "text"));
        }
    }

    void read(Node node) throws Fault {
        Table table = node.asTable();
        table.check();
        Fault.require(table.origin() == request.origin, "a table of " + table.origin());
        Fault.require(table.rows() == request.count, table.rows() + " rows");
        Fault.require(table.columns() == request.columns.size(), "columns " + table.names());
        for (String[] column : request.columns) {
            check(table.column(column[0]), column[0], column[1]);
        }
        // To who knows no tables it is what it was made of.
        boolean isList = request.origin == Table.Origin.ROWS || request.origin == Table.Origin.LIST;
        Fault.require(node.size() == (isList ? request.count : request.columns.size()), "a plain value of " + node.size());
        if (request.origin == Table.Origin.ROWS && request.count > 0) {
            int last = request.count - 1;
            Fault.require(node.at(last).get("text").asString().equals(Content.textAt(request.seed, last)), "the last row differs");
        }
    }

    private void check(Column column, String name, String kind) throws Fault {
        Fault.require(column.size() == request.count, name + " has " + column.size() + " values");
        if (kind.equals("pair")) {
            check(column.child(0), name + ".a", "float");
            check(column.child(1), name + ".b", "text");
            return;
        }
        boolean isList = kind.equals("list");
        arrays.add(Reading.place(isList ? name + ".item" : name, isList ? column.child(0).data() : column.data()));
        Fault.require(!kind.equals("time") || column.format().equals("tsn:UTC"), name + " is " + column.format());
        int items = 0;
        for (int i = 0; i < request.count; i++) {
            boolean isNull = request.nulls && Content.isNull(request.seed, i);
            Fault.require(column.isNull(i) == isNull, name + "[" + i + "] is nil, or is not");
            Object found = kind.equals("code") || kind.equals("text") ? column.str(i) : column.get(i);
            Object wanted = isNull ? null : wanted(kind, i, items);
            Fault.require(Objects.equals(found, wanted), name + "[" + i + "] is " + found + ", not " + wanted);
            items += i % 3;
        }
    }

    private Object wanted(String kind, int i, int items) {
        switch (kind) {
            case "float":
                return Content.floatAt(request.seed, i);
            case "long":
                return Content.longAt(request.seed, i);
            case "text":
                return Content.textAt(request.seed, i);
            case "code":
                return Content.codeAt(request.seed, i);
            case "time":
                return Content.timeAt(request.seed, i);
            default:
                List<Object> list = new ArrayList<>();
                for (int at = items; at < items + i % 3; at++) {
                    list.add((long) Content.intAt(request.seed, at));
                }
                return list;
        }
    }
}
