package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A session has the same values in whatever order its events arrive, and whatever other sessions there are. */
class SessionsTest {
    private static final long SEED = 20_261_101;
    private static final int MANY = 1_000;

    private record Change(String session, long time, boolean purchase, long delta) {
        Change(long time, boolean purchase, long delta) {
            this("s", time, purchase, delta);
        }
    }

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

    private static boolean add(Sessions sessions, Change change, int most) {
        UserEvent event = new UserEvent();
        event.time = change.time();
        event.purchase = change.purchase();
        event.cartDelta = change.delta();
        Texts.session(event, change.session());
        return sessions.add(event, most);
    }

    private static Sessions arrived(List<Change> changes) {
        Sessions sessions = new Sessions();
        changes.forEach(change -> assertTrue(add(sessions, change, MANY)));
        return sessions;
    }

    private static void assertEveryOrderGives(long cart, List<Change> changes, int from) {
        if (from == changes.size()) {
            assertEquals(cart, arrived(changes).cartValue(0), changes::toString);
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
    void randomSessionsSideBySideHaveTheirCartsInOrder() {
        Random random = new Random(SEED);
        int bought = 0;
        int negative = 0;
        int forgotten = 0;
        for (int run = 0; run < 5_000; run++) {
            TreeMap<String, List<Change>> model = new TreeMap<>();
            List<Change> changes = new ArrayList<>();
            for (int n = random.nextInt(1, 40); n > 0; n--) {
                boolean purchase = random.nextInt(10) == 0;
                String session = "s" + random.nextInt(3);
                long time = random.nextInt(40);
                changes.add(new Change(session, time, purchase, purchase ? 0 : random.nextInt(-300, 700)));
            }
            Collections.shuffle(changes, random);
            changes.forEach(change -> model.computeIfAbsent(change.session(), new_ -> new ArrayList<>()).add(change));
            Sessions sessions = arrived(changes);
            assertSame(model, sessions);
            bought += changes.stream().anyMatch(Change::purchase) ? 1 : 0;
            negative += model.values().stream().anyMatch(own -> cartInOrder(own) == 0) ? 1 : 0;

            long oldest = random.nextInt(41);
            model.values().removeIf(own -> own.stream().mapToLong(Change::time).max().getAsLong() < oldest);
            forgotten += sessions.size - model.size();
            sessions.expire(oldest);
            assertSame(model, sessions);
        }
        assertTrue(bought > 1_000 && negative > 100 && forgotten > 1_000, bought + " " + negative + " " + forgotten);
    }

    private static void assertSame(TreeMap<String, List<Change>> model, Sessions sessions) {
        assertEquals(model.size(), sessions.size);
        long latest = model.values().stream().flatMap(List::stream).mapToLong(Change::time).max().orElse(0);
        if (sessions.size > 0) {
            assertEquals(latest, sessions.lastSeen(sessions.current));
        } else {
            assertEquals(Sessions.NONE, sessions.current);
        }
        UserEvent event = new UserEvent();
        model.forEach((name, own) -> {
            Texts.session(event, name);
            int found = 0;
            for (int i = 0; i < sessions.size; i++) {
                if (sessions.rows[i * Sessions.FIELDS] == event.sessionHigh) {
                    found++;
                    assertEquals(cartInOrder(own), sessions.cartValue(i), own::toString);
                    assertEquals(own.size(), sessions.events(i));
                    assertEquals(own.stream().mapToLong(Change::time).min().getAsLong(), sessions.firstSeen(i));
                    assertEquals(own.stream().mapToLong(Change::time).max().getAsLong(), sessions.lastSeen(i));
                }
            }
            assertEquals(1, found);
        });
    }

    @Test
    void theSessionWhoseLatestEventIsTheLatestIsTheCurrentOneAndOfTwoTheOneThatCameLast() {
        Sessions sessions = arrived(List.of(new Change("a", 5, false, 0), new Change("b", 3, false, 0)));
        assertEquals(0, sessions.current);
        add(sessions, new Change("b", 5, false, 0), MANY);
        assertEquals(1, sessions.current);
    }

    @Test
    void noSessionIsNewWhereThereAreEnough() {
        Sessions sessions = arrived(List.of(new Change("a", 5, false, 0), new Change("b", 3, false, 0)));
        assertFalse(add(sessions, new Change("c", 9, false, 0), 2));
        assertTrue(add(sessions, new Change("a", 9, false, 0), 2));
        assertEquals(2, sessions.size);
    }

    @Test
    void moreChangesThanAreKeptStillAddUp() {
        Sessions sessions = new Sessions();
        long sum = 0;
        for (int i = 1; i <= 10 * Sessions.MAX_CART_CHANGES; i++) {
            add(sessions, new Change(i, false, i), MANY);
            sum += i;
        }
        assertEquals(Sessions.MAX_CART_CHANGES, sessions.changes);
        assertEquals(sum, sessions.cartValue(0));
        add(sessions, new Change(10L * Sessions.MAX_CART_CHANGES, true, 0), MANY);
        assertEquals(0, sessions.cartValue(0));
        assertEquals(0, sessions.changes);
    }

    @Test
    void theCartsOfAllSessionsAreBoundedTogether() {
        Sessions sessions = new Sessions();
        int each = 100;
        for (int session = 0; session < MANY; session++) {
            for (int i = 1; i <= each; i++) {
                add(sessions, new Change("s" + session, i, false, i), MANY);
            }
        }
        assertTrue(sessions.changes <= Sessions.MAX_ALL_CART_CHANGES + MANY, sessions.changes + " changes");
        for (int session = 0; session < MANY; session++) {
            assertEquals(each * (each + 1) / 2, sessions.cartValue(session));
        }
    }
}
