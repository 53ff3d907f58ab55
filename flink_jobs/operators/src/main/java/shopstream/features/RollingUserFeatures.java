package shopstream.features;

import java.util.List;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.ListView;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * {@code rolling_user_features}: the features of a user, one row for each event and one for each moment at which
 * a value decays. Partition by user; events may come in any order. A row's {@code event_timestamp} is the largest
 * event or decay time it includes, and {@code version} orders the rows of one user that share it.
 *
 * <p>State: one value a user, {@link UserWindowCodec}; it shrinks to some dozens of bytes when the user falls
 * silent. In a backlog also the user's events that wait, {@link PendingEvents}.
 */
@DataTypeHint(
        value = "ROW<event_timestamp TIMESTAMP_LTZ(6), version BIGINT,"
                + " total_events_24h BIGINT, sessions_24h BIGINT, unique_pages_24h BIGINT, purchases_24h BIGINT,"
                + " cart_additions_24h BIGINT, revenue_24h DOUBLE, avg_order_value_24h DOUBLE,"
                + " conversion_rate_24h DOUBLE, first_seen TIMESTAMP_LTZ(6), last_seen TIMESTAMP_LTZ(6),"
                + " events_1h BIGINT, product_views_1h BIGINT, cart_additions_1h BIGINT, purchases_1h BIGINT,"
                + " session_events BIGINT, session_seconds DOUBLE, session_cart_value DOUBLE, is_capped BOOLEAN>",
        bridgedTo = RowData.class)
public class RollingUserFeatures extends ProcessTableFunction<RowData> {
    private static final long serialVersionUID = 1L;

    private transient UserWindowCodec codec;
    private transient UserWindow window;
    private transient UserEvent event;
    private transient Fingerprint fingerprint;
    private transient Counter cappedUsers;

    @Override
    public void open(FunctionContext context) {
        codec = new UserWindowCodec();
        window = new UserWindow();
        event = new UserEvent();
        fingerprint = new Fingerprint();
        cappedUsers = context.getMetricGroup().counter("cappedUsers");
    }

    public void eval(
            Context context,
            @StateHint(ttl = "0") RollingState state,
            @StateHint(ttl = "0") ListView<byte[]> pending,
            @ArgumentHint(
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME},
                            type =
                                    @DataTypeHint(
                                            value =
                                                    "ROW<user_id STRING, rowtime TIMESTAMP_LTZ(3), event_timestamp"
                                                            + " TIMESTAMP_LTZ(6), session_id STRING, page STRING,"
                                                            + " is_purchase BOOLEAN, is_cart_addition BOOLEAN,"
                                                            + " is_product_view BOOLEAN, revenue DOUBLE,"
                                                            + " cart_delta DOUBLE, in_backlog BOOLEAN NOT NULL>",
                                            bridgedTo = RowData.class))
                    RowData input)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        read(input);
        boolean inBacklog = input.getBoolean(10);
        if (state.mustWait(event.time, inBacklog, time)) {
            PendingEvents.add(pending, event.numbers());
            state.firstPending = Math.min(state.firstPending, Math.floorDiv(event.time, 1_000L));
            state.wakeAt(Long.MAX_VALUE, time);
            return;
        }
        codec.decode(state.window, window);
        if (state.endsWait(inBacklog)) {
            PendingEvents.add(pending, event.numbers());
            applyAll(PendingEvents.takeRipe(pending, state, Long.MAX_VALUE));
        } else {
            apply();
        }
        keep(state, time);
    }

    public void onTimer(OnTimerContext context, RollingState state, ListView<byte[]> pending) throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        state.woke(time);
        codec.decode(state.window, window);
        if (state.firstPending <= time.currentWatermark()) {
            applyAll(PendingEvents.takeRipe(pending, state, time.currentWatermark()));
        }
        decay(time.time() * 1_000);
        keep(state, time);
    }

    private void applyAll(List<long[]> events) {
        for (long[] numbers : events) {
            event.take(numbers);
            apply();
        }
    }

    private void apply() {
        // Not left to the timers: in a backlog the watermark comes after the event, and the log must not depend on it.
        decay(event.time);
        boolean wasCapped = window.capped;
        window.add(event);
        if (window.capped && !wasCapped) {
            cappedUsers.inc();
        }
        emit();
    }

    /** Emits a row for each moment up to {@code until} at which a value decays. */
    private void decay(long until) {
        for (long due = window.nextChange(); due <= until; due = window.nextChange()) {
            if (window.advance(due)) {
                window.version++;
                emit();
            }
        }
    }

    private void keep(RollingState state, TimeContext<Long> time) {
        state.window = codec.encode(window);
        state.wakeAt(window.nextChange(), time);
    }

    private void read(RowData input) {
        event.time = Micros.of(input.getTimestamp(2, 6));
        event.inSession = !input.isNullAt(3);
        if (event.inSession) {
            fingerprint.of(input.getString(3).toBytes());
            event.sessionHigh = fingerprint.high;
            event.sessionLow = fingerprint.low;
        }
        event.onPage = !input.isNullAt(4);
        if (event.onPage) {
            fingerprint.of(input.getString(4).toBytes());
            event.pageHigh = fingerprint.high;
            event.pageLow = fingerprint.low;
        }
        event.purchase = isTrue(input, 5);
        event.cartAddition = isTrue(input, 6);
        event.productView = isTrue(input, 7);
        event.revenue = input.isNullAt(8) ? 0 : Millionths.of(input.getDouble(8));
        event.cartDelta = input.isNullAt(9) ? 0 : Millionths.of(input.getDouble(9));
    }

    private static boolean isTrue(RowData input, int field) {
        return !input.isNullAt(field) && input.getBoolean(field);
    }

    private void emit() {
        long sessions = window.sessions.size;
        long purchases = window.day.sum(UserWindow.DAY_PURCHASES);
        double revenue = Millionths.amount(window.day.sum(UserWindow.DAY_REVENUE));
        int open = window.openSession();
        boolean isOpen = open != Sessions.NONE;
        collect(GenericRowData.of(
                Micros.timestamp(window.clock),
                window.version,
                window.day.sum(UserWindow.DAY_EVENTS),
                sessions,
                (long) window.pages.size,
                purchases,
                window.day.sum(UserWindow.DAY_CART_ADDITIONS),
                revenue,
                purchases == 0 ? 0.0 : revenue / purchases,
                sessions == 0 ? 0.0 : 100.0 * purchases / sessions,
                Micros.second(window.firstSeen),
                Micros.second(window.lastSeen),
                window.hour.sum(UserWindow.HOUR_EVENTS),
                window.hour.sum(UserWindow.HOUR_PRODUCT_VIEWS),
                window.hour.sum(UserWindow.HOUR_CART_ADDITIONS),
                window.hour.sum(UserWindow.HOUR_PURCHASES),
                isOpen ? window.sessions.events(open) : 0L,
                isOpen ? Micros.seconds(window.sessions.lastSeen(open) - window.sessions.firstSeen(open)) : 0.0,
                isOpen ? Millionths.amount(window.sessions.cartValue(open)) : 0.0,
                window.capped));
    }
}
