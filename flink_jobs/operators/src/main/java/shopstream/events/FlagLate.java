package shopstream.events;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.data.utils.JoinedRowData;

/**
 * Every row passes, with one more column: whether its event time lies more than ten minutes behind the newest row of its
 * Kafka partition, or behind the watermark. One task, for all that comes before it is one task too: so it sees each
 * partition in its order.
 *
 * <p>The first rule depends on nothing but the order within the partition, so a replay gives each event the same
 * verdict however fast the partitions are read. The second keeps its promise to results that the watermark has closed.
 *
 * <p>State: the newest event time of each partition, kept.
 */
final class FlagLate extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;
    private static final long LATENESS_MILLIS = 600_000;
    private static final RowData LATE = GenericRowData.of(true);
    private static final RowData IN_TIME = GenericRowData.of(false);

    private final int timeAt;
    private final int topicAt;
    private final int partitionAt;
    private transient Map<StringData, long[]> newest;
    private transient ListState<Map<String, long[]>> state;
    private transient long watermark;
    private transient StreamRecord<RowData> out;
    private transient JoinedRowData flagged;

    /** The places of the columns {@code row_time}, {@code topic} and {@code partition}. */
    FlagLate(int timeAt, int topicAt, int partitionAt) {
        this.timeAt = timeAt;
        this.topicAt = topicAt;
        this.partitionAt = partitionAt;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        newest = new HashMap<>();
        state = context.getOperatorStateStore()
                .getListState(new ListStateDescriptor<>(
                        "newest",
                        Types.MAP(Types.STRING, PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO)));
        for (Map<String, long[]> topics : state.get()) {
            topics.forEach((topic, times) -> newest.put(StringData.fromString(topic), times));
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        watermark = Long.MIN_VALUE;
        out = new StreamRecord<>(null);
        flagged = new JoinedRowData();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        RowData row = element.getValue();
        long time = row.getTimestamp(timeAt, 3).getMillisecond();
        long[] times = times((BinaryStringData) row.getString(topicAt), row.getInt(partitionAt));
        int partition = row.getInt(partitionAt);
        long oldest = Math.max(times[partition], watermark);
        boolean isLate = oldest != Long.MIN_VALUE && time < oldest - LATENESS_MILLIS;
        times[partition] = Math.max(times[partition], time);
        flagged.replace(row, isLate ? LATE : IN_TIME);
        flagged.setRowKind(row.getRowKind());
        output.collect(out.replace(flagged, time));
    }

    private long[] times(BinaryStringData topic, int partition) {
        long[] times = newest.get(topic);
        if (times == null || times.length <= partition) {
            int known = times == null ? 0 : times.length;
            times = times == null ? new long[partition + 1] : Arrays.copyOf(times, partition + 1);
            Arrays.fill(times, known, times.length, Long.MIN_VALUE);
            // The row is used again for the next event.
            newest.put(topic.copy(), times);
        }
        return times;
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermark = mark.getTimestamp();
        super.processWatermark(mark);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        Map<String, long[]> topics = new HashMap<>();
        newest.forEach((topic, times) -> topics.put(topic.toString(), times.clone()));
        state.clear();
        state.add(topics);
    }
}
