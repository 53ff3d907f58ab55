package shopstream.events;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is a duplicate, for how long, and that each event is in the right counts. */
class FlagDuplicatesTest {
    private static final long HOUR = 3_600_000;
    private static final InternalTypeInfo<RowData> TYPE = InternalTypeInfo.of(DataTypes.ROW(
                    DataTypes.STRING(), DataTypes.BOOLEAN().notNull(), DataTypes.BOOLEAN().notNull())
            .notNull()
            .getLogicalType());

    private final List<Boolean> flags = new ArrayList<>();
    private FlagDuplicates function;
    private KeyedOneInputStreamOperatorTestHarness<String, RowData, RowData> harness;

    @BeforeEach
    void open() throws Exception {
        start(null);
    }

    private void start(OperatorSubtaskState state) throws Exception {
        function = new FlagDuplicates(1);
        harness = new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(function), row -> row.getString(0).toString(), new EventIdType());
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
    void theFirstOfAnIdIsNone() throws Exception {
        add("a", false);
        add("b", false);
        add("a", false);
        add("a", false);
        add("b", false);
        assertEquals(List.of(false, false, true, true, true), flags);
        assertCounts(0, 3, 2);
    }

    @Test
    void anEventCanBeBothLateAndADuplicate() throws Exception {
        add("a", true);
        add("a", true);
        add("a", false);
        add("b", false);
        assertEquals(List.of(false, true, true, false), flags);
        assertCounts(2, 2, 1);
    }

    @Test
    void anIdIsKnownForAnHourAfterItWasFirstSeen() throws Exception {
        harness.getProcessingTimeService().setCurrentTime(1);
        harness.setStateTtlProcessingTime(1);
        add("a", false);
        harness.setStateTtlProcessingTime(HOUR - 1);
        add("a", false);
        // The repetition has not made it any longer.
        harness.setStateTtlProcessingTime(HOUR + 2);
        add("a", false);
        assertEquals(List.of(false, true, false), flags);
    }

    @Test
    void anIdIsStillKnownAfterARestart() throws Exception {
        add("a", false);
        OperatorSubtaskState state = harness.snapshot(1, 1);
        harness.close();
        start(state);
        add("a", false);
        add("b", false);
        assertEquals(List.of(false, true, false), flags);
    }

    @Test
    void everyColumnAndTheTimePass() throws Exception {
        harness.processElement(new StreamRecord<>(GenericRowData.of(StringData.fromString("a"), true), 17));
        StreamRecord<?> record = (StreamRecord<?>) harness.getOutput().poll();
        RowData row = (RowData) record.getValue();
        assertEquals("a", row.getString(0).toString());
        assertEquals(true, row.getBoolean(1));
        assertEquals(17, record.getTimestamp());
    }

    private void add(String id, boolean isLate) throws Exception {
        harness.processElement(new StreamRecord<>(GenericRowData.of(StringData.fromString(id), isLate), 0));
        RowData row = (RowData) ((StreamRecord<?>) harness.getOutput().poll()).getValue();
        flags.add(row.getBoolean(2));
    }

    private void assertCounts(long late, long duplicate, long counted) {
        assertEquals(late, function.late.getCount(), "late");
        assertEquals(duplicate, function.duplicate.getCount(), "duplicate");
        assertEquals(counted, function.counted.getCount(), "counted");
    }
}
