package shopstream.features;

/** What one event means for one product; which event types count as what is decided in SQL. */
final class ProductEvent {
    private static final int VIEW = 1;
    private static final int CART = 2;
    private static final int PURCHASE = 4;

    /** Microseconds since 1970 UTC. */
    long time;

    boolean view;
    boolean cart;
    boolean purchase;

    /** Millionths. */
    long units;

    /** Millionths of the currency's unit. */
    long revenue;

    /** The event as numbers, its time first. */
    long[] numbers() {
        return new long[] {time, (view ? VIEW : 0) | (cart ? CART : 0) | (purchase ? PURCHASE : 0), units, revenue};
    }

    /** Takes the values that {@link #numbers} gave. */
    void take(long[] numbers) {
        time = numbers[0];
        view = (numbers[1] & VIEW) != 0;
        cart = (numbers[1] & CART) != 0;
        purchase = (numbers[1] & PURCHASE) != 0;
        units = numbers[2];
        revenue = numbers[3];
    }
}
