package shopstream.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
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

    private OneInputStreamOperatorTestHarness<RowData, RowData> harness;

    @BeforeEach
    void open() throws Exception {
        start(null);
    }

    private void start(OperatorSubtaskState state) throws Exception {
        harness = new OneInputStreamOperatorTestHarness<>(new FlagLate(0, 1, 2));
        harness.setup(TYPE.toSerializer());
        if (state != null) {
            harness.initializeState(state);
        }
        harness.open();
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
