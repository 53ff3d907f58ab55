package shopstream.metrics;

import java.util.Arrays;
import java.util.stream.Stream;

/** Windows in order of time, each with what its first tile holds. */
final class WindowList {
    /** The window that begins with the tile, and what the tile itself holds. */
    static final class Window extends Group {
        /** Distinct ids of the tile. */
        long ids;
        /** Distinct ids of the window. */
        long distinct;
        /** Since its last row. */
        boolean isChanged;

        Window(long tile) {
            super(tile);
        }
    }

    private Window[] windows = new Window[2];
    private int size;

    int size() {
        return size;
    }

    Window get(int position) {
        return windows[position];
    }

    Stream<Window> stream() {
        return Arrays.stream(windows, 0, size);
    }

    /** The position of a window; -1 - its place when there is none. */
    int find(long tile) {
        int low = 0;
        int high = size - 1;
        // Most events belong to the newest tile.
        int middle = high;
        while (low <= high) {
            long found = windows[middle].tile;
            if (found == tile) {
                return middle;
            }
            if (found < tile) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
            middle = (low + high) >>> 1;
        }
        return -1 - low;
    }

    void insert(int position, long tile) {
        if (size == windows.length) {
            windows = Arrays.copyOf(windows, 2 * size);
        }
        System.arraycopy(windows, position, windows, position + 1, size - position);
        windows[position] = new Window(tile);
        size++;
    }

    Window remove(int position) {
        Window removed = windows[position];
        System.arraycopy(windows, position + 1, windows, position, size - position - 1);
        windows[--size] = null;
        return removed;
    }
}
