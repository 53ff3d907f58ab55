package shopstream.features;

import java.util.List;
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
 * {@code rolling_product_features}: the features of a product. Partition by product; events may come in any order.
 * The first event of a second of event time gives a row at once; the second's other changes give one together, when
 * it is over; each moment at which a value decays gives one. A row holds the values of its {@code event_timestamp},
 * the largest event or decay time it includes, and {@code version} orders the rows of one product that share it.
 *
 * <p>State: one value a product, {@link ProductWindowCodec}, until an hour after its windows are empty. In a backlog
 * also the product's events that wait, {@link PendingEvents}.
 */
@DataTypeHint(
        value = "ROW<event_timestamp TIMESTAMP_LTZ(6), version BIGINT,"
                + " views_24h BIGINT, carts_24h BIGINT, product_purchases_24h BIGINT, units_sold_24h DOUBLE,"
                + " product_revenue_24h DOUBLE, view_to_purchase_rate_24h DOUBLE,"
                + " views_1h BIGINT, carts_1h BIGINT, product_purchases_1h BIGINT, units_sold_1h DOUBLE,"
                + " product_revenue_1h DOUBLE, view_to_purchase_rate_1h DOUBLE>",
        bridgedTo = RowData.class)
public class RollingProductFeatures extends ProcessTableFunction<RowData> {
    private static final long serialVersionUID = 1L;
    private static final int FEATURES_OF_A_WINDOW = 6;

    private transient ProductWindowCodec codec;
    private transient ProductWindow window;
    private transient ProductEvent event;

    @Override
    public void open(FunctionContext context) {
        codec = new ProductWindowCodec();
        window = new ProductWindow();
        event = new ProductEvent();
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
                                                    "ROW<product_id STRING, rowtime TIMESTAMP_LTZ(3), event_timestamp"
                                                            + " TIMESTAMP_LTZ(6), is_view BOOLEAN, is_cart_addition"
                                                            + " BOOLEAN, is_purchase BOOLEAN, units DOUBLE,"
                                                            + " revenue DOUBLE, in_backlog BOOLEAN NOT NULL>",
                                            bridgedTo = RowData.class))
                    RowData input)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        read(input);
        boolean inBacklog = input.getBoolean(8);
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
        long now = time.time() * 1_000;
        decay(now);
        if (window.rowDue() <= now) {
            emit();
        }
        if (window.forgetDue() <= now && state.firstPending == PendingEvents.NONE) {
            context.clearAllState();
            return;
        }
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
        if (window.rowDue() <= event.time) {
            emit();
        }
        if (window.add(event)) {
            emit();
        }
    }

    /** Emits a row for each moment up to {@code until} at which a value decays, and before it what is owed. */
    private void decay(long until) {
        for (long due = window.nextChange(); due <= until; due = window.nextChange()) {
            if (window.isChanged) {
                emit();
            }
            if (window.advance(due)) {
                emit();
            }
        }
    }

    private void keep(RollingState state, TimeContext<Long> time) {
        state.window = codec.encode(window);
        state.wakeAt(Math.min(Math.min(window.nextChange(), window.rowDue()), window.forgetDue()), time);
    }

    private void read(RowData input) {
        event.time = Micros.of(input.getTimestamp(2, 6));
        event.view = !input.isNullAt(3) && input.getBoolean(3);
        event.cart = !input.isNullAt(4) && input.getBoolean(4);
        event.purchase = !input.isNullAt(5) && input.getBoolean(5);
        event.units = input.isNullAt(6) ? 0 : Millionths.of(input.getDouble(6));
        event.revenue = input.isNullAt(7) ? 0 : Millionths.of(input.getDouble(7));
    }

    private void emit() {
        window.version++;
        window.isChanged = false;
        GenericRowData row = new GenericRowData(2 + 2 * FEATURES_OF_A_WINDOW);
        row.setField(0, Micros.timestamp(window.clock));
        row.setField(1, window.version);
        describe(row, 2, window.day);
        describe(row, 2 + FEATURES_OF_A_WINDOW, window.hour);
        collect(row);
    }

    private static void describe(GenericRowData row, int from, Tiles tiles) {
        long views = tiles.sum(ProductWindow.VIEWS);
        long purchases = tiles.sum(ProductWindow.PURCHASES);
        row.setField(from, views);
        row.setField(from + 1, tiles.sum(ProductWindow.CARTS));
        row.setField(from + 2, purchases);
        row.setField(from + 3, Millionths.amount(tiles.sum(ProductWindow.UNITS)));
        row.setField(from + 4, Millionths.amount(tiles.sum(ProductWindow.REVENUE)));
        row.setField(from + 5, views == 0 ? 0.0 : (double) purchases / views);
    }
}
