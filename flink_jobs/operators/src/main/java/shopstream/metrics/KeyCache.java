package shopstream.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;

/**
 * The keys whose windows are in memory, and how they come from state and go there. About {@code mostIds} ids are
 * held; with more, keys that were not needed lately leave. Methods that read or write state use the operator's
 * current key.
 */
final class KeyCache {
    /** Makes a key the current one of the state. */
    interface KeyContext {
        void setCurrentKey(Object key);
    }

    /** What a key without ids takes, in ids. */
    private static final int IDS_OF_KEY = 12;

    /** A key with more ids than this share of the limit is large: it stays in memory, and its state is a log. */
    private static final int LARGE = 1_024;

    private final WindowSpec spec;
    private final long mostIds;
    private final ListState<byte[]> state;
    private final KeyContext context;
    private final Map<String, KeyWindows> keys = new HashMap<>();
    private final List<KeyWindows> dirty = new ArrayList<>();
    private final PartialReader reader = new PartialReader();
    private final PartialWriter writer = new PartialWriter();
    private long ids;
    private long shedAt;

    KeyCache(WindowSpec spec, long mostIds, ListState<byte[]> state, KeyContext context) {
        this.spec = spec;
        this.mostIds = mostIds;
        this.state = state;
        this.context = context;
        this.shedAt = mostIds;
    }

    /** The windows of the current key; without any where there are none. */
    KeyWindows get(String name) throws Exception {
        KeyWindows key = keys.get(name);
        if (key == null) {
            key = new KeyWindows(name, spec, new KeyLog(mostIds / LARGE));
            key.log.load(key, state, reader);
            keys.put(name, key);
            ids += key.ids() + IDS_OF_KEY;
        }
        key.isUsed = true;
        return key;
    }

    /** After the current key has changed; it had so many ids before. A key without windows is forgotten. */
    void changed(KeyWindows key, long idsBefore) {
        ids += key.ids() - idsBefore;
        if (key.isEmpty()) {
            key.log.clear(state);
            key.isDirty = false;
            keys.remove(key.key);
            ids -= IDS_OF_KEY;
        } else if (!key.isDirty) {
            key.isDirty = true;
            dirty.add(key);
        }
    }

    /** Writes what has changed to state. */
    void save(long watermark) throws Exception {
        for (KeyWindows key : dirty) {
            if (key.isDirty) {
                key.isDirty = false;
                context.setCurrentKey(key.key);
                key.log.save(key, state, writer, spec.newestFinal(watermark));
            }
        }
        dirty.clear();
    }

    boolean isFull() {
        return ids > shedAt;
    }

    /** Makes room: keys that were not needed since the last time go first. No row may be due. */
    void shed(long watermark) throws Exception {
        save(watermark);
        shedUnless(true);
        shedUnless(false);
        shedAt = Math.max(mostIds, ids + ids / 4);
    }

    private void shedUnless(boolean isUsed) {
        Iterator<KeyWindows> each = keys.values().iterator();
        while (ids > mostIds / 2 && each.hasNext()) {
            KeyWindows key = each.next();
            if (key.ids() <= mostIds / LARGE && !(isUsed && key.isUsed)) {
                each.remove();
                ids -= key.ids() + IDS_OF_KEY;
            }
            key.isUsed = false;
        }
    }
}
