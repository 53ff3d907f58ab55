package shopstream.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

class CountWindowsTest {
    private static final long MINUTE = 60_000;
    private static final long LATENESS = 10 * MINUTE;
    private static final WindowSpec TUMBLING = new WindowSpec("tumbling", MINUTE, MINUTE, LATENESS, 250);
    private static final WindowSpec SLIDING = new WindowSpec("sliding", 60 * MINUTE, 10 * MINUTE, LATENESS, 250);

    @Test
    void aWindowIsLiveThenFinal() throws Exception {
        try (WindowHarness windows = new WindowHarness(TUMBLING)) {
            windows.clock(3 * MINUTE);
            windows.watermark(2 * MINUTE);
            windows.add(partial("k", 2 * MINUTE, "a"));
            windows.clock(3 * MINUTE + 249);
            assertEquals(0, windows.live.size());
            windows.clock(3 * MINUTE + 250);
            assertEquals(1, windows.live.size());
            windows.add(partial("k", 2 * MINUTE + 1, "a"));
            windows.add(partial("k", 3 * MINUTE - 1, "b"));
            windows.clock(3 * MINUTE + 500);
            assertEquals(2, windows.live.size());
            Recount.Window window = new Recount.Window("k", 2 * MINUTE);
            assertEquals(List.of(3 * MINUTE, 3L, 2L, BigInteger.ZERO, ""), windows.latest.get(window));
            windows.watermark(13 * MINUTE - 1);
            windows.add(partial("k", 3 * MINUTE - 1, "c"));
            assertTrue(windows.finals.isEmpty());
            windows.watermark(13 * MINUTE);
            assertEquals(Map.of(window, List.of(3 * MINUTE, 4L, 3L, BigInteger.ZERO, "")), windows.finals);
            assertEquals(3 * MINUTE - 1, windows.watermarkOut);
            assertEquals(0, windows.keyedStateSize() + windows.timers());
            windows.add(partial("k", 3 * MINUTE - 1, "late"));
            windows.clock(4 * MINUTE);
            assertEquals(0, windows.keyedStateSize() + windows.timers());
            assertEquals(2, windows.live.size());
            assertEquals(List.of(), windows.faults);
        }
    }

    @Test
    void inABacklogRowsOfTheMomentAreRarer() throws Exception {
        try (WindowHarness windows = new WindowHarness(TUMBLING)) {
            windows.clock(100 * MINUTE);
            windows.watermark(2 * MINUTE);
            windows.add(partial("k", 2 * MINUTE, "a"));
            windows.clock(100 * MINUTE + 999);
            assertEquals(0, windows.live.size());
            windows.clock(100 * MINUTE + 1_000);
            assertEquals(1, windows.live.size());
        }
    }

    @Test
    void rowsThatAreDueComeBeforeACheckpoint() throws Exception {
        try (WindowHarness windows = new WindowHarness(TUMBLING)) {
            windows.add(partial("k", 2 * MINUTE, "a"));
            windows.snapshot(1);
            assertEquals(1, windows.live.size());
        }
    }

    /** A source that was silent before a crash may come back with events of windows that were final then. */
    @Test
    void aFinalWindowStaysFinalAfterARestart() throws Exception {
        OperatorSubtaskState state;
        try (WindowHarness windows = new WindowHarness(TUMBLING)) {
            windows.add(partial("k", 2 * MINUTE, "a"));
            windows.watermark(13 * MINUTE);
            assertEquals(1, windows.finals.size());
            state = windows.snapshot(1);
        }
        try (WindowHarness windows = new WindowHarness(TUMBLING, 1_000, state, 1, 1, 0)) {
            windows.add(partial("k", 2 * MINUTE, "b"));
            windows.add(partial("k", 3 * MINUTE, "b"));
            windows.watermark(Long.MAX_VALUE);
            assertNull(windows.latest.get(new Recount.Window("k", 2 * MINUTE)));
            assertEquals(1, windows.finals.size());
        }
    }

