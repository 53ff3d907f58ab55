package shopstream.features;

/**
 * Everything the features of one product are computed from; times are microseconds since 1970 UTC, amounts millionths.
 * The windows are those of a user, {@link UserWindow}.
 *
 * <p>A hot product has thousands of events a second, so it has a row not for each but for the first event of a second
 * of event time, and one with all of that second once it is over. {@link #isChanged} says that the second is owed.
 */
final class ProductWindow {
    static final long SECOND = 1_000_000L;

    /** A product without an event in its windows is kept this long: far longer than an event may be late. */
    static final long KEPT = Tiles.HOUR;

    static final int COUNTERS = 5;
    static final int VIEWS = 0;
    static final int CARTS = 1;
    static final int PURCHASES = 2;
    static final int UNITS = 3;
    static final int REVENUE = 4;

    long version;
    long clock;

    /** The second of event time whose first event had its row. */
    long rowSecond;

    /** Whether something has changed since the latest row. */
    boolean isChanged;

    final Tiles day = Tiles.ofDay(COUNTERS);
    final Tiles hour = Tiles.ofHour(COUNTERS);

    ProductWindow() {
        clear();
    }

    /** Makes this the window of a product that was never seen. */
    void clear() {
        version = 0;
        clock = Long.MIN_VALUE;
        rowSecond = Long.MIN_VALUE;
        isChanged = false;
        day.size = 0;
        hour.size = 0;
    }

    /** Adds an event; true if it is the first of its second, which has a row at once. */
    boolean add(ProductEvent event) {
        advance(event.time);
        add(day, event);
        add(hour, event);
        isChanged = true;
        long second = Math.floorDiv(clock, SECOND);
        if (second <= rowSecond) {
            return false;
        }
        rowSecond = second;
        return true;
    }

    /** Moves the clock to {@code time} if that is later; true if a value changed by it. */
    boolean advance(long time) {
        if (time <= clock) {
            return false;
        }
        clock = time;
        return day.advance(clock) | hour.advance(clock);
    }

    /** The next moment at which a value changes without an event; {@code Long.MAX_VALUE} if none will. */
    long nextChange() {
        return Math.min(day.nextChange(), hour.nextChange());
    }

    /** The moment at which the changed second is over; {@code Long.MAX_VALUE} if nothing has changed. */
    long rowDue() {
        return isChanged ? (Math.floorDiv(clock, SECOND) + 1) * SECOND : Long.MAX_VALUE;
    }

    /** The moment from which on the product can be forgotten; {@code Long.MAX_VALUE} while it has events. */
    long forgetDue() {
        return day.size == 0 && !isChanged && clock != Long.MIN_VALUE ? clock + KEPT : Long.MAX_VALUE;
    }

    private void add(Tiles tiles, ProductEvent event) {
        int at = tiles.at(event.time, clock);
        if (at != Tiles.GONE) {
            tiles.values[at + VIEWS] += event.view ? 1 : 0;
            tiles.values[at + CARTS] += event.cart ? 1 : 0;
            tiles.values[at + PURCHASES] += event.purchase ? 1 : 0;
            tiles.values[at + UNITS] = Millionths.plus(tiles.values[at + UNITS], event.units);
            tiles.values[at + REVENUE] = Millionths.plus(tiles.values[at + REVENUE], event.revenue);
        }
    }
}
