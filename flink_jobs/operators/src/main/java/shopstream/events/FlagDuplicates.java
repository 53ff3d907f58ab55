package shopstream.events;

import java.time.Duration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.JoinedRowData;
import org.apache.flink.util.Collector;

/**
 * Every row passes, with one more column: whether its key, the event id, was seen before. Counts what passes in the metrics
 * {@code lateEvents}, {@code duplicateEvents} and {@code countedEvents} (neither late nor duplicate).
 *
 * <p>State: one flag a key, for one hour after its first row arrived (the clock of the machine, not event time: a
 * producer that sends again does so within minutes, whatever time the event bears).
 */
final class FlagDuplicates extends KeyedProcessFunction<String, RowData, RowData> {
    private static final long serialVersionUID = 1L;
    private static final Duration KNOWN_FOR = Duration.ofHours(1);
    private static final RowData FIRST = GenericRowData.of(false);
    private static final RowData AGAIN = GenericRowData.of(true);

    private final int lateAt;
    private transient ValueState<Boolean> seen;
    private transient JoinedRowData flagged;
    transient Counter late;
    transient Counter duplicate;
    transient Counter counted;

    /** The place of the column {@code is_late}. */
    FlagDuplicates(int lateAt) {
        this.lateAt = lateAt;
    }

    @Override
    public void open(OpenContext context) {
        ValueStateDescriptor<Boolean> flag = new ValueStateDescriptor<>("seen", Types.BOOLEAN);
        // It is written once: what is seen again is not known for longer. On the heap Flink looks at so many other ids with
        // each access, of which an event has two: the expired are found before the ids grow by half. Flink's own five cost
        // a twentieth of the job.
        flag.enableTimeToLive(
                StateTtlConfig.newBuilder(KNOWN_FOR).cleanupIncrementally(1, false).build());
        seen = getRuntimeContext().getState(flag);
        flagged = new JoinedRowData();
        MetricGroup metrics = getRuntimeContext().getMetricGroup();
        late = metrics.counter("lateEvents");
        duplicate = metrics.counter("duplicateEvents");
        counted = metrics.counter("countedEvents");
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) throws Exception {
        boolean isLate = row.getBoolean(lateAt);
        boolean isDuplicate = seen.value() != null;
        if (isLate) {
            late.inc();
        }
        if (isDuplicate) {
            duplicate.inc();
        } else {
            seen.update(true);
            if (!isLate) {
                counted.inc();
            }
        }
        flagged.replace(row, isDuplicate ? AGAIN : FIRST);
        flagged.setRowKind(row.getRowKind());
        out.collect(flagged);
    }
}
