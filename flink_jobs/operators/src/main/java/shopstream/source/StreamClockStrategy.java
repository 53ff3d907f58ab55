package shopstream.source;

import java.util.HashSet;
import java.util.Set;
import org.apache.flink.api.common.eventtime.TimestampAssigner;
import org.apache.flink.api.common.eventtime.TimestampAssignerSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.clock.RelativeClock;

/**
 * The watermarks of the table's own strategy, with silence handled: a split that is read to its end and silent for a
 * while, or hours behind all the while, does not hold the others back, and when all are so the {@link StreamClock} drives the
 * watermark. The clock
 * stands still while the source waits for a slow job, so that back-pressure is not taken for silence; nor is a split
 * silent that has more to read, however long its turn takes.
 */
final class StreamClockStrategy implements WatermarkStrategy<RowData> {
    private static final long serialVersionUID = 1L;
    private static final long NANOS = 1_000_000L;

    private final WatermarkStrategy<RowData> table;
    private final long silenceMillis;
    private final PartitionLag lag;
    private final int topicColumn;
    private final int partitionColumn;

    /** Shared by the splits of one source task: Flink makes all their generators from one strategy object. */
    private transient StreamClock clock;

    /** One of them is of no split: Flink makes it first, for records without a split, of which Kafka has none. */
    private transient int generators;

    /** Partitions that have had an event. */
    private transient Set<String> seen;

    /** Columns: where a row has its topic and partition; -1 where it has not. */
    StreamClockStrategy(
            WatermarkStrategy<RowData> table, long silenceMillis, PartitionLag lag, int topicColumn, int partitionColumn) {
        this.table = table;
        this.silenceMillis = silenceMillis;
        this.lag = lag;
        this.topicColumn = topicColumn;
        this.partitionColumn = partitionColumn;
    }

    StreamClockStrategy withColumns(int topic, int partition) {
        return new StreamClockStrategy(table, silenceMillis, lag, topic, partition);
    }

    @Override
    public WatermarkGenerator<RowData> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
        if (clock == null) {
            clock = new StreamClock(silenceMillis);
            seen = new HashSet<>();
        }
        generators++;
        return new SplitGenerator(table.createWatermarkGenerator(context), context.getInputActivityClock());
    }

    @Override
    public TimestampAssigner<RowData> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
        return table.createTimestampAssigner(context);
    }

    private final class SplitGenerator implements WatermarkGenerator<RowData>, WatermarkOutput {
        private final WatermarkGenerator<RowData> table;
        private final RelativeClock activity;

        /** Unknown until its first event. */
        private String partition;

        private long latestActivity;

        /** When it last had more to read, or an event of the present. */
        private long latestPresence;

        private long latestWatermark = Long.MIN_VALUE;

        SplitGenerator(WatermarkGenerator<RowData> table, RelativeClock activity) {
            this.table = table;
            this.activity = activity;
            this.latestActivity = now();
            this.latestPresence = latestActivity;
        }

        @Override
        public void onEvent(RowData event, long timestamp, WatermarkOutput output) {
            if (partition == null && topicColumn >= 0 && partitionColumn >= 0) {
                partition = event.getString(topicColumn).toString() + '-' + event.getInt(partitionColumn);
                seen.add(partition);
            }
            long before = latestWatermark;
            table.onEvent(event, timestamp, this);
            table.onPeriodicEmit(this);
            // A record that brings no newer time is as good as silence: what is no event, or hours old, must not hold
            // event time still for all.
            if (latestWatermark > before) {
                latestActivity = now();
                if (!clock.isOutdated(latestWatermark)) {
                    latestPresence = latestActivity;
                    clock.observe(latestWatermark, latestActivity);
                }
            }
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            long now = now();
            if (!isCaughtUp()) {
                latestActivity = now;
                latestPresence = now;
                clock.stillReading(now);
            } else if (!clock.isOutdated(latestWatermark)) {
                latestPresence = now;
            }
            if (clock.isSilent(now)) {
                output.emitWatermark(new Watermark(clock.watermark(now)));
            } else if (clock.isSilentSince(latestActivity, now) || clock.isSilentSince(latestPresence, now)) {
                output.markIdle();
            } else if (latestWatermark != Long.MIN_VALUE) {
                output.emitWatermark(new Watermark(latestWatermark));
            }
        }

        private boolean isCaughtUp() {
            return partition == null ? lag.areCaughtUp(generators - 1, seen) : lag.isCaughtUp(partition);
        }

        private long now() {
            return activity.relativeTimeNanos() / NANOS;
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            latestWatermark = Math.max(latestWatermark, watermark.getTimestamp());
        }

        @Override
        public void markIdle() {
            // Silence is judged here, not by the table's strategy.
        }

        @Override
        public void markActive() {
            // As above.
        }
    }
}
