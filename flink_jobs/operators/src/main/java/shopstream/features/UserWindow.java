package shopstream.features;

import java.util.HashMap;
import java.util.Map;

/**
 * Everything the features of one user are computed from. Times are microseconds since 1970 UTC, money is in
 * millionths of the currency's unit, so that sums are exact whatever the order of the events.
 *
 * <p>The 24 h window is the hour under way and the 23 before it; the 1 h window the five minutes under way and
 * the 11 such before it. {@link #clock} is the moment the values hold for: the latest event or timer.
 */
final class UserWindow {
    static final long HOUR = 3_600_000_000L;
    static final long FIVE_MINUTES = 300_000_000L;
    static final long SESSION_GAP = 1_800_000_000L;

    /** Distinct pages, and distinct sessions, kept for one user; a bot may not fill the memory. */
    static final int MAX_DISTINCT = 1_000;

    static final int DAY_EVENTS = 0;
    static final int DAY_PURCHASES = 1;
    static final int DAY_CART_ADDITIONS = 2;
    static final int DAY_REVENUE = 3;

    static final int HOUR_EVENTS = 0;
    static final int HOUR_PRODUCT_VIEWS = 1;
    static final int HOUR_CART_ADDITIONS = 2;
    static final int HOUR_PURCHASES = 3;

    long version;
    long firstSeen = Long.MAX_VALUE;
    long lastSeen = Long.MIN_VALUE;
    long clock = Long.MIN_VALUE;
    boolean capped;
    final Tiles day = new Tiles(24, 4);
    final Tiles hour = new Tiles(12, 4);
    /** Page to the latest hour tile in which it was seen. */
    final Map<String, Long> pages = new HashMap<>();

    final Map<String, Session> sessions = new HashMap<>();
    String currentSession;

    void add(UserEvent event) {
        version++;
        firstSeen = Math.min(firstSeen, event.time);
        lastSeen = Math.max(lastSeen, event.time);
        advance(event.time);
        addToDay(event);
        addToHour(event);
    }

    /** Moves the clock to {@code time} if that is later; true if a value changed by it. */
    boolean advance(long time) {
        if (time <= clock) {
            return false;
        }
        boolean wasOpen = sessionIsOpen();
        clock = time;
        long oldestHour = day.oldestCounted(Math.floorDiv(clock, HOUR));
        boolean dayChanged = day.expire(oldestHour);
        if (dayChanged) {
            pages.values().removeIf(tile -> tile < oldestHour);
            sessions.values().removeIf(session -> session.lastTile < oldestHour);
            capped &= day.size > 0;
        }
        boolean hourChanged = hour.expire(hour.oldestCounted(Math.floorDiv(clock, FIVE_MINUTES)));
        return dayChanged | hourChanged | (wasOpen && !sessionIsOpen());
    }

    /** The next moment at which a value changes without an event; {@code Long.MAX_VALUE} if none will. */
    long nextChange() {
        long next = Long.MAX_VALUE;
        if (day.size > 0) {
            next = (day.index[0] + day.width) * HOUR;
        }
        if (hour.size > 0) {
            next = Math.min(next, (hour.index[0] + hour.width) * FIVE_MINUTES);
        }
        if (sessionIsOpen()) {
            next = Math.min(next, sessions.get(currentSession).lastSeen + SESSION_GAP);
        }
        return next;
    }

    /** The session of the latest event that has one, or null once it has been silent for {@link #SESSION_GAP}. */
    Session openSession() {
        return sessionIsOpen() ? sessions.get(currentSession) : null;
    }

    private boolean sessionIsOpen() {
        Session current = currentSession == null ? null : sessions.get(currentSession);
        return current != null && clock - current.lastSeen < SESSION_GAP;
    }

    private void addToDay(UserEvent event) {
        long tile = Math.floorDiv(event.time, HOUR);
        if (tile < day.oldestCounted(Math.floorDiv(clock, HOUR))) {
            return;
        }
        int at = day.at(tile);
        day.values[at + DAY_EVENTS]++;
        day.values[at + DAY_PURCHASES] += event.purchase ? 1 : 0;
        day.values[at + DAY_CART_ADDITIONS] += event.cartAddition ? 1 : 0;
        day.values[at + DAY_REVENUE] += event.revenue;
        if (event.page != null) {
            if (pages.size() < MAX_DISTINCT || pages.containsKey(event.page)) {
                pages.merge(event.page, tile, Math::max);
            } else {
                capped = true;
            }
        }
        if (event.session != null) {
            addToSession(event, tile);
        }
    }

    private void addToSession(UserEvent event, long tile) {
        Session session = sessions.get(event.session);
        if (session == null) {
            if (sessions.size() >= MAX_DISTINCT) {
                capped = true;
                return;
            }
            session = new Session();
            sessions.put(event.session, session);
        }
        session.add(event.time, tile, event.purchase, event.cartDelta);
        Session current = sessions.get(currentSession);
        if (current == null || session.lastSeen >= current.lastSeen) {
            currentSession = event.session;
        }
    }

    private void addToHour(UserEvent event) {
        long tile = Math.floorDiv(event.time, FIVE_MINUTES);
        if (tile < hour.oldestCounted(Math.floorDiv(clock, FIVE_MINUTES))) {
            return;
        }
        int at = hour.at(tile);
        hour.values[at + HOUR_EVENTS]++;
        hour.values[at + HOUR_PRODUCT_VIEWS] += event.productView ? 1 : 0;
        hour.values[at + HOUR_CART_ADDITIONS] += event.cartAddition ? 1 : 0;
        hour.values[at + HOUR_PURCHASES] += event.purchase ? 1 : 0;
    }
}
