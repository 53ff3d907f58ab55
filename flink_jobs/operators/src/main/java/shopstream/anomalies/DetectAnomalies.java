package shopstream.anomalies;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
 * {@code detect_anomalies}: alerts from the windows of all event types and from the rules, which may change while it runs.
 * Partition both by the same constant: a rule for all types must meet every type, and a few hundred rows a second are little.
 *
 * <p>Rows of a window may come again and again; when the watermark reaches the window's last moment, the last one has come, and
 * a type without a row had no event. Then the window is judged, in order; what is certain earlier is told earlier.
 *
 * <p>State: the rules; the windows that are not final; for each event type the open alerts and two weeks of counts, about
 * 19 KB. At most {@value #MOST_TYPES} types are kept; one that stays silent for two weeks is forgotten.
 */
@DataTypeHint(
        "ROW<alert_id STRING, event_type STRING, kind STRING, direction STRING, status STRING,"
                + " started_at TIMESTAMP_LTZ(3), ended_at TIMESTAMP_LTZ(3), `value` DOUBLE, peak DOUBLE,"
                + " peak_at TIMESTAMP_LTZ(3), expected_low DOUBLE, expected_high DOUBLE, score DOUBLE, event_count BIGINT,"
                + " unique_users BIGINT, events_per_user DOUBLE, reason STRING, rule_version BIGINT>")
public class DetectAnomalies extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;
    static final int MOST_TYPES = 500;
    private static final String FINAL = "final";

    /** The rules' watermark, see alert_rules_topic.sql; that of all comes this far only when there are no more windows. */
    private static final long END_OF_TIME = 253_402_214_400_000L - 1;

    /** What is not by event type. */
    public static class SharedState {
        public double countLimit;
        public double intensityLimit;
        public double score;
        public int minHistory;

        /** Changes of the rules so far. */
        public long ruleChanges;

        public int types;

        /** The next window to be judged when it is final, of all types; {@link Slot#NONE} while no type is known. */
        public long next = Slot.NONE;

        /** Window that the timer is set for. */
        public long timer = Slot.NONE;

        /** The newest window of all. */
        public long newest = Slot.NONE;
    }

    /** What is known of a window that is not final. */
    public static class Known {
        public long events;
        public long users;

        public Known() {}

        Known(long events, long users) {
            this.events = events;
            this.users = users;
        }
    }

    private transient Detector detector;
    private transient Rule.Book book;
    private transient long bookChanges;
    private transient Counter late;
    private transient Counter typesLeftOut;
    private transient Counter rulesRejected;

    @Override
    public void open(FunctionContext context) {
        detector = new Detector();
        late = context.getMetricGroup().counter("rowsOfFinalWindows");
        typesLeftOut = context.getMetricGroup().counter("rowsOfTypesLeftOut");
        rulesRejected = context.getMetricGroup().counter("rulesRejected");
    }

    public void eval(
            Context context,
            @StateHint(ttl = "0") SharedState state,
            @StateHint(ttl = "0") MapView<String, String> rules,
            @StateHint(ttl = "0") MapView<String, byte[]> types,
            @StateHint(ttl = "0") MapView<String, byte[]> histories,
            @StateHint(ttl = "0") MapView<String, Known> open,
            @ArgumentHint(
                            name = "windows",
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME},
                            type =
                                    @DataTypeHint(
                                            "ROW<shard INT, event_type STRING, window_start TIMESTAMP_LTZ(3),"
                                                    + " event_count BIGINT, unique_users BIGINT,"
                                                    + " window_time TIMESTAMP_LTZ(3)>"))
                    Row window,
            @ArgumentHint(
                            name = "rules",
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME},
                            type =
                                    @DataTypeHint(
                                            "ROW<shard INT, rule_key STRING, `rule` STRING,"
                                                    + " rule_time TIMESTAMP_LTZ(3)>"))
                    Row rule,
            @ArgumentHint(name = "count_limit", type = @DataTypeHint("DOUBLE")) Double countLimit,
            @ArgumentHint(name = "intensity_limit", type = @DataTypeHint("DOUBLE")) Double intensityLimit,
            @ArgumentHint(name = "score", type = @DataTypeHint("DOUBLE")) Double score,
            @ArgumentHint(name = "min_history", type = @DataTypeHint("INT")) Integer minHistory)
            throws Exception {
        setDefaults(state, countLimit, intensityLimit, score, minHistory);
        if (rule != null) {
            change(state, rules, rule.getFieldAs(1), rule.getFieldAs(2));
            return;
        }
        TimeContext<Long> time = context.timeContext(Long.class);
        Long watermark = time.currentWatermark();
        String eventType = window.getFieldAs(1);
        long slot = Slot.of(window.<Instant>getFieldAs(2));
        if (watermark != null && slot <= Slot.newestFinal(watermark)) {
            late.inc();
            return;
        }
        byte[] kept = types.get(eventType);
        if (kept == null) {
            if (state.types == MOST_TYPES) {
                typesLeftOut.inc();
                return;
            }
            state.types++;
        }
        Series series = kept == null ? new Series() : SeriesCodec.decode(kept);
        Window known = new Window(slot, window.getFieldAs(3), window.getFieldAs(4));
        OpenWindows windows = new OpenWindows(open);
        if (windows.put(eventType, known)) {
            series.add(slot);
        }
        state.newest = Math.max(state.newest, slot);
        state.next = state.next == Slot.NONE ? slot : Math.min(state.next, slot);
        // Before the first watermark the rules may not have been read.
        if (watermark != null) {
            judgeEarly(eventType, series, known, windows, book(state, rules));
        }
        types.put(eventType, SeriesCodec.encode(series));
        setTimer(time, state);
    }

    public void onTimer(
            OnTimerContext context,
            SharedState state,
            MapView<String, String> rules,
            MapView<String, byte[]> types,
            MapView<String, byte[]> histories,
            MapView<String, Known> open)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long watermark = time.currentWatermark();
        state.timer = Slot.NONE;
        boolean isEnd = watermark >= END_OF_TIME;
        // At the end of the input nothing is known of windows that go beyond the last event.
        long until = isEnd ? state.newest - Slot.PER_WINDOW : Slot.newestFinal(watermark);
        OpenWindows windows = new OpenWindows(open);
        List<String> names = new ArrayList<>();
        for (String name : types.keys()) {
            names.add(name);
        }
        names.sort(null);
        for (String name : names) {
            Series series = SeriesCodec.decode(types.get(name));
            History history = History.decode(histories.get(name));
            long from = Math.max(state.next, series.first);
            if (judge(name, series, history, windows, from, until, book(state, rules))) {
                if (isEnd) {
                    for (Window each : windows.of(name)) {
                        detector.judgeOpen(name, series, each, book(state, rules), this::emit);
                    }
                }
                types.put(name, SeriesCodec.encode(series));
                histories.put(name, history.encode());
            } else {
                types.remove(name);
                histories.remove(name);
                state.types--;
            }
        }
        state.next = state.types == 0 ? Slot.NONE : Math.max(state.next, until + 1);
        if (state.types > 0 && !isEnd) {
            setTimer(time, state);
        }
    }

    /** Judges a window that is not final; all of them, the oldest first, when there are new rules. */
    private void judgeEarly(String name, Series series, Window window, OpenWindows windows, Rule.Book rules)
            throws Exception {
        if (series.ruleChanges == bookChanges) {
            detector.judgeOpen(name, series, window, rules, this::emit);
            return;
        }
        series.ruleChanges = bookChanges;
        for (Window open : windows.of(name)) {
            detector.judgeOpen(name, series, open, rules, this::emit);
        }
    }

    /** Judges the final windows of a type; false if it is to be forgotten. */
    private boolean judge(
            String name, Series series, History history, OpenWindows windows, long from, long until, Rule.Book rules)
            throws Exception {
        for (long slot = from; slot <= until; slot++) {
            if (series.isForgotten(slot)) {
                detector.forget(name, series, slot, rules, this::emit);
                return false;
            }
            Window known = windows.take(name, slot);
            if (known != null) {
                series.open--;
            }
            // A window without events has no row.
            Window window = known == null ? new Window(slot, 0, 0) : known;
            detector.judgeFinal(name, series, history, window, rules, this::emit);
        }
        return true;
    }

    private static void setTimer(TimeContext<Long> time, SharedState state) {
        if (state.timer != state.next) {
            state.timer = state.next;
            time.registerOnTime(FINAL, Slot.finalAt(state.next));
        }
    }

    private void setDefaults(SharedState state, double countLimit, double intensityLimit, double score, int minHistory) {
        if (state.countLimit != countLimit
                || state.intensityLimit != intensityLimit
                || state.score != score
                || state.minHistory != minHistory) {
            state.countLimit = countLimit;
            state.intensityLimit = intensityLimit;
            state.score = score;
            state.minHistory = minHistory;
            state.ruleChanges++;
        }
    }

    /** A rule that cannot be read changes nothing: one bad record must not stop the job. */
    private void change(SharedState state, MapView<String, String> rules, String key, String rule) throws Exception {
        if (!book(state, rules).knows(key)) {
            rulesRejected.inc();
        } else if (rule == null) {
            rules.remove(key);
            state.ruleChanges++;
        } else {
            try {
                Rule.parse(rule);
                rules.put(key, rule);
                state.ruleChanges++;
            } catch (IOException unreadable) {
                rulesRejected.inc();
            }
        }
    }

    private Rule.Book book(SharedState state, MapView<String, String> rules) throws Exception {
        if (book == null || bookChanges != state.ruleChanges) {
            book = new Rule.Book(state.countLimit, state.intensityLimit, state.score, state.minHistory);
            for (Map.Entry<String, String> entry : rules.entries()) {
                book.put(entry.getKey(), Rule.parse(entry.getValue()));
            }
            bookChanges = state.ruleChanges;
        }
        return book;
    }

    private void emit(Alert alert) {
        collect(alert.toRow());
    }
}
