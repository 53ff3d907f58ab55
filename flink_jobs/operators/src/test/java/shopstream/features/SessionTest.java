package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A session has the same values in whatever order its events arrive. */
class SessionTest {
    private static final long SEED = 20_261_101;
    private static final long TILE = 10;

    private record Change(long time, boolean purchase, long delta) {}

    /** What a shop would do, event by event in order; a purchase takes what was put in at the same moment. */
    private static long cartInOrder(List<Change> changes) {
        List<Change> ordered = new ArrayList<>(changes);
        ordered.sort(Comparator.comparingLong(Change::time).thenComparing(Change::purchase));
        long cart = 0;
        for (Change change : ordered) {
            cart = change.purchase() ? 0 : cart + change.delta();
        }
        return Math.max(0, cart);
    }

    private static Session arrived(List<Change> changes) {
        Session session = new Session();
        for (Change change : changes) {
            session.add(change.time(), change.time() / TILE, change.purchase(), change.delta());
        }
        return session;
    }

    private static void assertEveryOrderGives(long cart, List<Change> changes, int from) {
        if (from == changes.size()) {
            assertEquals(cart, arrived(changes).cartValue(), changes::toString);
            return;
        }
        for (int i = from; i < changes.size(); i++) {
            Collections.swap(changes, from, i);
            assertEveryOrderGives(cart, changes, from + 1);
            Collections.swap(changes, from, i);
        }
    }

    @Test
    void everyOrderOfSevenEventsGivesTheCartInOrder() {
        List<Change> changes = new ArrayList<>(List.of(
                new Change(1, false, 500),
                new Change(2, true, 0),
                new Change(3, false, 40),
                new Change(4, false, 7),
                new Change(5, true, 0),
                new Change(6, false, 300),
                new Change(7, false, -100)));
        assertEquals(200, cartInOrder(changes));
        assertEveryOrderGives(200, changes, 0);
    }

    @Test
    void everyOrderGivesTheCartInOrderWhereMomentsAreEqual() {
        List<Change> changes = new ArrayList<>(List.of(
                new Change(3, false, 40),
                new Change(5, true, 0),
                new Change(5, false, 300),
                new Change(5, false, 9),
                new Change(6, false, 7)));
        assertEquals(7, cartInOrder(changes));
        assertEveryOrderGives(7, changes, 0);
    }

    @Test
    void randomSessionsHaveTheCartInOrder() {
        Random random = new Random(SEED);
        int bought = 0;
        int negative = 0;
        for (int run = 0; run < 5_000; run++) {
            List<Change> changes = new ArrayList<>();
            for (int n = random.nextInt(1, 30); n > 0; n--) {
                boolean purchase = random.nextInt(10) == 0;
                changes.add(new Change(random.nextInt(40), purchase, purchase ? 0 : random.nextInt(-300, 700)));
            }
            long cart = cartInOrder(changes);
            Collections.shuffle(changes, random);
            Session session = arrived(changes);
            assertEquals(cart, session.cartValue(), changes::toString);
            assertEquals(changes.size(), session.events);
            assertEquals(changes.stream().mapToLong(Change::time).min().getAsLong(), session.firstSeen);
            assertEquals(changes.stream().mapToLong(Change::time).max().getAsLong(), session.lastSeen);
            assertEquals(session.lastSeen / TILE, session.lastTile);
            bought += session.lastPurchase == Long.MIN_VALUE ? 0 : 1;
            negative += cart == 0 ? 1 : 0;
        }
        assertTrue(bought > 1_000 && negative > 100, bought + " bought, " + negative + " ended with nothing");
    }

    @Test
    void moreChangesThanAreKeptStillAddUp() {
        Session session = new Session();
        long sum = 0;
        for (int i = 1; i <= 10 * Session.MAX_CART_CHANGES; i++) {
            session.add(i, 0, false, i);
            sum += i;
        }
        assertEquals(Session.MAX_CART_CHANGES, session.cartSize);
        assertEquals(sum, session.cartValue());
        session.add(10L * Session.MAX_CART_CHANGES, 0, true, 0);
        assertEquals(0, session.cartValue());
    }
}
