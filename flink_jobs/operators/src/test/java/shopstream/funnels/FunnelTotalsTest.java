package shopstream.funnels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.flink.table.api.dataview.MapView;
import org.junit.jupiter.api.Test;

/** Users and medians against sorted lists, with the totals read from their bytes before every change. */
class FunnelTotalsTest {
    private static final long SEED = 20_261_101;
    private static final int STEPS = 3;

    @Test
    void randomChangesEqualSortedLists() throws Exception {
        Random random = new Random(SEED);
        for (int conversion : new int[] {59, 60, 61, 3_600, 7_201}) {
            MapView<Integer, byte[]> seconds = new MapView<>();
            byte[] state = new FunnelTotals(STEPS, seconds).encode();
            List<Integer[]> users = new ArrayList<>();
            for (int change = 0; change < 1_500; change++) {
                // Users come, change and go, until none is left.
                boolean comes = change < 900 && random.nextInt(3) > 0;
                Integer[] removed = comes || users.isEmpty() ? null : users.remove(random.nextInt(users.size()));
                Integer[] added = comes || random.nextInt(4) == 0 ? attempt(random, conversion) : null;
                FunnelTotals totals = FunnelTotals.decode(state, seconds);
                totals.change(removed, added, 0);
                state = totals.encode();
                if (added != null) {
                    users.add(added);
                }
                if (change % 10 == 0) {
                    assertTotals(users, FunnelTotals.decode(state, seconds));
                }
            }
            FunnelTotals totals = FunnelTotals.decode(state, seconds);
            for (Integer[] user : users) {
                totals.change(user, null, 0);
            }
            assertTrue(seconds.isEmpty(), "nothing is kept of minutes without users");
            assertNull(totals.median(0));
            assertEquals(0, totals.users[0]);
        }
    }

    @Test
    void whatDidNotChangeIsLeftAlone() throws Exception {
        FunnelTotals totals = new FunnelTotals(STEPS, new MapView<>());
        totals.change(null, new Integer[] {0, 70}, 1);
        totals.change(new Integer[] {0, 70}, new Integer[] {0, 70, 3_600}, -1);
        assertEquals(1, totals.users[0]);
        assertEquals(70.0, totals.median(1));
        assertEquals(3_600.0, totals.median(2));
        assertEquals(0, totals.capped);
    }

    @Test
    void whatGoesWithTheTotalsComesBack() throws Exception {
        FunnelTotals totals = new FunnelTotals(STEPS, new MapView<>());
        totals.change(null, new Integer[] {0, 9}, 1);
        totals.finalAt = Long.MAX_VALUE;
        totals.interval = 500;
        totals.emittedAt = 1_793_534_400_123L;
        totals.changed = true;
        FunnelTotals read = FunnelTotals.decode(totals.encode(), new MapView<>());
        assertArrayEquals(new int[] {1, 1, 0}, read.users);
        assertEquals(1, read.capped);
        assertEquals(Long.MAX_VALUE, read.finalAt);
        assertEquals(500, read.interval);
        assertEquals(1_793_534_400_123L, read.emittedAt);
        assertTrue(read.changed);
    }

    @Test
    void anUnknownLayoutIsRefused() throws Exception {
        byte[] bytes = new FunnelTotals(STEPS, new MapView<>()).encode();
        bytes[0] = 2;
        assertThrows(IOException.class, () -> FunnelTotals.decode(bytes, new MapView<>()));
    }

    private static Integer[] attempt(Random random, int conversion) {
        Integer[] seconds = new Integer[1 + random.nextInt(STEPS)];
        int last = 0;
        for (int step = 0; step < seconds.length; step++) {
            seconds[step] = last;
            last += random.nextInt(conversion - last + 1);
        }
        return seconds;
    }

    private static void assertTotals(List<Integer[]> users, FunnelTotals totals) throws Exception {
        for (int step = 0; step < STEPS; step++) {
            List<Integer> sorted = new ArrayList<>();
            for (Integer[] user : users) {
                if (step < user.length) {
                    sorted.add(user[step]);
                }
            }
            Collections.sort(sorted);
            assertEquals(sorted.size(), totals.users[step]);
            if (sorted.isEmpty()) {
                assertNull(totals.median(step));
            } else {
                int half = sorted.size() / 2;
                double median = sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2.0;
                assertEquals(median, totals.median(step));
            }
        }
    }
}
