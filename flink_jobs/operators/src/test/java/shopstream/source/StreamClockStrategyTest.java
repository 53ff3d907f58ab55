package shopstream.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.clock.RelativeClock;
import org.junit.jupiter.api.Test;

class StreamClockStrategyTest {
    private static final long SILENCE = 5_000;

    private long now;
    private final StreamClockStrategy strategy = new StreamClockStrategy(WatermarkStrategy.forMonotonousTimestamps(), SILENCE);
    private final WatermarkGeneratorSupplier.Context context =
            new WatermarkGeneratorSupplier.Context() {
                @Override
                public MetricGroup getMetricGroup() {
                    return null;
                }

                @Override
                public RelativeClock getInputActivityClock() {
                    return new RelativeClock() {
                        @Override
                        public long relativeTimeMillis() {
                            return now;
                        }

                        @Override
                        public long relativeTimeNanos() {
                            return now * 1_000_000;
                        }
                    };
                }
            };

    private final class Split implements WatermarkOutput {
        private final WatermarkGenerator<RowData> generator = strategy.createWatermarkGenerator(context);
        private final List<Object> said = new ArrayList<>();

        void event(long time) {
            generator.onEvent(new GenericRowData(0), time, this);
        }

        Object says() {
            said.clear();
            generator.onPeriodicEmit(this);
            return said.isEmpty() ? null : said.get(0);
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            // Flink's strategy for rising times stays one millisecond behind the latest.
            said.add(watermark.getTimestamp() + 1);
        }

        @Override
        public void markIdle() {
            said.add("idle");
        }

        @Override
        public void markActive() {
            said.add("active");
        }
    }

    @Test
    void aSilentSplitHoldsNothingBackAndTheClockTakesOverWhenAllAre() {
        Split first = new Split();
        Split second = new Split();
        first.event(1_000_000);
        second.event(1_000_500);
        assertEquals(1_000_000L, first.says());

        now = 4_000;
        second.event(1_004_500);
        now = 6_000;
        assertEquals("idle", first.says());
        assertEquals(1_004_500L, second.says());

        now = 9_001;
        assertEquals(1_004_501L, first.says());
        assertEquals(1_004_501L, second.says());
        now = 60_000;
        assertEquals(1_055_500L, first.says());
    }

    @Test
    void aSplitWithoutAnyEventIsIdleAfterTheSilence() {
        Split split = new Split();
        assertEquals(null, split.says());
        now = SILENCE + 1;
        assertEquals("idle", split.says());
    }

    @Test
    void recordsThatBringNoNewerTimeAreSilence() {
        Split bad = new Split();
        Split good = new Split();
        bad.event(1_000_000);
        good.event(1_000_000);
        for (now = 1_000; now <= 10_000; now += 1_000) {
            // A rejected record has the row time 1970.
            bad.event(0);
            good.event(1_000_000 + now);
        }
        now = 10_000;
        assertEquals("idle", bad.says());
        assertEquals(1_010_000L, good.says());
        for (; now <= 20_000; now += 1_000) {
            bad.event(0);
        }
        now = 20_000;
        assertEquals(1_015_000L, bad.says());
    }
}
