import com.dishtayantra.lmdb.Loan;
import com.dishtayantra.lmdb.PutOptions;
import com.dishtayantra.lmdb.Store;
import com.dishtayantra.lmdb.View;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Puts, lends, looks and deletes until it is killed, and says which put was acknowledged: Worker STORE KEY TAG. */
public final class Worker {
    private static final int[] WORDS = {12, 400, 7_500, 40_000};

    private Worker() {}

    /** What tests/attack/content.c checks. */
    private static byte[] payload(long tag) {
        int words = WORDS[(int) (tag % WORDS.length)];
        ByteBuffer content = ByteBuffer.allocate(8 * words).order(ByteOrder.LITTLE_ENDIAN);
        content.putLong(tag).putLong(8L * words);
        for (int i = 2; i < words; i++) {
            content.putLong((tag + i) * 0x9E3779B97F4A7C15L);
        }
        return content.array();
    }

    public static void main(String[] words) {
        String key = words[1];
        try (Store store = Store.open(words[0])) {
            for (long tag = Long.parseLong(words[2]);; tag++) {
                byte[] content = payload(tag);
                store.put(key, content);
                System.out.println(tag);
                try (Loan loan = store.loan(content.length)) {
                    loan.buffer().put(content);
                    loan.publish(key + ".loan", PutOptions.defaults());
                }
                try (View view = store.view(key)) {
                    if (!view.buffer().equals(ByteBuffer.wrap(content))) {
                        throw new IllegalStateException(key + " does not hold what was put there");
                    }
                }
                if (tag % 3 == 0) {
                    store.delete(key + ".loan");
                }
            }
        }
    }
}
