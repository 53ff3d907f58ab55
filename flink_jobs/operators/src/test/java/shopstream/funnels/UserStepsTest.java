package shopstream.funnels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The counted attempt against a search through all chains, and the cases that decide what a funnel is. */
class UserStepsTest {
    private static final long SEED = 20_261_101;
    private static final long SECOND = FunnelShape.MICROS;
    private static final long NINE = 498_204;
    private static final long NOON = NINE * FunnelShape.HOUR;
    private static final FunnelShape SHAPE = new FunnelShape(4, 1, 3_600, 600);

    private record Event(int step, long time, String touch) {}

    @Test
    void randomEventsInAnyOrderEqualASearchThroughAllChains() {
        Random random = new Random(SEED);
        int deep = 0;
        for (int run = 0; run < 4_000; run++) {
            FunnelShape shape = new FunnelShape(2 + random.nextInt(3), 1, 1 + random.nextInt(7_200), 600);
            List<Event> events = events(random, shape.steps());
            UserSteps user = new UserSteps(shape);
            for (int i = 0; i < events.size(); i++) {
                Event event = events.get(i);
                assertEquals(
                        UserSteps.Fate.KEPT, user.add(event.step, event.time, new String[] {event.touch}));
                List<Event> sofar = events.subList(0, i + 1);
                for (long hour = NINE - 1; hour <= NINE + 4; hour++) {
                    deep += assertCounted(search(sofar, shape, hour), user.counted(hour)) ? 1 : 0;
                }
            }
            Collections.shuffle(events, random);
            UserSteps again = new UserSteps(shape);
            events.forEach(event -> again.add(event.step, event.time, new String[] {event.touch}));
            for (long hour = NINE - 1; hour <= NINE + 4; hour++) {
                Attempt first = user.counted(hour);
                assertTrue(first == null ? again.counted(hour) == null : first.sameAs(again.counted(hour)));
            }
        }
        assertTrue(deep > 1_000, deep + " attempts came further than the second step");
    }

    @Test
    void theConversionWindowHoldsItsLastMoment() {
        UserSteps user = user(0, 0, 1, 3_600 * SECOND);
        assertArrayEquals(new int[] {0, 3_600}, user.counted(NINE).seconds());
        assertArrayEquals(new int[] {0}, user(0, 0, 1, 3_600 * SECOND + 1).counted(NINE).seconds());
    }

    @Test
    void stepsOfOneMomentFollowOneAnother() {
        assertEquals(4, user(3, 0, 2, 0, 1, 0, 0, 0).counted(NINE).seconds().length);
    }

    @Test
    void aStepBeforeTheOneBeforeItDoesNotCount() {
        assertEquals(1, user(0, 1, 1, 0).counted(NINE).seconds().length);
        assertEquals(2, user(0, 0, 2, 1, 1, 2).counted(NINE).seconds().length);
    }

    @Test
    void theDeepestAttemptCountsAndOfEquallyDeepOnesTheEarliest() {
        UserSteps user = user(0, 0, 0, 30 * SECOND, 1, 90 * SECOND, 0, 100 * SECOND, 1, 101 * SECOND);
        assertArrayEquals(new int[] {0, 90}, user.counted(NINE).seconds());
        user.add(2, 3_650 * SECOND + NOON, new String[] {"x"});
        assertArrayEquals(new int[] {0, 1, 3_550}, user.counted(NINE).seconds());
    }

    @Test
    void ofFirstStepsOfOneMomentTheSmallerValueCounts() {
        for (String[] order : new String[][] {{"a", "b"}, {"b", "a"}}) {
            UserSteps user = new UserSteps(SHAPE);
            for (String touch : order) {
                user.add(0, NOON, new String[] {touch});
            }
            assertEquals("a", user.counted(NINE).value(1));
        }
    }

    @Test
    void anAttemptBelongsToTheHourOfItsFirstStep() {
        long last = FunnelShape.HOUR - 1;
        UserSteps user = user(0, last, 1, last + 3_600 * SECOND);
        assertEquals(2, user.counted(NINE).seconds().length);
        assertNull(user.counted(NINE + 1));
    }

