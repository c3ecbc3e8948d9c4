import com.dishtayantra.lmdb.Info;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.View;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Java's side of the matrix: one JSON object a line, asked on standard input and answered on standard output. */
public final class Peer {
    private static final Gson GSON = new GsonBuilder().serializeNulls().create();

    private Peer() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("usage: Peer STORE");
            System.exit(2);
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Store store = Store.open(arguments[0])) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                JsonObject said;
                try {
                    said = answer(store, JsonParser.parseString(line).getAsJsonObject());
                } catch (RuntimeException error) {
                    said = new JsonObject();
                    said.addProperty("error", error.toString());
                }
                out.println(GSON.toJson(said));
            }
        }
    }

    private static JsonObject answer(Store store, JsonObject asked) {
        Request request = new Request(asked);
        JsonObject said = new JsonObject();
        if (asked.get("do").getAsString().equals("write")) {
            Writing.write(store, request);
            try (View view = store.view(request.key)) {
                said.add("envelope", envelope(view.info()));
            }
            return said;
        }
        try (View view = store.view(request.key)) {
            view.verify();
            Reading reading = new Reading(request);
            String fault = null;
            try {
                reading.read(view);
            } catch (Fault found) {
                fault = found.getMessage();
            }
            said.add("envelope", envelope(view.info()));
            said.add("payload", Reading.place("payload", view.buffer()));
            said.add("arrays", reading.arrays);
            said.addProperty("fault", fault);
        }
        return said;
    }

    private static JsonObject envelope(Info told) {
        JsonObject envelope = new JsonObject();
        envelope.addProperty("key", told.key());
        envelope.addProperty("format", told.format().wireName());
        envelope.addProperty("size", told.size());
        envelope.addProperty("ttl_ms", told.ttl().toMillis());
        envelope.addProperty("txn_id", told.txnId());
        envelope.addProperty("source", told.source());
        envelope.addProperty("target", told.target());
        envelope.addProperty("checksum",
                told.checksum().isPresent() ? String.format("%016x", told.checksum().getAsLong()) : null);
        envelope.addProperty("file_offset", told.fileOffset());
        return envelope;
    }
}
