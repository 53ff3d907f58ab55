package shopstream.features;

/** What one event means for its user; which event types count as what is decided in SQL. */
final class UserEvent {
    long time;
    String session;
    String page;
    boolean purchase;
    boolean cartAddition;
    boolean productView;
    /** Millionths of the currency's unit. */
    long revenue;

    /** Change of the cart's value, in millionths. */
    long cartDelta;
}