    @Test
    void whatCannotCountAnyMoreIsForgotten() {
        UserSteps user = user(0, 0, 1, FunnelShape.HOUR);
        user.add(0, NOON + FunnelShape.HOUR, new String[] {"y"});
        long due = SHAPE.finalMillis(NINE);
        assertEquals((NINE + 1) * 3_600_000 + 3_600_000 + 600_000, due);
        user.forgetBefore(SHAPE.firstOpenHour(due - 1));
        assertNotNull(user.counted(NINE));
        user.forgetBefore(SHAPE.firstOpenHour(due));
        assertNull(user.counted(NINE));
        assertEquals(2, user.counted(NINE + 1).seconds().length);
        assertEquals("y", user.counted(NINE + 1).value(1));
        assertEquals(NINE + 1, user.firstHour());
        user.forgetBefore(NINE + 2);
        assertEquals(Long.MAX_VALUE, user.firstHour());
    }

    @Test
    void aBotIsCappedForTheHoursItCanChange() {
        UserSteps user = new UserSteps(SHAPE);
        int kept = 0;
        for (int i = 0; i < 100_000; i++) {
            kept += user.add(0, NOON + i * 1_000L, new String[] {"x"}) == UserSteps.Fate.KEPT ? 1 : 0;
        }
        assertEquals(UserSteps.MAX_PER_HOUR, kept);
        assertEquals(UserSteps.MAX_PER_HOUR, user.size[0]);
        assertTrue(user.counted(NINE).capped());
        assertEquals(UserSteps.Fate.KEPT, user.add(1, NOON + SECOND, null), "each step has a cap of its own");
        user.add(0, NOON - SECOND, new String[] {"x"});
        user.add(0, NOON + FunnelShape.HOUR, new String[] {"x"});
        assertTrue(user.counted(NINE - 1).capped(), "the hour before might have come further");
        assertTrue(!user.counted(NINE + 1).capped());
        user.forgetBefore(NINE + 1);
        assertTrue(user.cappedHours.isEmpty());
    }

    private static UserSteps user(long... stepsAndTimes) {
        UserSteps user = new UserSteps(SHAPE);
        for (int i = 0; i < stepsAndTimes.length; i += 2) {
            user.add((int) stepsAndTimes[i], NOON + stepsAndTimes[i + 1], new String[] {"x"});
        }
        return user;
    }

    private static List<Event> events(Random random, int steps) {
        List<Event> events = new ArrayList<>();
        for (int n = 1 + random.nextInt(14); n > 0; n--) {
            // Few moments, so that many are shared, some of them a microsecond apart.
            long time = NOON + random.nextInt(24) * 450L * SECOND + random.nextInt(2);
            events.add(new Event(random.nextInt(steps), time, "v" + random.nextInt(3)));
        }
        return events;
    }

    /** True if both came further than the second step. */
    private static boolean assertCounted(Attempt expected, Attempt found) {
        if (expected == null) {
            assertNull(found);
            return false;
        }
        assertArrayEquals(expected.seconds(), found.seconds());
        assertArrayEquals(expected.touch(), found.touch());
        return found.seconds().length > 2;
    }

    private static Attempt search(List<Event> events, FunnelShape shape, long hour) {
        Attempt best = null;
        List<Event> firsts = new ArrayList<>(events);
        firsts.removeIf(event -> event.step != 0 || Math.floorDiv(event.time, FunnelShape.HOUR) != hour);
        firsts.sort(Comparator.comparingLong(Event::time).thenComparing(Event::touch));
        for (Event first : firsts) {
            int[] seconds = longest(events, shape, first.time, first.time, new int[] {0});
            if (best == null || seconds.length > best.seconds().length) {
                best = new Attempt(new String[] {first.touch}, seconds, false);
            }
        }
        return best;
    }

    /** Tries every continuation: the longest, of these the one that is at each step earliest. */
    private static int[] longest(List<Event> events, FunnelShape shape, long first, long last, int[] chain) {
        int[] best = chain;
        for (Event event : events) {
            if (event.step == chain.length
                    && event.time >= last
                    && event.time - first <= shape.conversionSeconds() * SECOND) {
                int[] longer = Arrays.copyOf(chain, chain.length + 1);
                longer[chain.length] = (int) ((event.time - first) / SECOND);
                int[] found = longest(events, shape, first, event.time, longer);
                if (found.length > best.length
                        || found.length == best.length && Arrays.compare(found, best) < 0) {
                    best = found;
                }
            }
        }
        return best;
    }
}
