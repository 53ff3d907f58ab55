package shopstream.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.util.clock.RelativeClock;
import org.junit.jupiter.api.Test;

class StreamClockStrategyTest {
    private static final long SILENCE = 5_000;

    private long now;
    private final Map<String, Integer> lags = new HashMap<>();
    private final PartitionLag lag =
            new PartitionLag() {
                @Override
                public boolean isCaughtUp(String partition) {
                    return Integer.valueOf(0).equals(lags.get(partition));
                }

                @Override
                public boolean areCaughtUp(int partitions, Set<String> without) {
                    return lags.size() >= partitions
                            && lags.keySet().stream().allMatch(one -> without.contains(one) || isCaughtUp(one));
                }
            };
    private final StreamClockStrategy strategy =
            new StreamClockStrategy(WatermarkStrategy.forMonotonousTimestamps(), SILENCE, lag, 0, 1);
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

    /** As in Flink, the first generator is that of no split. */
    private final WatermarkGenerator<RowData> main = strategy.createWatermarkGenerator(context);

    private int partitions;

    private final class Split implements WatermarkOutput {
        private final WatermarkGenerator<RowData> generator = strategy.createWatermarkGenerator(context);
        private final List<Object> said = new ArrayList<>();
        private final int number = partitions++;

        Split() {
            lag(0);
        }

        void lag(Integer records) {
            if (records == null) {
                lags.remove("web-" + number);
            } else {
                lags.put("web-" + number, records);
            }
        }

        void event(long time) {
            generator.onEvent(GenericRowData.of(StringData.fromString("web"), number), time, this);
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

    @Test
    void aSplitWithMoreToReadIsNotSilentHoweverLongItsTurnTakes() {
        Split read = new Split();
        Split waiting = new Split();
        waiting.lag(null);
        read.event(1_000_000);
        for (now = 0; now <= 60_000; now += 200) {
            assertEquals(null, waiting.says());
        }
        assertEquals("idle", read.says());

        waiting.lag(7);
        for (; now <= 120_000; now += 200) {
            assertEquals(null, waiting.says());
        }
        waiting.event(500_000);
        long arrival = now;
        for (; now <= 180_000; now += 200) {
            assertEquals(500_000L, waiting.says());
        }
        waiting.lag(0);
        now += SILENCE - 200;
        assertEquals(500_000L, waiting.says());
        now += 400;
        assertEquals(1_000_000L + now - arrival - SILENCE, read.says());
    }

    @Test
    void aSplitThatStaysHoursBehindHoldsNothingBackNorDoesItsSenderStopTheClock() {
        Split wrong = new Split();
        Split right = new Split();
        for (now = 0; now <= 10_000; now += 100) {
            right.event(36_000_000 + now);
            // Local time without its offset, say, alone in its partition: it rises as the others do.
            wrong.event(18_000_000 + now);
            if (now <= SILENCE) {
                assertEquals(18_000_000L + now, wrong.says());
            }
        }
        assertEquals("idle", wrong.says());
        assertEquals(36_010_000L, right.says());
        for (; now <= 30_000; now += 100) {
            wrong.event(18_000_000 + now);
        }
        // The last of the others was at 10,000.
        assertEquals(36_010_000L + now - 10_000 - SILENCE, wrong.says());
        // Nothing of the present: had it more to read, the clock would wait.
        wrong.lag(3);
        wrong.says();
        assertEquals(18_000_000L + now - 100, wrong.says());
    }

    @Test
    void anEventOfTheSilenceDoesNotTurnTheClockBack() {
        Split one = new Split();
        one.event(1_000_000);
        now = 3_600_000;
        assertEquals(1_000_000L + 3_600_000 - SILENCE, one.says());
        one.event(1_600_000);
        now += SILENCE + 1;
        assertEquals(1_000_000L + 3_600_000 - SILENCE + 1, one.says());
    }

    @Test
    void anEmptySplitDoesNotWaitForTheBacklogOfOthers() {
        Split empty = new Split();
        Split busy = new Split();
        busy.lag(1_000);
        for (now = 0; now <= 10_000; now += 200) {
            busy.event(1_000_000 + now);
            empty.says();
        }
        assertEquals("idle", empty.says());
        assertEquals(1_010_000L, busy.says());
    }
}
