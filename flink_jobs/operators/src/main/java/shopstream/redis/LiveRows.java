package shopstream.redis;

import java.util.Map;
import org.apache.flink.table.types.logical.RowType;

/**
 * Rows of windows: a hash of each window, and a list of each result's windows. Columns: result, start of the window
 * (TIMESTAMP_LTZ), key of the row, its values as JSON. The layout is described in {@code flink_jobs/live/live_store.py},
 * which reads it.
 */
public final class LiveRows implements Rows {
    private static final long serialVersionUID = 1L;

    final long keptSeconds;
    final Map<String, Integer> listed;

    /**
     * @param keptSeconds how long a window stays after its last change
     * @param listed how many windows of each result are listed
     */
    public LiveRows(long keptSeconds, Map<String, Integer> listed) {
        this.keptSeconds = keptSeconds;
        this.listed = Map.copyOf(listed);
    }

    @Override
    public String script() {
        return null;
    }

    @Override
    public Batch batch(RowType type) {
        return new LiveBatch(this, type);
    }
}
