package shopstream.funnels;

import java.time.Instant;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * {@code count_conversions}: the changes of {@code ordered_funnel} added up, one row for each step. Partition by
 * {@code totals}, the window with breakdown and value.
 *
 * <p>Rows go out with a key's first change and then at most once an interval of the machine's clock, at a change or
 * when the watermark moves; in a backlog the first ones wait for the interval too, so that a window that is read in
 * one go gives its final rows only. Those come once, with {@code is_final}, when the watermark says that no event
 * can change the window any more.
 *
 * <p>State: {@link FunnelTotals}, and an entry for each minute of conversion time that has users, until the window is
 * final.
 */
@DataTypeHint(
        "ROW<step INT, users BIGINT, users_before BIGINT, users_entered BIGINT, median_seconds DOUBLE,"
                + " is_capped BOOLEAN, is_final BOOLEAN>")
public class CountConversions extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;

    /** A stream is live while its watermark is this close to the clock. */
    private static final long LIVE_MILLIS = 600_000;

    /** In a backlog the watermark runs faster than the clock: there it is looked at once in this much event time. */
    private static final long BACKLOG_MILLIS = 5_000;

    /** The state of one window and value. */
    public static class KeyState {
        public byte[] totals;
    }

    private transient Counter tooLate;

    @Override
    public void open(FunctionContext context) {
        tooLate = context.getMetricGroup().counter("changesOfFinalWindows");
    }

    public void eval(
            Context context,
            @StateHint(ttl = "0") KeyState state,
            @StateHint(ttl = "0") MapView<Integer, byte[]> times,
            @ArgumentHint(
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME},
                            type =
                                    @DataTypeHint(
                                            "ROW<totals ROW<window_start TIMESTAMP_LTZ(3), breakdown INT,"
                                                    + " `value` STRING>, removed ARRAY<INT>, added ARRAY<INT>, capped_change INT,"
                                                    + " rowtime TIMESTAMP_LTZ(3)>"))
                    Row input,
            @ArgumentHint(name = "steps", type = @DataTypeHint("INT")) Integer steps,
            @ArgumentHint(name = "conversion_seconds", type = @DataTypeHint("INT")) Integer conversionSeconds,
            @ArgumentHint(name = "lateness_seconds", type = @DataTypeHint("INT")) Integer latenessSeconds,
            @ArgumentHint(name = "interval_ms", type = @DataTypeHint("INT")) Integer intervalMillis)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long now = System.currentTimeMillis();
        FunnelTotals totals;
        if (state.totals == null) {
            totals = new FunnelTotals(steps, times);
            totals.finalAt = input.<Row>getFieldAs(0).<Instant>getFieldAs(0).toEpochMilli()
                    + (FunnelShape.HOUR_SECONDS + conversionSeconds + latenessSeconds) * 1_000L;
            if (time.currentWatermark() != null && time.currentWatermark() >= totals.finalAt) {
                tooLate.inc();
                return;
            }
            totals.interval = intervalMillis;
            totals.emittedAt = isLive(time, now) ? 0 : now;
            time.registerOnTime(totals.finalAt);
        } else {
            totals = FunnelTotals.decode(state.totals, times);
        }
        totals.change(input.getFieldAs(1), input.getFieldAs(2), input.<Integer>getFieldAs(3));
        if (now - totals.emittedAt >= totals.interval) {
            emit(totals, now, false);
        } else if (!totals.changed) {
            totals.changed = true;
            waitForInterval(time, totals, now);
        }
        state.totals = totals.encode();
    }

    public void onTimer(OnTimerContext context, KeyState state, MapView<Integer, byte[]> times) throws Exception {
        if (state.totals == null) {
            return;
        }
        TimeContext<Long> time = context.timeContext(Long.class);
        FunnelTotals totals = FunnelTotals.decode(state.totals, times);
        long now = System.currentTimeMillis();
        if (time.time() >= totals.finalAt) {
            emit(totals, now, true);
            context.clearAllState();
        } else if (totals.changed && now - totals.emittedAt >= totals.interval) {
            emit(totals, now, false);
            state.totals = totals.encode();
        } else if (totals.changed) {
            waitForInterval(time, totals, now);
        }
    }

    private static boolean isLive(TimeContext<Long> time, long now) {
        Long watermark = time.currentWatermark();
        return watermark != null && now - watermark <= LIVE_MILLIS;
    }

    /**
     * Only event time has timers: one for when the watermark has come as far as the interval still lasts, which in a
     * live stream is when it ends. The clock is looked at then.
     */
    private static void waitForInterval(TimeContext<Long> time, FunnelTotals totals, long now) {
        Long watermark = time.currentWatermark();
        if (watermark == null) {
            // Due with the first watermark, whatever it is.
            time.registerOnTime(0L);
            return;
        }
        long rest = Math.max(1, totals.interval - (now - totals.emittedAt));
        long wait = isLive(time, now) ? rest : Math.max(rest, BACKLOG_MILLIS);
        if (watermark < totals.finalAt - wait) {
            time.registerOnTime(watermark + wait);
        }
    }

    private void emit(FunnelTotals totals, long now, boolean isFinal) throws Exception {
        totals.changed = false;
        totals.emittedAt = now;
        int before = totals.users[0];
        for (int step = 0; step < totals.users.length; step++) {
            int users = totals.users[step];
            collect(
                    Row.of(
                            step + 1,
                            (long) users,
                            (long) before,
                            (long) totals.users[0],
                            totals.median(step),
                            totals.capped > 0,
                            isFinal));
            before = users;
        }
    }
}
