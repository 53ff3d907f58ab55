package shopstream.events;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * {@code flag_late}: every row passes, with {@code is_late} saying whether its event time lies more than ten minutes
 * behind the newest row of its partition, or behind the watermark. Partition by topic and partition of the source.
 *
 * <p>The first rule depends on nothing but the order within the partition, so a replay gives each event the same
 * verdict however fast the partitions are read. The second keeps its promise to results that the watermark has closed.
 *
 * <p>State: the newest event time of a partition, kept.
 */
@DataTypeHint("ROW<is_late BOOLEAN>")
public class FlagLate extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;
    private static final long LATENESS_MILLIS = 600_000;
    private static final Row LATE = Row.of(true);
    private static final Row IN_TIME = Row.of(false);

    /** How far a partition has come. */
    public static class Partition {
        public long newest = Long.MIN_VALUE;
    }

    public void eval(
            Context context,
            @StateHint(ttl = "0") Partition partition,
            @ArgumentHint({
                        ArgumentTrait.SET_SEMANTIC_TABLE,
                        ArgumentTrait.PASS_COLUMNS_THROUGH,
                        ArgumentTrait.REQUIRE_ON_TIME
                    })
                    Row input) {
        TimeContext<Long> time = context.timeContext(Long.class);
        long eventTime = time.time();
        Long watermark = time.currentWatermark();
        long oldest = Math.max(partition.newest, watermark == null ? Long.MIN_VALUE : watermark);
        collect(oldest != Long.MIN_VALUE && eventTime < oldest - LATENESS_MILLIS ? LATE : IN_TIME);
        partition.newest = Math.max(partition.newest, eventTime);
    }
}
