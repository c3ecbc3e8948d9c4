package natives;

import com.dishtayantra.lmdb.Loan;
import com.dishtayantra.lmdb.Reference;
import com.dishtayantra.lmdb.View;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;

/** Opens its input, takes a loan for its output, makes the file that its configuration names, and stays there. */
public class NeverReturns extends Native {
    private final Path file;

    public NeverReturns(String name, Map<String, Object> config) {
        super(name, config);
        file = Paths.get((String) config.get("file"));
    }

    @Override
    Map<String, Object> answer(Map<String, Object> data) throws Exception {
        Reference reference = Reference.of(data);
        try (View view = reference.viewInput(); Loan loan = reference.loanOutput(1 << 20)) {
            loan.buffer().put(0, view.buffer().get(0));
            Files.createFile(file);
            Thread.sleep(Long.MAX_VALUE);
            return null;
        }
    }
}
