package shopstream.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import shopstream.source.PartitionLag;

/** What is late, by partition and by watermark; the job's own verdicts are tested in tests/jobs/test_lateness.py. */
class FlagLateTest {
    private static final long TEN_MINUTES = 600_000;
    private static final InternalTypeInfo<RowData> TYPE = InternalTypeInfo.of(DataTypes.ROW(
                    DataTypes.TIMESTAMP_LTZ(3),
                    DataTypes.STRING(),
                    DataTypes.INT().notNull(),
                    DataTypes.BOOLEAN().notNull(),
                    DataTypes.BIGINT().notNull(),
                    DataTypes.TIMESTAMP_LTZ(3),
                    DataTypes.BOOLEAN().notNull())
            .notNull()
            .getLogicalType());

    private static final long SILENCE = 5_000;
    private static final long NIGHT = 3_600_000;

    private static boolean isCaughtUp;

    private final PartitionLag lag = new PartitionLag() {
        @Override
        public boolean isCaughtUp(String partition) {
            return isCaughtUp;
        }

        @Override
        public boolean areCaughtUp(int partitions, Set<String> without) {
            return isCaughtUp && partitions == 1;
        }
    };

    private OneInputStreamOperatorTestHarness<RowData, RowData> harness;

    @BeforeEach
    void open() throws Exception {
        start(null);
    }

    private void start(OperatorSubtaskState state) throws Exception {
        start(state, 0);
    }

