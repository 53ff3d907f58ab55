package shopstream.metrics;

import java.util.Arrays;
import java.util.SplittableRandom;

/** From an {@link Id} to 64 bits, as a hash table with open addressing: 24 bytes a slot, at most two thirds full. */
final class IdTable {
    private static final int LEAST_SLOTS = 4;

    /** Where an id lies is of this process's choice, so that no sender can pick ids that all collide. */
    private static final long SEED = new SplittableRandom().nextLong();

    /** High and low half of each slot's id; a high half of 0 is an empty slot. */
    private long[] ids = new long[2 * LEAST_SLOTS];

    private long[] bits = new long[LEAST_SLOTS];
    private int size;

    /** Entries, those that only a call of {@link #add} may still drop included. */
    int size() {
        return size;
    }

    int slots() {
        return bits.length;
    }

    /** The bits of a slot; 0 for an empty one. */
    long bits(int slot) {
        return bits[slot];
    }

    long high(int slot) {
        return ids[2 * slot];
    }

    long low(int slot) {
        return ids[2 * slot + 1];
    }

    /** The bits of an id; 0 when there is none. */
    long find(long high, long low) {
        return bits[locate(high, low)];
    }

    /**
     * Adds one bit to an id and gives the bits that it had before. {@code live}: an id that has none of these bits
     * may be dropped, which is done instead of growing.
     */
    long add(long high, long low, long bit, long live) {
        int slot = locate(high, low);
        if (ids[2 * slot] == 0) {
            if (3 * (size + 1) > 2 * bits.length) {
                rebuild(live);
                slot = locate(high, low);
            }
            ids[2 * slot] = high;
            ids[2 * slot + 1] = low;
            size++;
        }
        long before = bits[slot];
        bits[slot] = before | bit;
        return before;
    }

    private int locate(long high, long low) {
        int mask = bits.length - 1;
        int slot = (int) Id.scramble(Id.scramble(low ^ SEED) ^ high) & mask;
        while (ids[2 * slot] != 0 && (ids[2 * slot] != high || ids[2 * slot + 1] != low)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void rebuild(long live) {
        long[] oldIds = ids;
        long[] oldBits = bits;
        int kept = (int) Arrays.stream(oldBits).filter(each -> (each & live) != 0).count();
        int slots = LEAST_SLOTS;
        while (2 * (kept + 1) > slots) {
            slots *= 2;
        }
        ids = new long[2 * slots];
        bits = new long[slots];
        size = kept;
        for (int old = 0; old < oldBits.length; old++) {
            if ((oldBits[old] & live) != 0) {
                int slot = locate(oldIds[2 * old], oldIds[2 * old + 1]);
                ids[2 * slot] = oldIds[2 * old];
                ids[2 * slot + 1] = oldIds[2 * old + 1];
                bits[slot] = oldBits[old] & live;
            }
        }
    }
}
