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
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.data.utils.JoinedRowData;

/**
 * Every row passes, with more columns. {@code is_late}: whether its event time lies more than ten minutes behind the
 * newest row of its Kafka partition, or behind the watermark. One task, for all that comes before it is one task too: so
 * it sees each partition in its order.
 *
 * <p>The first rule depends on nothing but the order within the partition, so a replay gives each event the same
 * verdict however fast the partitions are read. The second keeps its promise to results that the watermark has closed.
 *
 * <p>The others say how the row arrived, from which a backfill repeats what the stream did with it. {@code arrival}: its
 * place in the order of all rows; it starts at the clock's microseconds, so that a stream begun anew goes on behind the
 * one before it. {@code stream_time}: the watermark before it, NULL where there was none. {@code in_backlog}: whether
 * that was more than ten minutes behind the clock.
 *
 * <p>State: the newest event time of each partition, and the last arrival; kept.
 */
final class FlagLate extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;
    private static final long LATENESS_MILLIS = 600_000;

    private final int timeAt;
    private final int topicAt;
    private final int partitionAt;
    private transient Map<StringData, long[]> newest;
    private transient ListState<Map<String, long[]>> state;
    private transient ListState<Long> arrivals;
    private transient long arrival;
    private transient long watermark;
    private transient TimestampData streamTime;
    private transient GenericRowData flags;
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
        arrivals = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("arrival", Types.LONG));
        arrival = System.currentTimeMillis() * 1_000;
        for (long last : arrivals.get()) {
            arrival = last;
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        watermark = Long.MIN_VALUE;
        out = new StreamRecord<>(null);
        flagged = new JoinedRowData();
        flags = new GenericRowData(4);
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
        arrival++;
        flags.setField(0, isLate);
        flags.setField(1, arrival);
        flags.setField(2, streamTime);
        flags.setField(3, streamTime == null || System.currentTimeMillis() - watermark > LATENESS_MILLIS);
        flagged.replace(row, flags);
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
        streamTime = TimestampData.fromEpochMillis(watermark);
        super.processWatermark(mark);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        Map<String, long[]> topics = new HashMap<>();
        newest.forEach((topic, times) -> topics.put(topic.toString(), times.clone()));
        state.clear();
        state.add(topics);
        arrivals.clear();
        arrivals.add(arrival);
    }
}
