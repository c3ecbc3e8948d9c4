package natives;

import java.util.Map;

/** Is no calculator: it has no methods. */
public final class Silent {
    public Silent(String name, Map<String, Object> config) {}
}
