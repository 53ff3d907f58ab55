package shopstream.features;

import java.io.IOException;

/**
 * A {@link UserWindow} as bytes. One compact value is read and written for each event, instead of one state access
 * for each tile, page and session; reading fills a window that is there already.
 */
final class UserWindowCodec {
    private static final int LAYOUT = 2;
    private static final int FIXED = 8;

    private final StateBytes state = new StateBytes(LAYOUT, "user");

    byte[] encode(UserWindow window) {
        Tiles day = window.day;
        Tiles hour = window.hour;
        Sessions sessions = window.sessions;
        int length = length(day.size, hour.size, window.pages.size, sessions.size, sessions.changes);
        state.write(window.capped ? 1 : 0, length);
        state.put((long) day.size << 32 | hour.size);
        state.put((long) sessions.size << 32 | sessions.changes);
        state.put(window.pages.size);
        state.put(sessions.current);
        state.put(window.version);
        state.put(window.firstSeen);
        state.put(window.lastSeen);
        state.put(window.clock);
        day.write(state);
        hour.write(state);
        state.put(window.pages.entries, window.pages.size * Pages.FIELDS);
        state.put(sessions.rows, sessions.size * Sessions.FIELDS);
        state.put(sessions.cart, sessions.changes * Sessions.CHANGE_FIELDS);
        return state.written();
    }

    /** Reads what {@link #encode} gave; null is a user who was never seen. */
    void decode(byte[] bytes, UserWindow window) throws IOException {
        if (bytes == null) {
            window.clear();
            return;
        }
        window.capped = state.read(bytes) != 0;
        if (bytes.length < (1 + FIXED) * Long.BYTES) {
            state.expect(FIXED);
        }
        long tiles = state.get();
        int days = (int) (tiles >> 32);
        int hours = (int) tiles;
        long visits = state.get();
        int visited = (int) (visits >> 32);
        int changes = (int) visits;
        int pages = (int) state.get();
        state.expect(length(days, hours, pages, visited, changes) - 3);
        window.sessions.current = (int) state.get();
        window.version = state.get();
        window.firstSeen = state.get();
        window.lastSeen = state.get();
        window.clock = state.get();
        window.day.read(state, days);
        window.hour.read(state, hours);
        window.pages.grow(pages);
        window.pages.size = pages;
        state.get(window.pages.entries, pages * Pages.FIELDS);
        window.sessions.grow(visited, changes);
        window.sessions.size = visited;
        window.sessions.changes = changes;
        state.get(window.sessions.rows, visited * Sessions.FIELDS);
        state.get(window.sessions.cart, changes * Sessions.CHANGE_FIELDS);
    }

    private static int length(int days, int hours, int pages, int sessions, int changes) {
        return FIXED
                + days * (1 + UserWindow.DAY_COUNTERS)
                + hours * (1 + UserWindow.HOUR_COUNTERS)
                + pages * Pages.FIELDS
                + sessions * Sessions.FIELDS
                + changes * Sessions.CHANGE_FIELDS;
    }
}