    private void start(OperatorSubtaskState state, long now) throws Exception {
        harness = new OneInputStreamOperatorTestHarness<>(new FlagLate(0, 1, 2, lag, SILENCE));
        harness.setup(TYPE.toSerializer());
        harness.setProcessingTime(now);
        if (state != null) {
            harness.initializeState(state);
        }
        harness.open();
        // Timers that are due at once.
        harness.setProcessingTime(now + 1);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void itIsLateByMoreThanTenMinutes() throws Exception {
        assertFalse(isLate("web", 0, 0));
        assertFalse(isLate("web", 0, TEN_MINUTES));
        assertFalse(isLate("web", 0, 0));
        assertFalse(isLate("web", 0, TEN_MINUTES + 1));
        assertTrue(isLate("web", 0, 0));
        assertFalse(isLate("web", 0, 1));
    }

    @Test
    void eachPartitionOfEachTopicHasATimeOfItsOwn() throws Exception {
        assertFalse(isLate("web", 3, 2 * TEN_MINUTES));
        assertFalse(isLate("web", 0, 0));
        assertFalse(isLate("web", 4, 0));
        assertFalse(isLate("users", 3, 0));
        assertTrue(isLate("web", 3, 0));
    }

    @Test
    void whatIsBehindTheWatermarkIsLateInAnyPartition() throws Exception {
        harness.processWatermark(new Watermark(TEN_MINUTES + 5));
        assertFalse(isLate("web", 0, 5));
        assertTrue(isLate("web", 1, 4));
    }

    @Test
    void aPartitionsTimeOutlivesARestart() throws Exception {
        assertFalse(isLate("web", 1, 3 * TEN_MINUTES));
        assertFalse(isLate("users", 0, 2 * TEN_MINUTES));
        OperatorSubtaskState state = harness.snapshot(1, 1);
        harness.close();
        start(state);
        assertTrue(isLate("web", 1, TEN_MINUTES));
        assertFalse(isLate("users", 0, TEN_MINUTES));
        assertFalse(isLate("web", 0, 0));
    }

    @Test
    void theWatermarkOutlivesARestart() throws Exception {
        restart(0);
        assertEquals(List.of(new Watermark(TEN_MINUTES)), marks());
        harness.processWatermark(new Watermark(7));
        assertEquals(List.of(), marks());
        assertTrue(isLate("web", 1, -1));
        harness.processWatermark(new Watermark(TEN_MINUTES + 7));
        assertEquals(List.of(new Watermark(TEN_MINUTES + 7)), marks());
    }

    @Test
    void aRowBeforeTheFirstTickFindsTheTimeThatWas() throws Exception {
        flagged("web", 0, TEN_MINUTES);
        harness.processWatermark(new Watermark(TEN_MINUTES));
        OperatorSubtaskState state = harness.snapshot(1, 1);
        harness.close();
        harness = new OneInputStreamOperatorTestHarness<>(new FlagLate(0, 1, 2, lag, SILENCE));
        harness.setup(TYPE.toSerializer());
        harness.initializeState(state);
        harness.open();
        harness.processElement(new StreamRecord<>(row("web", 1, -1)));
        assertEquals(new Watermark(TEN_MINUTES), harness.getOutput().poll());
        assertTrue(((RowData) ((StreamRecord<?>) harness.getOutput().poll()).getValue()).getBoolean(3));
    }

    @Test
    void inASilenceTimeGoesOnAfterARestart() throws Exception {
        isCaughtUp = true;
        restart(NIGHT);
        harness.processWatermarkStatus(WatermarkStatus.IDLE);
        pass(SILENCE - RestoredTime.TICK_MILLIS);
        assertEquals(List.of(new Watermark(TEN_MINUTES)), marks());
        pass(2 * RestoredTime.TICK_MILLIS);
        assertEquals(TEN_MINUTES + NIGHT + RestoredTime.TICK_MILLIS, last(marks()));
        pass(10_000);
        assertEquals(TEN_MINUTES + NIGHT + RestoredTime.TICK_MILLIS + 10_000, last(marks()));
        // The next row, and from then on the source's clock alone.
        assertFalse(isLate("web", 0, NIGHT + TEN_MINUTES));
        pass(10_000);
        assertEquals(List.of(), marks());
        harness.processWatermark(new Watermark(NIGHT));
        assertEquals(List.of(), marks());
    }

    @Test
    void aSecondRestartInASilenceCountsNoTimeTwice() throws Exception {
        isCaughtUp = true;
        restart(NIGHT);
        pass(2 * SILENCE);
        long reached = last(marks());
        OperatorSubtaskState state = harness.snapshot(2, 2);
        harness.close();
        start(state, NIGHT + 2 * SILENCE + 60_000);
        pass(2 * SILENCE);
        long after = last(marks());
        assertTrue(after >= reached + 60_000 && after <= reached + 60_000 + 2 * SILENCE, reached + " " + after);
    }

    @Test
    void aSecondRestartBeforeTimeWentOnForgetsNoneOfTheNight() throws Exception {
        isCaughtUp = true;
        restart(NIGHT);
        OperatorSubtaskState state = harness.snapshot(2, 2);
        harness.close();
        start(state, NIGHT + 1_000);
        pass(2 * SILENCE);
        assertTrue(last(marks()) >= TEN_MINUTES + NIGHT);
    }

    @Test
    void whileThereIsMoreToReadTimeStandsStill() throws Exception {
        isCaughtUp = false;
        restart(NIGHT);
        pass(10 * SILENCE);
        assertEquals(List.of(new Watermark(TEN_MINUTES)), marks());
    }

    /** A stream with one partition and a watermark, and again so much later. */
    private void restart(long later) throws Exception {
        flagged("web", 0, TEN_MINUTES);
        harness.processWatermark(new Watermark(TEN_MINUTES));
        OperatorSubtaskState state = harness.snapshot(1, 1);
        harness.close();
        start(state, later);
    }

    private void pass(long millis) throws Exception {
        long end = harness.getProcessingTime() + millis;
        while (harness.getProcessingTime() < end) {
            harness.setProcessingTime(Math.min(end, harness.getProcessingTime() + RestoredTime.TICK_MILLIS));
        }
    }

    /** What was sent since they were last asked for. */
    private List<Object> marks() {
        List<Object> sent = List.copyOf(harness.getOutput());
        harness.getOutput().clear();
        return sent;
    }

    private static long last(List<Object> marks) {
        return ((Watermark) marks.get(marks.size() - 1)).getTimestamp();
    }

    @Test
    void everyColumnAndTheTimePass() throws Exception {
        harness.processElement(new StreamRecord<>(row("web", 2, 77)));
        StreamRecord<?> record = (StreamRecord<?>) harness.getOutput().poll();
        RowData row = (RowData) record.getValue();
        assertEquals(77, row.getTimestamp(0, 3).getMillisecond());
        assertEquals("web", row.getString(1).toString());
        assertEquals(2, row.getInt(2));
        assertEquals(77, record.getTimestamp());
    }

    @Test
    void howARowArrivedIsNoted() throws Exception {
        long start = System.currentTimeMillis();
        RowData first = flagged("web", 0, start);
        long arrival = first.getLong(4);
        assertTrue(first.isNullAt(5));
        assertTrue(first.getBoolean(6), "before the first watermark nobody knows what precedes a row");
        harness.processWatermark(new Watermark(start - 1_000));
        RowData live = flagged("web", 1, start + 5);
        assertEquals(arrival + 1, live.getLong(4));
        assertEquals(start - 1_000, live.getTimestamp(5, 3).getMillisecond());
        assertFalse(live.getBoolean(6));
        OperatorSubtaskState state = harness.snapshot(1, 1);
        harness.close();
        start(state);
        assertEquals(arrival + 2, flagged("web", 0, start).getLong(4));
        harness.close();
        start(null);
        harness.processWatermark(new Watermark(start - 2 * TEN_MINUTES));
        assertTrue(flagged("web", 0, start).getBoolean(6));
    }

    @Test
    void aStreamBegunAnewGoesOnBehindTheOneBefore() throws Exception {
        long before = System.currentTimeMillis() * 1_000;
        long last = flagged("web", 0, 0).getLong(4);
        assertTrue(last >= before - 1_000_000 && last <= System.currentTimeMillis() * 1_000 + 1);
    }

    private RowData flagged(String topic, int partition, long time) throws Exception {
        harness.getOutput().clear();
        harness.processElement(new StreamRecord<>(row(topic, partition, time)));
        return (RowData) ((StreamRecord<?>) harness.getOutput().poll()).getValue();
    }

    private boolean isLate(String topic, int partition, long time) throws Exception {
        return flagged(topic, partition, time).getBoolean(3);
    }

    private static RowData row(String topic, int partition, long time) {
        return GenericRowData.of(TimestampData.fromEpochMillis(time), StringData.fromString(topic), partition);
    }
}
