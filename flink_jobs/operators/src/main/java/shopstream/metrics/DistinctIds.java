package shopstream.metrics;

import java.util.Arrays;

/**
 * In which tiles each id of a key was seen: one look-up says whether an event brings a new id to its tile, and which
 * of the windows over the tile had it already. An id lies in one {@link IdTable} for 64 tiles, however many windows
 * overlap.
 */
final class DistinctIds {
    private final int tilesOfWindow;
    private long[] segments = new long[1];
    private IdTable[] tables = new IdTable[1];
    private int size;
    private long before;

    DistinctIds(int tilesOfWindow) {
        this.tilesOfWindow = tilesOfWindow;
    }

    /** Whether the id is new to the tile. Tiles older than {@code oldest} no longer matter. */
    boolean add(long high, long low, long tile, long oldest) {
        long segment = segment(tile);
        long live = segment(oldest) == segment ? -1L << oldest : -1L;
        before = table(segment, true).add(high, low, 1L << tile, live);
        return (before & 1L << tile) == 0;
    }

    /**
     * After an {@link #add} of a new id: a bit for each tile that shares a window with its tile and has the id, the
     * tile itself left out. The lowest bit is the first tile of the first window over it.
     */
    long neighbours(long high, long low, long tile) {
        long first = tile - tilesOfWindow + 1;
        long last = tile + tilesOfWindow - 1;
        int shift = (int) (first & 63);
        long bits = bits(high, low, segment(first), segment(tile)) >>> shift;
        if (segment(last) != segment(first)) {
            bits |= bits(high, low, segment(last), segment(tile)) << (64 - shift);
        }
        return bits;
    }

    /** Frees what only tiles older than {@code oldest} need. */
    void forget(long oldest) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (segments[i] >= segment(oldest)) {
                segments[kept] = segments[i];
                tables[kept++] = tables[i];
            }
        }
        Arrays.fill(tables, kept, size, null);
        size = kept;
    }

    /**
     * The table in which the ids of a tile are; null when there is none. An id of the tile has the bit of {@link
     * #bit}.
     */
    IdTable table(long tile) {
        return table(segment(tile), false);
    }

    static long bit(long tile) {
        return 1L << tile;
    }

    private static long segment(long tile) {
        return tile >> 6;
    }

    private long bits(long high, long low, long segment, long own) {
        if (segment == own) {
            return before;
        }
        IdTable table = table(segment, false);
        return table == null ? 0 : table.find(high, low);
    }

    private IdTable table(long segment, boolean make) {
        for (int i = size - 1; i >= 0; i--) {
            if (segments[i] == segment) {
                return tables[i];
            }
        }
        if (!make) {
            return null;
        }
        if (size == segments.length) {
            segments = Arrays.copyOf(segments, 2 * size);
            tables = Arrays.copyOf(tables, 2 * size);
        }
        segments[size] = segment;
        return tables[size++] = new IdTable();
    }
}
