package shopstream.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Numbers short byte strings (JSON keys, event types) from 0 in the order in which they are added, and finds
 * them fast.
 */
final class KeyTable {
    /**
     * Bytes that must be readable after the end of a key that is looked up; what they are does not matter.
     */
    static final int SPARE = Long.BYTES;

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final List<byte[]> keys = new ArrayList<>();
    // An open hash table, at most half full; a free place has index -1.
    private int[] indexes = {-1};
    private byte[][] table = new byte[1][];
    private long[] heads = new long[1];

    int size() {
        return keys.size();
    }

    /** Returns the number of the key, which is added if it is new. */
    int add(byte[] key) {
        byte[] padded = Arrays.copyOf(key, key.length + SPARE);
        int known = find(padded, 0, key.length);
        if (known >= 0) {
            return known;
        }
        keys.add(key);
        int places = Integer.highestOneBit(keys.size()) * 4;
        indexes = new int[places];
        Arrays.fill(indexes, -1);
        table = new byte[places][];
        heads = new long[places];
        for (int k = 0; k < keys.size(); k++) {
            byte[] name = keys.get(k);
            long head = head(Arrays.copyOf(name, name.length + SPARE), 0, name.length);
            int i = place(head, name.length);
            while (indexes[i] >= 0) {
                i = (i + 1) & (places - 1);
            }
            indexes[i] = k;
            table[i] = name;
            heads[i] = head;
        }
        return keys.size() - 1;
    }

    /** Returns the number of a key, or -1. */
    int find(byte[] bytes, int from, int to) {
        long head = head(bytes, from, to - from);
        for (int i = place(head, to - from); indexes[i] >= 0; i = (i + 1) & (indexes.length - 1)) {
            if (heads[i] == head && isSame(table[i], bytes, from, to)) {
                return indexes[i];
            }
        }
        return -1;
    }

    /** The first eight bytes as one number, zeros after a shorter key. */
    private static long head(byte[] bytes, int from, int length) {
        long word = (long) LONGS.get(bytes, from);
        return length >= Long.BYTES ? word : word & (1L << (length << 3)) - 1;
    }

    private int place(long head, int length) {
        return (int) ((head + length) * 0x9e3779b97f4a7c15L >>> 32) & (indexes.length - 1);
    }

    // After equal heads only the tail is left; a plain loop beats the vector code behind Arrays.equals on it.
    private static boolean isSame(byte[] key, byte[] bytes, int from, int to) {
        if (key.length != to - from) {
            return false;
        }
        for (int i = Long.BYTES; i < key.length; i++) {
            if (key[i] != bytes[from + i]) {
                return false;
            }
        }
        return true;
    }
}
