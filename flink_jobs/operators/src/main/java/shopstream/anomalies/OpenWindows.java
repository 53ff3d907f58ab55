package shopstream.anomalies;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.dataview.MapView;

/**
 * The windows that are not final, of all event types; each is a state entry of its own, for while a backlog is read there may be
 * thousands of them before the watermark moves.
 */
final class OpenWindows {
    private final MapView<String, DetectAnomalies.Known> rows;

    OpenWindows(MapView<String, DetectAnomalies.Known> rows) {
        this.rows = rows;
    }

    /** True if the window is new. */
    boolean put(String eventType, Window window) throws Exception {
        String key = key(eventType, window.slot());
        boolean isNew = !rows.contains(key);
        rows.put(key, new DetectAnomalies.Known(window.events(), window.users()));
        return isNew;
    }

    /** Removes the window and returns it; null if it had no event. */
    Window take(String eventType, long slot) throws Exception {
        String key = key(eventType, slot);
        DetectAnomalies.Known known = rows.get(key);
        if (known == null) {
            return null;
        }
        rows.remove(key);
        return window(slot, known);
    }

    /** Those of one event type, the oldest first; reads the ones of all types. */
    List<Window> of(String eventType) throws Exception {
        List<Window> found = new ArrayList<>();
        for (Map.Entry<String, DetectAnomalies.Known> entry : rows.entries()) {
            String key = entry.getKey();
            int end = key.indexOf('/');
            if (key.length() - end - 1 == eventType.length() && key.endsWith(eventType)) {
                found.add(window(Long.parseLong(key, 0, end, 10), entry.getValue()));
            }
        }
        found.sort(Comparator.comparingLong(Window::slot));
        return found;
    }

    private static Window window(long slot, DetectAnomalies.Known known) {
        return new Window(slot, known.events, known.users);
    }

    private static String key(String eventType, long slot) {
        return slot + "/" + eventType;
    }
}
