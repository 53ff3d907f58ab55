package shopstream.metrics;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.state.ListState;

/**
 * How the windows of a key are kept in state. Few ids are written as a whole whenever they have changed. Of many
 * only what came since the last time is added, so that a checkpoint costs what changed; the whole is written again
 * once the entries together are about twice as long.
 */
final class KeyLog {
    private static final long BYTES_OF_ID = 16;

    private final long manyIds;
    private boolean isStored;
    private long bytes;
    /** Null while the whole is written. */
    private Partial unsaved;

    /** {@code manyIds}: from so many ids on only changes are written. */
    KeyLog(long manyIds) {
        this.manyIds = manyIds;
    }

    boolean isLong() {
        return unsaved != null;
    }

    Partial.Tile unsaved(long tile) {
        return unsaved.at(tile);
    }

    /** Writes the windows of the current key. */
    void save(KeyWindows windows, ListState<byte[]> state, PartialWriter out, long newestFinal) throws Exception {
        if (unsaved != null && bytes <= 2 * BYTES_OF_ID * (windows.ids() + manyIds)) {
            byte[] change = unsaved.encode(out, newestFinal);
            state.add(change);
            bytes += change.length;
            unsaved = new Partial();
        } else {
            byte[] whole = windows.encode(out, newestFinal);
            state.update(List.of(whole));
            bytes = whole.length;
            unsaved = windows.ids() < manyIds ? null : new Partial();
        }
        isStored = true;
    }

    /** Reads the windows of the current key into an empty object; false when state has none. */
    boolean load(KeyWindows windows, ListState<byte[]> state, PartialReader in) throws IOException {
        Iterable<byte[]> entries = entries(state);
        long newestFinal = Long.MIN_VALUE;
        for (byte[] entry : entries) {
            in.begin(entry);
            newestFinal = Math.max(newestFinal, in.newestFinal);
            bytes += entry.length;
            isStored = true;
        }
        for (byte[] entry : entries) {
            in.begin(entry);
            windows.restore(in, newestFinal);
        }
        // Where many ids lie in one object more than one entry follows.
        unsaved = windows.ids() < manyIds ? null : new Partial();
        return isStored;
    }

    /** Deletes what state has of the current key. */
    void clear(ListState<byte[]> state) {
        if (isStored) {
            state.clear();
            isStored = false;
        }
    }

    private static Iterable<byte[]> entries(ListState<byte[]> state) throws IOException {
        try {
            Iterable<byte[]> entries = state.get();
            return entries == null ? List.of() : entries;
        } catch (Exception error) {
            throw new IOException("the windows cannot be read from state", error);
        }
    }
}
