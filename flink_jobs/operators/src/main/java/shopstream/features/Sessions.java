package shopstream.features;

import java.util.Arrays;

/**
 * The sessions of a user, each with its number of events, from when to when, and what lies in its cart. Cart changes
 * are kept singly, but only those after the session's latest purchase, so that the value is right in whatever order
 * events arrive. All of it is longs, which are copied as they are into the state.
 */
final class Sessions {
    /** More changes than this of one session after one purchase are added to the oldest one kept. */
    static final int MAX_CART_CHANGES = 200;

    /** So are those of a user with more than this in all sessions; so nothing grows without end. */
    static final int MAX_ALL_CART_CHANGES = 2_000;

    static final int NONE = -1;

    /** Longs of a session: its fingerprint, first and last event, number of events, latest purchase. */
    static final int FIELDS = 6;

    /** Longs of a cart change: the session's place, time, millionths. */
    static final int CHANGE_FIELDS = 3;

    private static final int FIRST_SEEN = 2;
    private static final int LAST_SEEN = 3;
    private static final int EVENTS = 4;
    private static final int LAST_PURCHASE = 5;

    int size;
    long[] rows = new long[FIELDS];
    int changes;
    long[] cart = new long[2 * CHANGE_FIELDS];

    /** Place of the session whose latest event is the latest of all, or {@link #NONE}. */
    int current = NONE;

    /** Adds an event to its session; false if that is new and {@code most} are there already. */
    boolean add(UserEvent event, int most) {
        int session = find(event.sessionHigh, event.sessionLow);
        if (session == NONE) {
            if (size >= most) {
                return false;
            }
            session = begin(event);
        }
        int row = session * FIELDS;
        rows[row + FIRST_SEEN] = Math.min(rows[row + FIRST_SEEN], event.time);
        rows[row + LAST_SEEN] = Math.max(rows[row + LAST_SEEN], event.time);
        rows[row + EVENTS]++;
        if (event.purchase && event.time > rows[row + LAST_PURCHASE]) {
            rows[row + LAST_PURCHASE] = event.time;
            emptyCart(session, event.time);
        }
        if (event.cartDelta != 0 && event.time > rows[row + LAST_PURCHASE]) {
            change(session, event.time, event.cartDelta);
        }
        if (current == NONE || lastSeen(session) >= lastSeen(current)) {
            current = session;
        }
        return true;
    }

    /** Forgets the sessions whose latest event lies before a moment. */
    void expire(long oldest) {
        int kept = 0;
        int newCurrent = NONE;
        for (int session = 0; session < size; session++) {
            int place = lastSeen(session) < oldest ? NONE : kept++;
            if (place != session) {
                move(session, place);
            }
            if (session == current) {
                newCurrent = place;
            }
        }
        size = kept;
        current = newCurrent;
    }

    long firstSeen(int session) {
        return rows[session * FIELDS + FIRST_SEEN];
    }

    long lastSeen(int session) {
        return rows[session * FIELDS + LAST_SEEN];
    }

    long events(int session) {
        return rows[session * FIELDS + EVENTS];
    }

    /** Millionths; never below 0. */
    long cartValue(int session) {
        long sum = 0;
        for (int i = 0; i < changes * CHANGE_FIELDS; i += CHANGE_FIELDS) {
            sum = cart[i] == session ? Millionths.plus(sum, cart[i + 2]) : sum;
        }
        return Math.max(0, sum);
    }

    /** Makes room for so many sessions and cart changes. */
    void grow(int sessions, int cartChanges) {
        if (rows.length < sessions * FIELDS) {
            rows = Arrays.copyOf(rows, Math.max(sessions * FIELDS, 2 * rows.length));
        }
        if (cart.length < cartChanges * CHANGE_FIELDS) {
            cart = Arrays.copyOf(cart, Math.max(cartChanges * CHANGE_FIELDS, 2 * cart.length));
        }
    }

    private int find(long high, long low) {
        for (int i = 0; i < size * FIELDS; i += FIELDS) {
            if (rows[i] == high && rows[i + 1] == low) {
                return i / FIELDS;
            }
        }
        return NONE;
    }

    private int begin(UserEvent event) {
        grow(size + 1, changes);
        int row = size * FIELDS;
        rows[row] = event.sessionHigh;
        rows[row + 1] = event.sessionLow;
        rows[row + FIRST_SEEN] = event.time;
        rows[row + LAST_SEEN] = event.time;
        rows[row + EVENTS] = 0;
        rows[row + LAST_PURCHASE] = Long.MIN_VALUE;
        return size++;
    }

    private void change(int session, long time, long millionths) {
        int own = 0;
        int oldest = NONE;
        for (int i = 0; i < changes * CHANGE_FIELDS; i += CHANGE_FIELDS) {
            if (cart[i] == session) {
                oldest = own++ == 0 ? i : oldest;
            }
        }
        if (own >= MAX_CART_CHANGES || own > 0 && changes >= MAX_ALL_CART_CHANGES) {
            cart[oldest + 2] += millionths;
            return;
        }
        grow(size, changes + 1);
        int at = changes++ * CHANGE_FIELDS;
        cart[at] = session;
        cart[at + 1] = time;
        cart[at + 2] = millionths;
    }

    private void emptyCart(int session, long upTo) {
        keepChanges((owner, time) -> owner == session && time <= upTo ? NONE : owner);
    }

    private void move(int from, int to) {
        if (to != NONE) {
            System.arraycopy(rows, from * FIELDS, rows, to * FIELDS, FIELDS);
        }
        if (changes > 0) {
            keepChanges((owner, time) -> owner == from ? to : owner);
        }
    }

    @FunctionalInterface
    private interface Owner {
        long of(long session, long time);
    }

    /** Gives each cart change the session that {@code owner} names; those of {@link #NONE} go. */
    private void keepChanges(Owner owner) {
        int kept = 0;
        for (int i = 0; i < changes * CHANGE_FIELDS; i += CHANGE_FIELDS) {
            long session = owner.of(cart[i], cart[i + 1]);
            if (session != NONE) {
                cart[kept] = session;
                cart[kept + 1] = cart[i + 1];
                cart[kept + 2] = cart[i + 2];
                kept += CHANGE_FIELDS;
            }
        }
        changes = kept / CHANGE_FIELDS;
    }
}