    /**
     * Of windows that overlap the first may be final while the others are not: they all count the event, or none does.
     */
    @Test
    void anEventOfAFinalWindowCountsInNoWindow() throws Exception {
        try (WindowHarness windows = new WindowHarness(SLIDING)) {
            windows.add(new Recount.Event("k", 59 * MINUTE, null, "a", null).partial(SLIDING));
            windows.watermark(70 * MINUTE);
            assertEquals(1, windows.finals.size());
            windows.add(new Recount.Event("k", 59 * MINUTE, null, "b", null).partial(SLIDING));
            windows.add(new Recount.Event("k", 60 * MINUTE, null, "c", null).partial(SLIDING));
            windows.watermark(Long.MAX_VALUE);
            assertEquals(
                    List.of(70 * MINUTE, 2L, 2L, BigInteger.ZERO, ""),
                    windows.latest.get(new Recount.Window("k", 10 * MINUTE)));
        }
    }

    @Test
    void restartsRescalingAndFreedMemoryChangeNothing() throws Exception {
        for (WindowSpec spec : List.of(TUMBLING, SLIDING)) {
            int seed = 0;
            for (long mostIds : new long[] {2_000_000, 20_000, 200}) {
                check(spec, new Random(seed++), mostIds, 40);
                check(spec, new Random(seed++), mostIds, 5_000);
            }
        }
    }

    /** A {@code mostIds} of 20,000 makes the log of a key grow; one of 200 also makes keys leave the memory. */
    private void check(WindowSpec spec, Random random, long mostIds, int ids) throws Exception {
        Recount recount = new Recount(spec);
        Map<Recount.Window, List<Object>> finals = new HashMap<>();
        OperatorSubtaskState state = null;
        long clock = 0;
        int tasksBefore = 1;
        for (int run = 0; run < 5; run++) {
            int tasks = 1 + (run * 2) % 3;
            WindowHarness[] windows = new WindowHarness[tasks];
            OperatorSubtaskState[] states = new OperatorSubtaskState[tasks];
            for (int task = 0; task < tasks; task++) {
                windows[task] = new WindowHarness(spec, mostIds, state, tasksBefore, tasks, task);
            }
            for (int step = 0; step < 1_500; step++) {
                clock += random.nextInt(20) * spec.slideMillis() / 500;
                // Within the lateness: never behind the watermark of before the restart by more.
                long time = clock - random.nextInt((int) LATENESS);
                Recount.Event event = Recount.event(random, time, ids);
                recount.events.add(event);
                WindowHarness task = windows[task(event.key(), tasks)];
                task.add(event.partial(spec));
                if (random.nextInt(50) == 0) {
                    for (WindowHarness each : windows) {
                        each.watermark(clock);
                        each.clock(step);
                    }
                }
                if (random.nextInt(200) == 0) {
                    for (WindowHarness each : windows) {
                        each.snapshot(step);
                    }
                }
            }
            for (int task = 0; task < tasks; task++) {
                states[task] = windows[task].snapshot(10_000);
                if (run == 4) {
                    windows[task].watermark(Long.MAX_VALUE);
                    assertEquals(0, windows[task].keyedStateSize() + windows[task].timers());
                }
                assertEquals(List.of(), windows[task].faults);
                for (Map.Entry<Recount.Window, List<Object>> each : windows[task].finals.entrySet()) {
                    assertNull(finals.put(each.getKey(), each.getValue()), "twice final");
                }
                windows[task].close();
            }
            state = AbstractStreamOperatorTestHarness.repackageState(states);
            tasksBefore = tasks;
        }
        assertEquals(recount.windows(), new TreeMap<>(finals));
    }

    private static int task(String key, int tasks) {
        return KeyGroupRangeAssignment.assignKeyToParallelOperator(key, 16, tasks);
    }

    private RowData partial(String key, long time, String text) throws Exception {
        return new Recount.Event(key, time, null, text, null).partial(TUMBLING);
    }
}
