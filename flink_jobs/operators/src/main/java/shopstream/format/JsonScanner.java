package shopstream.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * One pass over the bytes of a JSON text: checks all of it (RFC 8259, strict UTF-8, nesting up to {@value
 * #MAX_DEPTH}) and notes where the values of a {@link PathTree} are. Nothing is decoded or allocated on the
 * way; values are read afterwards, from their slots, and only those that are asked for. Of equal keys the
 * last wins.
 *
 * <p>Written by hand because Jackson's tokens alone cost more than half of what Flink's whole JSON format
 * does. The methods that step over something take its offset and return the offset after it, so that it stays
 * in a register, and scan a copy of the text with zeros after its end: since a zero fits nowhere, no step
 * needs to ask for the end. Not safe for use by several threads.
 */
final class JsonScanner {
    static final int MAX_DEPTH = 64;

    // What a slot holds. Bytes, since storing a reference costs a barrier of the garbage collector.
    static final byte ABSENT = 0;
    static final byte NULL = 1;
    static final byte FALSE = 2;
    static final byte TRUE = 3;
    static final byte NUMBER = 4;
    static final byte STRING = 5;
    /** A string with escape sequences, so that its text is not its bytes. */
    static final byte ESCAPED = 6;
    static final byte OBJECT = 7;
    static final byte ARRAY = 8;

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private final PathTree.Node root;
    private final byte[] kinds;
    private final int[] starts;
    private final int[] ends;
    private byte[] json = {};
    private int end;
    private byte[] text = {};
    private MemorySegment[] segments;
    /** What the value stepped over last was. */
    private byte kind;

    JsonScanner(PathTree tree) {
        root = tree.root();
        kinds = new byte[tree.size()];
        starts = new int[tree.size()];
        ends = new int[tree.size()];
    }

    /** Scans a whole text and returns what its value is; throws if the bytes are not JSON. */
    byte scan(byte[] bytes) throws NotJsonException {
        text = bytes;
        segments = null;
        end = bytes.length;
        if (json.length < end + Long.BYTES) {
            json = new byte[end + Math.max(end, Long.BYTES)];
        }
        System.arraycopy(bytes, 0, json, 0, end);
        LONGS.set(json, end, 0L);
        Arrays.fill(kinds, ABSENT);
        int p = space(value(root, 0, space(0)));
        if (p < end) {
            throw unexpected("the end", p);
        }
        return kind;
    }

    /**
     * Steps through an array that another scanner has found, and calls {@code each} after every element that
     * is an object, when the slots hold that object's values. Returns how many elements there are, others included.
     */
    int elements(JsonScanner outer, int slot, Runnable each) throws NotJsonException {
        json = outer.json;
        end = outer.end;
        text = outer.text;
        segments = outer.segments;
        int count = 0;
        int p = space(outer.starts[slot] + 1);
        while (json[p] != ']') {
            count++;
            Arrays.fill(kinds, ABSENT);
            p = space(value(root, 0, p));
            if (kind == OBJECT) {
                each.run();
            }
            if (json[p] == ',') {
                p = space(p + 1);
            }
        }
        return count;
    }

    byte kind(int slot) {
        return kinds[slot];
    }

    boolean isString(int slot) {
        return kinds[slot] == STRING || kinds[slot] == ESCAPED;
    }

    /**
     * The scanned bytes, in which {@link #from} and {@link #to} count; {@link KeyTable#SPARE} more can be
     * read.
     */
    byte[] json() {
        return json;
    }

    /** Where the value starts: for a string, the byte after its opening quote. */
    int from(int slot) {
        return starts[slot];
    }

    /** Where the value ends, exclusive: for a string, at its closing quote. */
    int to(int slot) {
        return ends[slot];
    }

    /** The decoded text of a string that has escape sequences. */
    byte[] decoded(int slot) {
        return JsonEscapes.decode(json, starts[slot], ends[slot]);
    }

    /**
     * A string's characters, or any other value as it is written. A view of the scanned array, as the strings
     * of Flink's binary rows are of theirs: the caller of the scan must not change it.
     */
    StringData string(int slot) {
        if (kinds[slot] == ESCAPED) {
            return StringData.fromBytes(decoded(slot));
        }
        if (segments == null) {
            segments = new MemorySegment[] {MemorySegmentFactory.wrap(text)};
        }
        return BinaryStringData.fromAddress(segments, starts[slot], ends[slot] - starts[slot]);
    }

    private int value(PathTree.Node node, int depth, int p) throws NotJsonException {
        switch (json[p]) {
            case '"':
                return skipString(p + 1);
            case '{':
                return object(node, depth + 1, p + 1);
            case '[':
                return array(depth + 1, p + 1);
            case 't':
                return literal("true", TRUE, p);
            case 'f':
                return literal("false", FALSE, p);
            case 'n':
                return literal("null", NULL, p);
            default:
                return number(p);
        }
    }

    private int object(PathTree.Node node, int depth, int from) throws NotJsonException {
        int p = enter(depth, from);
        if (json[p] == '}') {
            kind = OBJECT;
            return p + 1;
        }
        while (true) {
            if (json[p] != '"') {
                throw unexpected("a key", p);
            }
            int key = p + 1;
            p = skipString(key);
            PathTree.Node child = node == null ? null : child(node, key, p - 1);
            p = space(p);
            if (json[p] != ':') {
                throw unexpected("':'", p);
            }
            p = space(p + 1);
            p = space(child == null ? value(null, depth, p) : wanted(child, depth, p));
            byte next = json[p];
            if (next == ',') {
                p = space(p + 1);
            } else if (next == '}') {
                kind = OBJECT;
                return p + 1;
            } else {
                throw unexpected("',' or '}'", p);
            }
        }
    }

    /** The node under the key that was stepped over just now. */
    private PathTree.Node child(PathTree.Node node, int from, int to) {
        if (kind == ESCAPED) {
            byte[] key = JsonEscapes.decode(json, from, to);
            return node.child(Arrays.copyOf(key, key.length + KeyTable.SPARE), 0, key.length);
        }
        return node.child(json, from, to);
    }

    private int wanted(PathTree.Node node, int depth, int from) throws NotJsonException {
        // An earlier value of the same key, and what was found in it, is void.
        for (int slot : node.below) {
            kinds[slot] = ABSENT;
        }
        int p = value(node.isLeaf() ? null : node, depth, from);
        int slot = node.slot;
        if (slot >= 0) {
            int quote = kind == STRING || kind == ESCAPED ? 1 : 0;
            kinds[slot] = kind;
            starts[slot] = from + quote;
            ends[slot] = p - quote;
        }
        return p;
    }

    private int array(int depth, int from) throws NotJsonException {
        int p = enter(depth, from);
        if (json[p] == ']') {
            kind = ARRAY;
            return p + 1;
        }
        while (true) {
            p = space(value(null, depth, p));
            byte next = json[p];
            if (next == ',') {
                p = space(p + 1);
            } else if (next == ']') {
                kind = ARRAY;
                return p + 1;
            } else {
                throw unexpected("',' or ']'", p);
            }
        }
    }

    private int enter(int depth, int p) throws NotJsonException {
        if (depth > MAX_DEPTH) {
            throw new NotJsonException("The value nests deeper than " + MAX_DEPTH + " levels.");
        }
        return space(p);
    }

    /** Steps over the rest of a string, eight bytes at a time while they are plain. */
    private int skipString(int from) throws NotJsonException {
        byte[] bytes = json;
        int p = from;
        while (true) {
            long word = (long) LONGS.get(bytes, p);
            long quote = word ^ (ONES * '"');
            long slash = word ^ (ONES * '\\');
            // The lowest set bit marks the first byte that is a quote, a backslash, a control or not ASCII.
            long named = (quote - ONES) & ~quote | (slash - ONES) & ~slash;
            long stop = (named | (word - ONES * ' ') & ~word | word) & HIGHS;
            if (stop != 0) {
                p += Long.numberOfTrailingZeros(stop) >>> 3;
                break;
            }
            p += Long.BYTES;
        }
        if (bytes[p] == '"') {
            kind = STRING;
            return p + 1;
        }
        return unusual(p);
    }

    /** Steps over the rest of a string byte by byte. */
    private int unusual(int from) throws NotJsonException {
        byte found = STRING;
        int p = from;
        while (true) {
            byte next = json[p];
            if (next == '"') {
                kind = found;
                return p + 1;
            }
            if (next == '\\') {
                found = ESCAPED;
                int length = JsonEscapes.length(json, p);
                if (length == 0) {
                    throw unexpected("an escape sequence", p);
                }
                p += length;
            } else if (next < 0) {
                p = Utf8.next(json, p);
                if (p < 0) {
                    throw new NotJsonException("The value is not valid UTF-8.");
                }
            } else if (next < ' ') {
                throw unexpected(p == end ? "a closing quote" : "no control character in a string", p);
            } else {
                p++;
            }
        }
    }

    private int number(int from) throws NotJsonException {
        int p = json[from] == '-' ? from + 1 : from;
        p = json[p] == '0' ? p + 1 : digits("a value", p);
        if (json[p] == '.') {
            p = digits("a digit", p + 1);
        }
        if ((json[p] | 0x20) == 'e') {
            p++;
            if (json[p] == '+' || json[p] == '-') {
                p++;
            }
            p = digits("a digit", p);
        }
        kind = NUMBER;
        return p;
    }

    private int digits(String expected, int from) throws NotJsonException {
        int p = from;
        while (json[p] >= '0' && json[p] <= '9') {
            p++;
        }
        if (p == from) {
            throw unexpected(expected, p);
        }
        return p;
    }

    private int literal(String word, byte found, int from) throws NotJsonException {
        for (int i = 1; i < word.length(); i++) {
            if (json[from + i] != word.charAt(i)) {
                throw unexpected("a value", from);
            }
        }
        kind = found;
        return from + word.length();
    }

    private int space(int from) {
        int p = from;
        byte next = json[p];
        while (next <= ' ' && (next == ' ' || next == '\n' || next == '\r' || next == '\t')) {
            next = json[++p];
        }
        return p;
    }

    private static NotJsonException unexpected(String expected, int p) {
        return new NotJsonException("The value is not JSON: expected " + expected + " at byte " + p + ".");
    }
}
