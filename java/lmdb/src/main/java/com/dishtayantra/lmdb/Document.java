package com.dishtayantra.lmdb;

import java.util.Map;
import java.util.Optional;

/**
 * A payload in format msgpack, walked where it lies. Nothing in it is trusted: bytes that cannot be right are answered
 * with {@link CorruptException}, which names the key and the position.
 *
 * <p>It can be used until its view is closed, from any thread; what it handed out (texts, {@link Segment}s, what {@link
 * #toObject} made) can be used after that too.
 */
public final class Document {
    private final View view;

    Document(View view) {
        this.view = view;
    }

    /** The outermost value. */
    public Node root() {
        return new Node(view, 0);
    }

    /**
     * The value at a path: keys and indices separated by dots, {@code "a.b.0"}; {@code ""} is the outermost value. Keys
     * that hold a dot are reached by {@link Node#get}.
     *
     * @throws NotFoundException the path leads nowhere; the message names the step
     */
    public Node at(String path) {
        return root().at(path);
    }

    /** As {@link #at}, but empty when the path leads nowhere. */
    public Optional<Node> find(String path) {
        return root().find(path);
    }

    /**
     * Checks the whole payload: one value, well formed to its end, texts UTF-8, segments as their headers say.
     *
     * @throws CorruptException it is not; the message names the position of the first fault
     */
    public void validate() {
        long pointer = view.enter();
        try {
            Node.validate(pointer);
        } finally {
            view.leave();
        }
    }

    /**
     * Whether the document is a map that stands for another payload, or for several, whatever else is in it: {@code
     * _lmdb_ref} is true, or there is a marker. Nobody follows it where it lies; {@link Reference#gather} does.
     */
    public boolean refers() {
        long pointer = view.enter();
        try {
            return Node.refers(pointer);
        } finally {
            view.leave();
        }
    }

    /** The whole document as objects; see {@link Node#toObject}. */
    public Object toObject() {
        return root().toObject();
    }

    /**
     * The whole document as a map; see {@link Node#toObject}.
     *
     * @throws InvalidArgumentException the outermost value is no map, or has a key that is no text
     */
    public Map<String, Object> toMap() {
        return root().toMap();
    }
}
