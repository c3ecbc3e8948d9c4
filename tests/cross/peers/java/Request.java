import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Table;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a peer is asked. */
final class Request {
    final String key;
    final String format;
    final long seed;
    final int count;
    final boolean isInline;
    final PutOptions options;
    /** Of tables: what they were made of, names and kinds of their columns, whether values are nil. */
    final Table.Origin origin;
    final List<String[]> columns = new ArrayList<>();
    final boolean nulls;
    private final JsonElement frame;

    Request(JsonObject asked) {
        key = asked.get("key").getAsString();
        format = asked.get("format").getAsString();
        seed = asked.get("seed").getAsLong();
        count = asked.get("count").getAsInt();
        isInline = asked.get("inline").getAsBoolean();
        frame = asked.get("frame");
        boolean isTable = format.equals("table");
        origin = isTable ? Table.Origin.values()[asked.get("origin").getAsInt() - 1] : null;
        nulls = isTable && asked.get("nulls").getAsBoolean();
        if (isTable) {
            for (JsonElement column : asked.get("columns").getAsJsonArray()) {
                columns.add(new String[] {
                    column.getAsJsonArray().get(0).getAsString(), column.getAsJsonArray().get(1).getAsString()});
            }
        }
        options = PutOptions.defaults()
                .ttl(Duration.ofMillis(asked.get("ttl_ms").getAsLong()))
                .source(asked.get("source").getAsString())
                .target(asked.get("target").getAsString())
                .txnId(asked.get("txn_id").getAsString())
                .checksum(asked.get("checksum").getAsBoolean());
    }

    /** What an Arrow stream has "head" (before), "between" and "tail" (after) its two columns. */
    byte[] frame(String part) {
        String text = frame.getAsJsonObject().get(part).getAsString();
        byte[] bytes = new byte[text.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(text.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }
}
