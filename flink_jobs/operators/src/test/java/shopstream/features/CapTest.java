package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A bot may not fill the memory: distinct values are kept up to a number, and the row says so. */
class CapTest {
    private static final int EVENTS = 100_000;
    private static final int MAX_STATE_BYTES = 60_000;
    private static final long NOON = 1_793_534_400_000_000L;

    private final UserWindow window = new UserWindow();
    private final UserEvent event = new UserEvent();

    @Test
    void pagesAreKeptUpToTheCap() {
        for (int i = 0; i < EVENTS; i++) {
            assertEquals(i > UserWindow.MAX_DISTINCT, window.capped);
            view("/products/" + i, "s", i);
        }
        assertTrue(window.capped);
        assertEquals(UserWindow.MAX_DISTINCT, window.pages.size);
        assertEquals(EVENTS, window.day.sum(UserWindow.DAY_EVENTS), "what is only counted stays exact");
        assertEquals(EVENTS, window.sessions.events(0));
        assertStateIsSmall();
    }

    @Test
    void sessionsAreKeptUpToTheCap() {
        for (int i = 0; i < EVENTS; i++) {
            view("/", "session-" + i, i);
        }
        assertTrue(window.capped);
        assertEquals(UserWindow.MAX_DISTINCT, window.sessions.size);
        assertEquals(EVENTS, window.day.sum(UserWindow.DAY_EVENTS));
        assertStateIsSmall();
    }

    @Test
    void thePagesOfAFullWindowAreNoReasonToCap() {
        for (int i = 0; i < 10 * UserWindow.MAX_DISTINCT; i++) {
            view("/products/" + i % UserWindow.MAX_DISTINCT, "s", i);
        }
        assertEquals(UserWindow.MAX_DISTINCT, window.pages.size);
        assertFalse(window.capped);
    }

    @Test
    void aPageIsThereAgainOnceOthersAreForgotten() {
        for (int i = 0; i <= UserWindow.MAX_DISTINCT; i++) {
            view("/products/" + i, "s", i);
        }
        view("/new", "t", 24 * Tiles.HOUR);
        assertEquals(1, window.pages.size);
        assertFalse(window.capped);
        view("/new", "t", 24 * Tiles.HOUR + 1);
        assertEquals(1, window.pages.size);
    }

    @Test
    void aPageSeenAgainStaysAsLongAsItWasSeenLast() {
        view("/", "s", 0);
        view("/", "s", 5 * Tiles.HOUR);
        view("/", "s", Tiles.HOUR);
        window.advance(NOON + 24 * Tiles.HOUR);
        assertEquals(1, window.pages.size);
        window.advance(NOON + 28 * Tiles.HOUR);
        assertEquals(1, window.pages.size);
        window.advance(NOON + 29 * Tiles.HOUR);
        assertEquals(0, window.pages.size);
    }

    private void view(String page, String session, long after) {
        event.time = NOON + after;
        Texts.page(event, page);
        Texts.session(event, session);
        window.add(event);
    }

    private void assertStateIsSmall() {
        int bytes = new UserWindowCodec().encode(window).length;
        assertTrue(bytes < MAX_STATE_BYTES, bytes + " bytes");
    }
}
