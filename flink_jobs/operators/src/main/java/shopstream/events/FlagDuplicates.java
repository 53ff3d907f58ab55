package shopstream.events;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * {@code flag_duplicates}: every row passes, with {@code is_duplicate} saying whether its key was seen before.
 * Partition by event id. Counts what passes in the metrics {@code lateEvents}, {@code duplicateEvents} and
 * {@code countedEvents} (neither late nor duplicate).
 *
 * <p>State: one flag a key, for one hour after its first row arrived (the clock of the machine, not event time: a
 * producer that sends again does so within minutes, whatever time the event bears).
 */
@DataTypeHint("ROW<is_duplicate BOOLEAN>")
public class FlagDuplicates extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;
    private static final Row FIRST = Row.of(false);
    private static final Row AGAIN = Row.of(true);

    transient Counter late;
    transient Counter duplicate;
    transient Counter counted;

    /** Whether the key was seen. */
    public static class Seen {
        public boolean seen;
    }

    @Override
    public void open(FunctionContext context) {
        MetricGroup metrics = context.getMetricGroup();
        late = metrics.counter("lateEvents");
        duplicate = metrics.counter("duplicateEvents");
        counted = metrics.counter("countedEvents");
    }

    public void eval(
            @StateHint(ttl = "1 h") Seen state,
            @ArgumentHint({
                        ArgumentTrait.SET_SEMANTIC_TABLE,
                        ArgumentTrait.PASS_COLUMNS_THROUGH,
                        ArgumentTrait.REQUIRE_ON_TIME
                    })
                    Row input) {
        boolean isLate = input.<Boolean>getFieldAs("is_late");
        if (isLate) {
            late.inc();
        }
        if (state.seen) {
            duplicate.inc();
            collect(AGAIN);
        } else {
            state.seen = true;
            if (!isLate) {
                counted.inc();
            }
            collect(FIRST);
        }
    }
}
