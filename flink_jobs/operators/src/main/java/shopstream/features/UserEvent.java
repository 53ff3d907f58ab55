package shopstream.features;

/** What one event means for its user; which event types count as what is decided in SQL. */
final class UserEvent {
    private static final int PURCHASE = 1;
    private static final int CART_ADDITION = 2;
    private static final int PRODUCT_VIEW = 4;
    private static final int SESSION = 8;
    private static final int PAGE = 16;

    /** Microseconds since 1970 UTC. */
    long time;

    boolean purchase;
    boolean cartAddition;
    boolean productView;

    /** Whether the event has a session, whose fingerprint then follows. */
    boolean inSession;

    long sessionHigh;
    long sessionLow;

    /** Whether the event views a page, whose fingerprint then follows. */
    boolean onPage;

    long pageHigh;
    long pageLow;

    /** Millionths of the currency's unit. */
    long revenue;

    /** Change of the cart's value, in millionths. */
    long cartDelta;

    /** The event as numbers, its time first. */
    long[] numbers() {
        long kind = (purchase ? PURCHASE : 0)
                | (cartAddition ? CART_ADDITION : 0)
                | (productView ? PRODUCT_VIEW : 0)
                | (inSession ? SESSION : 0)
                | (onPage ? PAGE : 0);
        return new long[] {time, kind, sessionHigh, sessionLow, pageHigh, pageLow, revenue, cartDelta};
    }

    /** Takes the values that {@link #numbers} gave. */
    void take(long[] numbers) {
        time = numbers[0];
        purchase = (numbers[1] & PURCHASE) != 0;
        cartAddition = (numbers[1] & CART_ADDITION) != 0;
        productView = (numbers[1] & PRODUCT_VIEW) != 0;
        inSession = (numbers[1] & SESSION) != 0;
        onPage = (numbers[1] & PAGE) != 0;
        sessionHigh = numbers[2];
        sessionLow = numbers[3];
        pageHigh = numbers[4];
        pageLow = numbers[5];
        revenue = numbers[6];
        cartDelta = numbers[7];
    }
}
