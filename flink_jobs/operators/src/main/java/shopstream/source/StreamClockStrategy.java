package shopstream.source;

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
 * The watermarks of the table's own strategy, with silence handled: a split silent for a while does not hold the
 * others back, and when all are silent the {@link StreamClock} drives the watermark. The clock stands still while
 * the source waits for a slow job, so that back-pressure is not taken for silence.
 */
final class StreamClockStrategy implements WatermarkStrategy<RowData> {
    private static final long serialVersionUID = 1L;
    private static final long NANOS = 1_000_000L;

    private final WatermarkStrategy<RowData> table;
    private final long silenceMillis;

    /** Shared by the splits of one source task: Flink makes all their generators from one strategy object. */
    private transient StreamClock clock;

    StreamClockStrategy(WatermarkStrategy<RowData> table, long silenceMillis) {
        this.table = table;
        this.silenceMillis = silenceMillis;
    }

    @Override
    public WatermarkGenerator<RowData> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
        if (clock == null) {
            clock = new StreamClock(silenceMillis);
        }
        return new SplitGenerator(table.createWatermarkGenerator(context), clock, context.getInputActivityClock());
    }

    @Override
    public TimestampAssigner<RowData> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
        return table.createTimestampAssigner(context);
    }

    private static final class SplitGenerator implements WatermarkGenerator<RowData>, WatermarkOutput {
        private final WatermarkGenerator<RowData> table;
        private final StreamClock clock;
        private final RelativeClock activity;
        private long latestArrival;
        private long latestWatermark = Long.MIN_VALUE;

        SplitGenerator(WatermarkGenerator<RowData> table, StreamClock clock, RelativeClock activity) {
            this.table = table;
            this.clock = clock;
            this.activity = activity;
            this.latestArrival = now();
        }

        @Override
        public void onEvent(RowData event, long timestamp, WatermarkOutput output) {
            long before = latestWatermark;
            table.onEvent(event, timestamp, this);
            table.onPeriodicEmit(this);
            // A record that brings no newer time is as good as silence: what is no event, or hours old, must not hold
            // event time still for all.
            if (latestWatermark > before) {
                latestArrival = now();
                clock.observe(latestWatermark, latestArrival);
            }
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            long now = now();
            if (clock.isSilent(now)) {
                output.emitWatermark(new Watermark(clock.watermark(now)));
            } else if (clock.isSilentSince(latestArrival, now)) {
                output.markIdle();
            } else if (latestWatermark != Long.MIN_VALUE) {
                output.emitWatermark(new Watermark(latestWatermark));
            }
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
