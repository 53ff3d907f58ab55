package shopstream.features;

import java.util.Arrays;

/**
 * The distinct pages of a user, each with the latest hour tile in which it was seen. A page is known by 101 bits of
 * its {@link Fingerprint}; together with the tile that is two longs, which are copied as they are into the state.
 */
final class Pages {
    /** Longs of a page. */
    static final int FIELDS = 2;

    /** Hours up to the year 9999 fit these bits. */
    private static final long TILE = (1L << 27) - 1;

    int size;
    long[] entries = new long[8];

    /** Notes that a page was seen; false if it is new and {@code most} are there already. */
    boolean add(long high, long low, long tile, int most) {
        for (int i = 0; i < 2 * size; i += 2) {
            if (entries[i] == high && ((entries[i + 1] ^ low) & ~TILE) == 0) {
                if ((entries[i + 1] & TILE) < tile) {
                    entries[i + 1] = low & ~TILE | tile;
                }
                return true;
            }
        }
        if (size >= most) {
            return false;
        }
        grow(size + 1);
        entries[2 * size] = high;
        entries[2 * size + 1] = low & ~TILE | tile;
        size++;
        return true;
    }

    /** Forgets the pages last seen before a tile. */
    void expire(long oldest) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if ((entries[2 * i + 1] & TILE) >= oldest) {
                entries[2 * kept] = entries[2 * i];
                entries[2 * kept + 1] = entries[2 * i + 1];
                kept++;
            }
        }
        size = kept;
    }

    /** Makes room for so many pages. */
    void grow(int pages) {
        if (entries.length < 2 * pages) {
            entries = Arrays.copyOf(entries, Math.max(2 * pages, 2 * entries.length));
        }
    }
}
