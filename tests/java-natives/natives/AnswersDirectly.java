package natives;

import com.dishtayantra.lmdb.Reference;
import com.dishtayantra.lmdb.View;
import java.util.Map;

/** Opens its input and returns the result, whether or not an output was asked for, without a word to who waits. */
public class AnswersDirectly extends Native {
    public AnswersDirectly(String name, Map<String, Object> config) {
        super(name, config);
    }

    @Override
    Map<String, Object> answer(Map<String, Object> data) {
        if (!Reference.isReference(data)) {
            return sum(data.get("values"));
        }
        try (View view = Reference.of(data).viewInput()) {
            return sum(view.document().toMap().get("values"));
        }
    }
}
