package shopstream.features;

import java.util.Arrays;

/**
 * Sums per tile of time for the last {@code width} tiles: one row of counters a tile, oldest first, empty tiles
 * left out. A tile is numbered by its start divided by its length, so a late event finds its own.
 */
final class Tiles {
    final int width;
    final int counters;
    int size;
    long[] index = new long[2];
    long[] values;

    Tiles(int width, int counters) {
        this.width = width;
        this.counters = counters;
        this.values = new long[index.length * counters];
    }

    /** The oldest tile still counted when {@code head} is the tile under way. */
    long oldestCounted(long head) {
        return head - width + 1;
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
        if (size == index.length) {
            index = Arrays.copyOf(index, size * 2);
            values = Arrays.copyOf(values, size * 2 * counters);
        }
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
        for (int i = 0; i < size; i++) {
            sum += values[i * counters + counter];
        }
        return sum;
    }
}
