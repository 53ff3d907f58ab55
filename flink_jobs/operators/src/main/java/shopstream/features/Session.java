package shopstream.features;

import java.util.Arrays;

/**
 * One session of a user: how many events, from when to when, and what lies in the cart. Cart changes are kept
 * singly, but only those after the latest purchase, so that the value is right in whatever order events arrive.
 */
final class Session {
    /** More changes than this after one purchase are added to the oldest one kept. */
    static final int MAX_CART_CHANGES = 200;

    long firstSeen;
    long lastSeen;
    long lastTile;
    long events;
    long lastPurchase = Long.MIN_VALUE;
    int cartSize;
    long[] cartTime = new long[0];
    long[] cartChange = new long[0];

    void add(long time, long tile, boolean purchase, long cartDelta) {
        firstSeen = events == 0 ? time : Math.min(firstSeen, time);
        lastSeen = events == 0 ? time : Math.max(lastSeen, time);
        lastTile = events == 0 ? tile : Math.max(lastTile, tile);
        events++;
        if (purchase && time > lastPurchase) {
            lastPurchase = time;
            dropCartUpTo(time);
        }
        if (cartDelta != 0 && time > lastPurchase) {
            addToCart(time, cartDelta);
        }
    }

    long cartValue() {
        long sum = 0;
        for (int i = 0; i < cartSize; i++) {
            sum += cartChange[i];
        }
        return Math.max(0, sum);
    }

    private void addToCart(long time, long change) {
        if (cartSize >= MAX_CART_CHANGES) {
            cartChange[0] += change;
            return;
        }
        if (cartSize == cartTime.length) {
            int capacity = Math.max(2, cartSize * 2);
            cartTime = Arrays.copyOf(cartTime, capacity);
            cartChange = Arrays.copyOf(cartChange, capacity);
        }
        cartTime[cartSize] = time;
        cartChange[cartSize] = change;
        cartSize++;
    }

    private void dropCartUpTo(long time) {
        int kept = 0;
        for (int i = 0; i < cartSize; i++) {
            if (cartTime[i] > time) {
                cartTime[kept] = cartTime[i];
                cartChange[kept] = cartChange[i];
                kept++;
            }
        }
        cartSize = kept;
    }
}
