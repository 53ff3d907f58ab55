package shopstream.features;

/**
 * Everything the features of one user are computed from. Times are microseconds since 1970 UTC, money is in
 * millionths of the currency's unit, so that sums are exact whatever the order of the events.
 *
 * <p>The 24 h window is the hour under way and the 23 before it; the 1 h window the five minutes under way and
 * the 11 such before it. {@link #clock} is the moment the values hold for: the latest event or timer.
 */
final class UserWindow {
    static final long SESSION_GAP = 1_800_000_000L;

    /** Distinct pages, and distinct sessions, kept for one user; a bot may not fill the memory. */
    static final int MAX_DISTINCT = 1_000;

    static final int DAY_COUNTERS = 4;
    static final int DAY_EVENTS = 0;
    static final int DAY_PURCHASES = 1;
    static final int DAY_CART_ADDITIONS = 2;
    static final int DAY_REVENUE = 3;

    static final int HOUR_COUNTERS = 4;
    static final int HOUR_EVENTS = 0;
    static final int HOUR_PRODUCT_VIEWS = 1;
    static final int HOUR_CART_ADDITIONS = 2;
    static final int HOUR_PURCHASES = 3;

    long version;
    long firstSeen;
    long lastSeen;
    long clock;
    boolean capped;
    final Tiles day = Tiles.ofDay(DAY_COUNTERS);
    final Tiles hour = Tiles.ofHour(HOUR_COUNTERS);
    final Pages pages = new Pages();
    final Sessions sessions = new Sessions();

    UserWindow() {
        clear();
    }

    /** Makes this the window of a user who was never seen. */
    void clear() {
        version = 0;
        firstSeen = Long.MAX_VALUE;
        lastSeen = Long.MIN_VALUE;
        clock = Long.MIN_VALUE;
        capped = false;
        day.size = 0;
        hour.size = 0;
        pages.size = 0;
        sessions.size = 0;
        sessions.changes = 0;
        sessions.current = Sessions.NONE;
    }

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
        boolean wasOpen = openSession() != Sessions.NONE;
        clock = time;
        boolean dayChanged = day.advance(clock);
        if (dayChanged) {
            long oldest = day.oldestCounted(clock);
            pages.expire(oldest);
            sessions.expire(oldest * day.length);
            capped &= day.size > 0;
        }
        boolean hourChanged = hour.advance(clock);
        return dayChanged | hourChanged | (wasOpen && openSession() == Sessions.NONE);
    }

    /** The next moment at which a value changes without an event; {@code Long.MAX_VALUE} if none will. */
    long nextChange() {
        long next = Math.min(day.nextChange(), hour.nextChange());
        int open = openSession();
        return open == Sessions.NONE ? next : Math.min(next, sessions.lastSeen(open) + SESSION_GAP);
    }

    /**
     * Place of the session of the latest event that has one, or {@link Sessions#NONE} once it has been silent for
     * {@link #SESSION_GAP}.
     */
    int openSession() {
        int current = sessions.current;
        return current != Sessions.NONE && clock - sessions.lastSeen(current) < SESSION_GAP ? current : Sessions.NONE;
    }

    private void addToDay(UserEvent event) {
        int at = day.at(event.time, clock);
        if (at == Tiles.GONE) {
            return;
        }
        day.values[at + DAY_EVENTS]++;
        day.values[at + DAY_PURCHASES] += event.purchase ? 1 : 0;
        day.values[at + DAY_CART_ADDITIONS] += event.cartAddition ? 1 : 0;
        day.values[at + DAY_REVENUE] = Millionths.plus(day.values[at + DAY_REVENUE], event.revenue);
        if (event.onPage) {
            capped |= !pages.add(event.pageHigh, event.pageLow, day.tile(event.time), MAX_DISTINCT);
        }
        if (event.inSession) {
            capped |= !sessions.add(event, MAX_DISTINCT);
        }
    }

    private void addToHour(UserEvent event) {
        int at = hour.at(event.time, clock);
        if (at == Tiles.GONE) {
            return;
        }
        hour.values[at + HOUR_EVENTS]++;
        hour.values[at + HOUR_PRODUCT_VIEWS] += event.productView ? 1 : 0;
        hour.values[at + HOUR_CART_ADDITIONS] += event.cartAddition ? 1 : 0;
        hour.values[at + HOUR_PURCHASES] += event.purchase ? 1 : 0;
    }
}
