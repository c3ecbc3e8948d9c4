package com.dishtayantra.calculators;

import com.dishtayantra.lmdb.Column;
import com.dishtayantra.lmdb.Field;
import com.dishtayantra.lmdb.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sums of one column of the table {@code trades} by another, as the examples in C++ and Rust. {@code value} names the column of
 * numbers ({@code "px"}), {@code by} the one of texts ({@code "symbol"}), in the input or the configuration; {@code as} says
 * whether the sums are {@code "rows"}, the default, or {@code "columns"}. Rows without a text are left out.
 */
public final class TradeSumsCalculator extends ArrayCalculator {
    private static final class Sum {
        double total;
        long count;
    }

    private final Input defaults;

    /** A calculator. */
    public TradeSumsCalculator(String name, Map<String, Object> config) {
        super(name, config);
        defaults = Input.of(config);
    }

    private String named(Input input, String name, String otherwise) {
        return input.findText(name).or(() -> defaults.findText(name)).orElse(otherwise);
    }

    @Override
    protected Map<String, Object> compute(Input input) {
        Table trades = input.table("trades");
        String by = named(input, "by", "symbol");
        Numbers values = Numbers.of(trades.column(named(input, "value", "px")));
        Map<String, Sum> sums = sums(trades.column(by), values);
        Collection<String> names = sums.keySet();
        double[] totals = sums.values().stream().mapToDouble(sum -> sum.total).toArray();
        long[] counts = sums.values().stream().mapToLong(sum -> sum.count).toArray();
        boolean isRows = named(input, "as", "rows").equals("rows");
        Table table = Table.of(isRows ? Table.Origin.ROWS : Table.Origin.COLUMNS,
                Field.texts(by, names), Field.of("sum", totals), Field.of("count", counts));
        return Map.of("sums", table, "rows", trades.rows());
    }

    private static Map<String, Sum> sums(Column group, Numbers values) {
        // With a dictionary each text is looked at once.
        ArrayList<Sum> byCode = new ArrayList<>();
        for (long code = 0; group.hasDictionary() && code < group.dictionary().size(); code++) {
            byCode.add(new Sum());
        }
        Map<String, Sum> sums = new HashMap<>();
        for (int row = 0; row < values.size(); row++) {
            if (!group.isNull(row)) {
                Sum sum = group.hasDictionary() ? byCode.get(group.code(row))
                        : sums.computeIfAbsent(group.str(row), text -> new Sum());
                sum.total += values.get(row);
                sum.count++;
            }
        }
        for (int code = 0; code < byCode.size(); code++) {
            if (byCode.get(code).count > 0) {
                Sum sum = sums.computeIfAbsent(group.dictionary().str(code), text -> new Sum());
                sum.total += byCode.get(code).total;
                sum.count += byCode.get(code).count;
            }
        }
        return new TreeMap<>(sums);
    }

    @Override
    protected Map<String, Object> getCustomDetails() {
        return exchangeDetails();
    }
}
