package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.functions.ProcessTableFunction.TimeContext;
import org.junit.jupiter.api.Test;

/** Which events wait, and which timers are set. */
class RollingStateTest {
    private static final class Time implements TimeContext<Long> {
        private final List<Long> timers = new ArrayList<>();
        private Long watermark;
        private Long time = 0L;

        @Override
        public Long time() {
            return time;
        }

        @Override
        public Long currentWatermark() {
            return watermark;
        }

        @Override
        public Long tableWatermark() {
            return watermark;
        }

        @Override
        public void registerOnTime(Long at) {
            timers.add(at);
        }

        @Override
        public void registerOnTime(String name, Long at) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearTimer(Long at) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearTimer(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearAllTimers() {
            throw new UnsupportedOperationException();
        }
    }

    private final RollingState state = new RollingState();
    private final Time time = new Time();

    @Test
    void inALiveStreamNothingWaitsAndEndsTheWaitOfOthers() {
        long now = System.currentTimeMillis();
        time.watermark = now - 500_000;
        assertFalse(state.mustWait(now * 1_000, false, time));
        assertFalse(state.endsWait(false));
        state.firstPending = now - 1;
        assertFalse(state.mustWait(now * 1_000, false, time));
        assertTrue(state.endsWait(false));
        assertFalse(state.endsWait(true));
    }

    @Test
    void inABacklogTheFutureOfTheWatermarkWaits() {
        time.watermark = 5_000L;
        assertTrue(state.mustWait((time.watermark + 1) * 1_000, true, time));
        assertFalse(state.mustWait(time.watermark * 1_000, true, time));
        time.watermark = null;
        assertTrue(state.mustWait(0, true, time));
    }

    @Test
    void aMomentThatIsPutOffSetsNoOtherTimer() {
        for (long due = 1_000_500; due < 2_000_000; due += 1_000) {
            state.wakeAt(due, time);
        }
        assertEquals(List.of(1_001L), time.timers, "not before the moment, which is in microseconds");
        time.time = 1_001L;
        state.woke(time);
        state.wakeAt(2_000_000, time);
        assertEquals(List.of(1_001L, 2_000L), time.timers);
    }

    @Test
    void anEarlierMomentSetsOne() {
        state.wakeAt(5_000_000, time);
        state.wakeAt(3_000_000, time);
        state.firstPending = 2_000;
        state.wakeAt(9_000_000, time);
        assertEquals(List.of(5_000L, 3_000L, 2_000L), time.timers);
        time.time = 2_000L;
        state.woke(time);
        state.firstPending = PendingEvents.NONE;
        state.wakeAt(3_000_000, time);
        time.time = 2_500L;
        state.woke(time);
        state.wakeAt(3_000_000, time);
        assertEquals(List.of(5_000L, 3_000L, 2_000L, 3_000L), time.timers);
    }

    @Test
    void noMomentSetsNone() {
        state.wakeAt(Long.MAX_VALUE, time);
        assertEquals(List.of(), time.timers);
    }
}
