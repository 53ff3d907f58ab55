package shopstream.metrics;

import java.io.IOException;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.flink.table.data.GenericRowData;

/**
 * The windows of one key that are not final, by their first tile. An event is added to its tile, and its id is
 * counted for each window over the tile that did not have it; a window's other values are the sums of its tiles.
 */
final class KeyWindows {
    private static final LongConsumer IS_KNOWN = tile -> {};

    final String key;
    final KeyLog log;
    /** The windows in memory differ from those in state. */
    boolean isDirty;
    /** A row of some window is due. */
    boolean isDue;
    /** Was needed since the last time that room was made. */
    boolean isUsed;

    private final WindowSpec spec;
    private final DistinctIds distinct;
    private final WindowList windows = new WindowList();
    private long ids;

    KeyWindows(String key, WindowSpec spec, KeyLog log) {
        this.key = key;
        this.log = log;
        this.spec = spec;
        this.distinct = new DistinctIds(spec.tiles());
    }

    boolean isEmpty() {
        return windows.size() == 0;
    }

    /** Ids in all tiles together. */
    long ids() {
        return ids;
    }

    /**
     * Adds the groups of a partial; {@code opened} is told of each new window.
     *
     * @return how many events were left out, because {@code newestFinal} or an older window counts them
     */
    long add(PartialReader in, long newestFinal, LongConsumer opened) throws IOException {
        long late = 0;
        while (in.nextGroup()) {
            long firstWindow = in.tile - spec.tiles() + 1;
            if (firstWindow <= newestFinal) {
                late += in.count;
                in.skip();
                continue;
            }
            int position = addGroup(in, firstWindow, opened);
            for (int i = position; i >= 0 && windows.get(i).tile >= firstWindow; i--) {
                windows.get(i).isChanged = true;
            }
        }
        return late;
    }

    /** Adds a partial that was kept in state, but for what is final since. */
    void restore(PartialReader in, long newestFinal) throws IOException {
        while (in.nextGroup()) {
            if (in.tile <= newestFinal) {
                in.skip();
            } else {
                addGroup(in, Math.max(newestFinal, in.tile - spec.tiles()) + 1, IS_KNOWN);
            }
        }
    }

    /** Drops a final window; gives its row, or null when there is no such window. */
    GenericRowData close(long tile) {
        int position = windows.find(tile);
        if (position < 0) {
            return null;
        }
        GenericRowData row = row(position, true);
        ids -= windows.remove(position).ids;
        distinct.forget(isEmpty() ? Long.MAX_VALUE : windows.get(0).tile);
        return row;
    }

    /** The number of windows that a row is asked of in {@link #changedRow}. */
    int size() {
        return windows.size();
    }

    /** The row of a window that changed since its last row; null for one that did not. */
    GenericRowData changedRow(int position) {
        if (!windows.get(position).isChanged) {
            return null;
        }
        windows.get(position).isChanged = false;
        return row(position, false);
    }

    byte[] encode(PartialWriter out, long newestFinal) throws IOException {
        // A tile without events is there for the sake of a later one, which brings its window back.
        List<WindowList.Window> tiles = windows.stream().filter(window -> window.count > 0).toList();
        out.begin(newestFinal, tiles.size());
        for (WindowList.Window window : tiles) {
            out.group(window, window.ids);
            IdTable table = window.ids == 0 ? null : distinct.table(window.tile);
            for (int slot = 0; table != null && slot < table.slots(); slot++) {
                if ((table.bits(slot) & DistinctIds.bit(window.tile)) != 0) {
                    out.id(table.high(slot), table.low(slot));
                }
            }
        }
        return out.end();
    }

    private int addGroup(PartialReader in, long firstWindow, LongConsumer opened) throws IOException {
        int position = open(in.tile, firstWindow, opened);
        WindowList.Window window = windows.get(position);
        window.add(in);
        Partial.Tile unsaved = log.isLong() ? log.unsaved(in.tile) : null;
        if (unsaved != null) {
            unsaved.add(in);
        }
        for (var word = in.nextWord(); word != null; word = in.nextWord()) {
            window.words().add(word);
            if (unsaved != null) {
                unsaved.words().add(word);
            }
        }
        while (in.nextId()) {
            if (addId(position, in.high, in.low) && unsaved != null) {
                unsaved.addId(in.high, in.low);
            }
        }
        return position;
    }

    private boolean addId(int position, long high, long low) {
        WindowList.Window window = windows.get(position);
        if (!distinct.add(high, low, window.tile, windows.get(0).tile)) {
            return false;
        }
        window.ids++;
        ids++;
        int tiles = spec.tiles();
        long elsewhere = tiles == 1 ? 0 : distinct.neighbours(high, low, window.tile);
        long all = (1L << tiles) - 1;
        for (int back = 0; back < tiles && back <= position; back++) {
            WindowList.Window over = windows.get(position - back);
            // Bit 0 is the first tile of the first window over this one, which is tiles - 1 back.
            if (over.tile == window.tile - back && (elsewhere >>> (tiles - 1 - back) & all) == 0) {
                over.distinct++;
            }
        }
        return true;
    }

    /**
     * Makes the windows from {@code firstWindow} to that of the tile where there are none; gives the tile's position.
     */
    private int open(long tile, long firstWindow, LongConsumer opened) {
        int position = windows.find(tile);
        if (position >= 0 && windows.get(position).count > 0) {
            return position;
        }
        for (long each = firstWindow; each <= tile; each++) {
            position = windows.find(each);
            if (position < 0) {
                position = -1 - position;
                windows.insert(position, each);
                opened.accept(each);
            }
        }
        return position;
    }

    private GenericRowData row(int position, boolean isFinal) {
        WindowList.Window window = windows.get(position);
        long end = window.tile + spec.tiles();
        Group sum = window;
        if (spec.tiles() > 1) {
            sum = new Group(window.tile);
            for (int i = position; i < windows.size() && windows.get(i).tile < end; i++) {
                sum.add(windows.get(i));
            }
        }
        return WindowRow.of(key, spec, sum, window.distinct, isFinal);
    }
}
