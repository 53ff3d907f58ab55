package shopstream.features;

import org.apache.flink.table.functions.ProcessTableFunction.TimeContext;

/** The state of one key beside its pending events. Public, with public fields, since Flink reads and writes it. */
public class RollingState {
    private static final long NO_TIMER = Long.MAX_VALUE;

    /** The window, as its codec gives it; null for a key that was never seen. */
    public byte[] window;

    /** Milliseconds of the earliest pending event. */
    public long firstPending = PendingEvents.NONE;

    /** Milliseconds of the earliest timer that is set. */
    public long timer = NO_TIMER;

    /**
     * Whether an event waits for the watermark. In a backlog it does, for others may still precede it: so a backlog
     * gives the rows that the live stream would have given. In a live stream nothing waits. {@code inBacklog}: as the
     * event says (FlagLate), not the clock, so that a backfill does the same.
     */
    boolean mustWait(long micros, boolean inBacklog, TimeContext<Long> time) {
        Long watermark = time.currentWatermark();
        return watermark == null || inBacklog && Math.floorDiv(micros, 1_000L) > watermark;
    }

    /**
     * Whether a live event finds others that wait: all are due then. Were it to wait behind them, the events of a busy
     * key would do so for ever, each behind the one before, and always be as old as the watermark.
     */
    boolean endsWait(boolean inBacklog) {
        return !inBacklog && firstPending != PendingEvents.NONE;
    }

    /**
     * Sets a timer for a moment in microseconds, and for the earliest pending event. An earlier timer that is set
     * already will do: when it fires there is nothing to do yet, and it is set anew. So a moment that is put off at
     * every event, as the end of a session is, costs no timer at every event.
     */
    void wakeAt(long micros, TimeContext<Long> time) {
        long due = micros == Long.MAX_VALUE ? NO_TIMER : -Math.floorDiv(-micros, 1_000L);
        due = Math.min(due, firstPending);
        if (due < timer) {
            timer = due;
            time.registerOnTime(due);
        }
    }

    /** Notes that a timer has fired. */
    void woke(TimeContext<Long> time) {
        if (time.time() >= timer) {
            timer = NO_TIMER;
        }
    }
}
