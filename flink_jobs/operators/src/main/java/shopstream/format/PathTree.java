package shopstream.format;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The wanted values of a JSON object, as a tree of keys: path {@code properties.page} is key {@code page} of
 * the object under key {@code properties}. Each path owns a slot, a small number under which {@link
 * JsonScanner} notes where the value is.
 */
final class PathTree {
    private final Node root = new Node();
    private final Map<String, Integer> slots = new HashMap<>();

    /**
     * Returns the slot of a path; the same path always has the same one. Paths are added before the first
     * scan.
     */
    int slot(String path) {
        Integer known = slots.get(path);
        if (known != null) {
            return known;
        }
        int slot = slots.size();
        slots.put(path, slot);
        Node node = root;
        for (String key : path.split("\\.", -1)) {
            node = node.grow(key.getBytes(StandardCharsets.UTF_8));
            node.below = Arrays.copyOf(node.below, node.below.length + 1);
            node.below[node.below.length - 1] = slot;
        }
        node.slot = slot;
        return slot;
    }

    int size() {
        return slots.size();
    }

    Node root() {
        return root;
    }

    /** One key of the tree. */
    static final class Node {
        private final KeyTable keys = new KeyTable();
        private Node[] children = {};

        /** The slot of the value under this key itself, or -1 if only values below it are wanted. */
        int slot = -1;

        /** The slots of this key and of all keys below it. */
        int[] below = {};

        boolean isLeaf() {
            return children.length == 0;
        }

        /**
         * Returns the node of a key, as {@link KeyTable#find} takes it, or null if nothing under it is
         * wanted.
         */
        Node child(byte[] bytes, int from, int to) {
            int index = keys.find(bytes, from, to);
            return index < 0 ? null : children[index];
        }

        private Node grow(byte[] key) {
            int index = keys.add(key);
            if (index == children.length) {
                children = Arrays.copyOf(children, index + 1);
                children[index] = new Node();
            }
            return children[index];
        }
    }
}
