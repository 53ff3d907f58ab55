package shopstream.features;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * {@code rolling_user_features}: the features of a user, one row for each event and one for each moment at which
 * a value decays. Partition by user; events may come in any order. A row's {@code event_timestamp} is the largest
 * event or decay time it includes, and {@code version} orders the rows of one user that share it.
 *
 * <p>State: one value a user, {@link UserWindowCodec}; it shrinks to a few dozen bytes when the user falls silent.
 */
@DataTypeHint(
        "ROW<event_timestamp TIMESTAMP_LTZ(6), version BIGINT,"
                + " total_events_24h BIGINT, sessions_24h BIGINT, unique_pages_24h BIGINT, purchases_24h BIGINT,"
                + " cart_additions_24h BIGINT, revenue_24h DOUBLE, avg_order_value_24h DOUBLE,"
                + " conversion_rate_24h DOUBLE, first_seen TIMESTAMP_LTZ(6), last_seen TIMESTAMP_LTZ(6),"
                + " events_1h BIGINT, product_views_1h BIGINT, cart_additions_1h BIGINT, purchases_1h BIGINT,"
                + " session_events BIGINT, session_seconds DOUBLE, session_cart_value DOUBLE, is_capped BOOLEAN>")
public class RollingUserFeatures extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;
    private static final String DECAY = "decay";
    private static final String PENDING = "pending";
    private static final double MILLIONTHS = 1e6;

    /** An amount above this counts as this, so that a day's sum fits a long. */
    private static final double MAX_AMOUNT = 1e9;

    /** A stream is live while its watermark is this close to the clock: as late as an event may be and still count. */
    private static final long LIVE_MILLIS = 600_000;

    private static final long NOTHING_PENDING = Long.MAX_VALUE;

    /** The state of one user. */
    public static class UserState {
        public byte[] window;
        public byte[] pending;

        /** Milliseconds of the earliest pending event: when its timer is due. */
        public long firstPending = NOTHING_PENDING;
    }

    private transient UserWindowCodec codec;
    private transient PendingEvents pending;
    private transient UserEvent event;

    @Override
    public void open(FunctionContext context) {
        codec = new UserWindowCodec();
        pending = new PendingEvents();
        event = new UserEvent();
    }

    public void eval(
            Context context,
            @StateHint(ttl = "0") UserState state,
            @ArgumentHint(
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME},
                            type =
                                    @DataTypeHint(
                                            "ROW<user_id STRING, rowtime TIMESTAMP_LTZ(3), event_timestamp"
                                                + " TIMESTAMP_LTZ(6), session_id STRING, page STRING, is_purchase"
                                                + " BOOLEAN, is_cart_addition BOOLEAN, is_product_view BOOLEAN,"
                                                + " revenue DOUBLE, cart_delta DOUBLE>"))
                    Row input)
            throws Exception {
        read(input);
        if (mustWait(context, state)) {
            state.pending = pending.add(state.pending, event);
            waitFor(context, state, Math.min(state.firstPending, Math.floorDiv(event.time, 1_000)));
            return;
        }
        UserWindow window = codec.decode(state.window);
        apply(window, event);
        keep(context, state, window);
    }

    public void onTimer(OnTimerContext context, UserState state) throws Exception {
        UserWindow window = codec.decode(state.window);
        applyPending(context, state, window);
        decay(window, context.timeContext(Long.class).time() * 1_000);
        keep(context, state, window);
    }

    /**
     * In a backlog an event waits for the watermark, for others may still precede it: so a backlog gives the rows
     * that the live stream would have given. In a live stream nothing waits, but for the user's own events that do.
     */
    private boolean mustWait(Context context, UserState state) {
        Long watermark = context.timeContext(Long.class).currentWatermark();
        if (watermark == null) {
            return true;
        }
        return Math.floorDiv(event.time, 1_000) > watermark
                && (state.pending != null || System.currentTimeMillis() - watermark > LIVE_MILLIS);
    }

    private void applyPending(OnTimerContext context, UserState state, UserWindow window) throws Exception {
        Long watermark = context.timeContext(Long.class).currentWatermark();
        List<UserEvent> events = pending.inOrder(state.pending);
        int ripe = 0;
        while (ripe < events.size() && Math.floorDiv(events.get(ripe).time, 1_000) <= watermark) {
            apply(window, events.get(ripe++));
        }
        if (ripe > 0) {
            List<UserEvent> unripe = events.subList(ripe, events.size());
            state.pending = pending.of(unripe);
            state.firstPending = NOTHING_PENDING;
            if (!unripe.isEmpty()) {
                waitFor(context, state, Math.floorDiv(unripe.get(0).time, 1_000));
            }
        }
    }

    private static void waitFor(Context context, UserState state, long millis) {
        if (millis != state.firstPending) {
            state.firstPending = millis;
            context.timeContext(Long.class).registerOnTime(PENDING, millis);
        }
    }

    private void apply(UserWindow window, UserEvent next) {
        // Not left to the timers: in a backlog the watermark comes after the event, and the log must not depend on it.
        decay(window, next.time);
        window.add(next);
        emit(window);
    }

    /** Emits a row for each moment up to {@code until} at which a value decays. */
    private void decay(UserWindow window, long until) {
        for (long due = window.nextChange(); due <= until; due = window.nextChange()) {
            if (window.advance(due)) {
                window.version++;
                emit(window);
            }
        }
    }

    private void keep(Context context, UserState state, UserWindow window) throws Exception {
        state.window = codec.encode(window);
        TimeContext<Long> time = context.timeContext(Long.class);
        long due = window.nextChange();
        if (due == Long.MAX_VALUE) {
            time.clearTimer(DECAY);
        } else {
            time.registerOnTime(DECAY, -Math.floorDiv(-due, 1_000));
        }
    }

    private void read(Row input) {
        event.time = ChronoUnit.MICROS.between(Instant.EPOCH, input.<Instant>getFieldAs(2));
        event.session = input.getFieldAs(3);
        event.page = input.getFieldAs(4);
        event.purchase = Boolean.TRUE.equals(input.getField(5));
        event.cartAddition = Boolean.TRUE.equals(input.getField(6));
        event.productView = Boolean.TRUE.equals(input.getField(7));
        event.revenue = millionths(input.getFieldAs(8));
        event.cartDelta = millionths(input.getFieldAs(9));
    }

    private static long millionths(Double amount) {
        return amount == null ? 0 : Math.round(Math.max(-MAX_AMOUNT, Math.min(MAX_AMOUNT, amount)) * MILLIONTHS);
    }

    private void emit(UserWindow window) {
        long sessions = window.sessions.size();
        long purchases = window.day.sum(UserWindow.DAY_PURCHASES);
        double revenue = window.day.sum(UserWindow.DAY_REVENUE) / MILLIONTHS;
        Session session = window.openSession();
        collect(
                Row.of(
                        instant(window.clock),
                        window.version,
                        window.day.sum(UserWindow.DAY_EVENTS),
                        sessions,
                        (long) window.pages.size(),
                        purchases,
                        window.day.sum(UserWindow.DAY_CART_ADDITIONS),
                        revenue,
                        purchases == 0 ? 0.0 : revenue / purchases,
                        sessions == 0 ? 0.0 : 100.0 * purchases / sessions,
                        second(window.firstSeen),
                        second(window.lastSeen),
                        window.hour.sum(UserWindow.HOUR_EVENTS),
                        window.hour.sum(UserWindow.HOUR_PRODUCT_VIEWS),
                        window.hour.sum(UserWindow.HOUR_CART_ADDITIONS),
                        window.hour.sum(UserWindow.HOUR_PURCHASES),
                        session == null ? 0L : session.events,
                        session == null ? 0.0 : (session.lastSeen - session.firstSeen) / MILLIONTHS,
                        session == null ? 0.0 : session.cartValue() / MILLIONTHS,
                        window.capped));
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** Whole seconds, which is what Feast's timestamps hold. */
    private static Instant second(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L));
    }
}
