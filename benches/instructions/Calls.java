import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.StoreOptions;
import com.dishtayantra.lmdb.View;
import java.nio.file.Path;

/** Round trips of Java: {@code Calls DIRECTORY TURNS}. Callgrind counts what the native methods do. */
public final class Calls {
    private Calls() {}

    public static void main(String[] arguments) {
        byte[] payload = new byte[100 * 1024];
        StoreOptions options = StoreOptions.defaults().sweeper(false);
        try (Store store = Store.open(Path.of(arguments[0]), options)) {
            for (int turn = Integer.parseInt(arguments[1]); turn > 0; turn--) {
                store.put("payload", payload);
                try (View view = store.view("payload")) {
                    if (view.size() != payload.length) {
                        throw new AssertionError(view.size());
                    }
                }
            }
        }
    }
}
