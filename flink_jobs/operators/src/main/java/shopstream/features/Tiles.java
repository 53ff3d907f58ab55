package shopstream.features;

import java.util.Arrays;

/**
 * Sums per tile of time for the last {@code width} tiles: one row of counters a tile, oldest first, empty tiles
 * left out. A tile is numbered by its start divided by its length, so a late event finds its own. Times are
 * microseconds since 1970 UTC.
 */
final class Tiles {
    static final long HOUR = 3_600_000_000L;
    static final long FIVE_MINUTES = 300_000_000L;

    /** What {@link #at} says of an event whose tile has left. */
    static final int GONE = -1;

    final long length;
    final int width;
    final int counters;
    int size;
    long[] index = new long[2];
    long[] values;

    Tiles(long length, int width, int counters) {
        this.length = length;
        this.width = width;
        this.counters = counters;
        this.values = new long[index.length * counters];
    }

    /** The hour under way and the 23 before it. */
    static Tiles ofDay(int counters) {
        return new Tiles(HOUR, 24, counters);
    }

    /** The five minutes under way and the 11 such before it. */
    static Tiles ofHour(int counters) {
        return new Tiles(FIVE_MINUTES, 12, counters);
    }

    /** Number of the tile of a moment. */
    long tile(long time) {
        return Math.floorDiv(time, length);
    }

    /** The oldest tile still counted at a moment. */
    long oldestCounted(long clock) {
        return tile(clock) - width + 1;
    }

    /** The moment at which the oldest tile leaves; {@code Long.MAX_VALUE} if there is none. */
    long nextChange() {
        return size == 0 ? Long.MAX_VALUE : (index[0] + width) * length;
    }

    /** Drops the tiles that are no longer counted at a moment; true if any was there. */
    boolean advance(long clock) {
        return expire(oldestCounted(clock));
    }

    /** Offset in {@link #values} of the counters for an event, or {@link #GONE}. */
    int at(long time, long clock) {
        long tile = tile(time);
        return tile < oldestCounted(clock) ? GONE : at(tile);
    }

    /** Offset in {@link #values} of the counters of {@code tile}, made when it is new. */
    int at(long tile) {
        int position = size;
        while (position > 0 && index[position - 1] > tile) {
            position--;
        }
        if (position > 0 && index[position - 1] == tile) {
            return (position - 1) * counters;
        }
        grow(size + 1);
        System.arraycopy(index, position, index, position + 1, size - position);
        System.arraycopy(
                values, position * counters, values, (position + 1) * counters, (size - position) * counters);
        index[position] = tile;
        Arrays.fill(values, position * counters, (position + 1) * counters, 0);
        size++;
        return position * counters;
    }

    /** Drops the tiles older than {@code oldest}; true if any was there. */
    boolean expire(long oldest) {
        int gone = 0;
        while (gone < size && index[gone] < oldest) {
            gone++;
        }
        if (gone == 0) {
            return false;
        }
        System.arraycopy(index, gone, index, 0, size - gone);
        System.arraycopy(values, gone * counters, values, 0, (size - gone) * counters);
        size -= gone;
        return true;
    }

    /** Sum of one counter over all tiles. */
    long sum(int counter) {
        long sum = 0;
        for (int i = counter; i < size * counters; i += counters) {
            sum = Millionths.plus(sum, values[i]);
        }
        return sum;
    }

    void write(StateBytes state) {
        state.put(index, size);
        state.put(values, size * counters);
    }

    /** Takes so many tiles as {@link #write} gave them. */
    void read(StateBytes state, int tiles) {
        grow(tiles);
        size = tiles;
        state.get(index, tiles);
        state.get(values, tiles * counters);
    }

    private void grow(int tiles) {
        if (index.length < tiles) {
            int capacity = Math.max(tiles, 2 * index.length);
            index = Arrays.copyOf(index, capacity);
            values = Arrays.copyOf(values, capacity * counters);
        }
    }
}
