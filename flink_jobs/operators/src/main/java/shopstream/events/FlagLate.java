package shopstream.events;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.io.network.api.writer.ResultPartitionWriter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.data.utils.JoinedRowData;
import shopstream.source.PartitionLag;

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
 * <p>After a restart the watermark is what it was, and in a silence it goes on from there until the first row
 * ({@link RestoredTime}); the source's clock has seen no event yet. The watermark never falls.
 *
 * <p>State: the newest event time of each partition, the last arrival, and the watermark with the machine's time at which
 * it came; kept.
 */
final class FlagLate extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;
    private static final long LATENESS_MILLIS = 600_000;

    private final int timeAt;
    private final int topicAt;
    private final int partitionAt;
    private final PartitionLag lag;
    private final long silenceMillis;
    private transient Map<StringData, long[]> newest;
    private transient ListState<Map<String, long[]>> state;
    private transient ListState<Long> arrivals;
    private transient ListState<long[]> marks;
    private transient long arrival;
    private transient long watermark;
    private transient long watermarkCameAt;

    /** Until the first row after a restart. */
    private transient RestoredTime restored;

    private transient TimestampData streamTime;
    private transient GenericRowData flags;
    private transient StreamRecord<RowData> out;
    private transient JoinedRowData flagged;

    /** The places of the columns {@code row_time}, {@code topic} and {@code partition}; when the source is silent. */
    FlagLate(int timeAt, int topicAt, int partitionAt, PartitionLag lag, long silenceMillis) {
        this.timeAt = timeAt;
        this.topicAt = topicAt;
        this.partitionAt = partitionAt;
        this.lag = lag;
        this.silenceMillis = silenceMillis;
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
        marks = context.getOperatorStateStore()
                .getListState(new ListStateDescriptor<>(
                        "watermark", PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO));
        watermark = Long.MIN_VALUE;
        for (long[] last : marks.get()) {
            restored = new RestoredTime(last[0], last[1], silenceMillis);
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        if (restored != null) {
            // Nothing may be sent before all operators are open.
            tickIn(0);
        }
        out = new StreamRecord<>(null);
        flagged = new JoinedRowData();
        flags = new GenericRowData(4);
    }

    @Override
    public void processElement(StreamRecord<RowData> element) throws Exception {
        if (restored != null) {
            // It may come before the first tick.
            raise(restored.watermark(), restored.cameAt());
            restored = null;
        }
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
        raise(mark.getTimestamp(), getProcessingTimeService().getCurrentProcessingTime());
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        // A task that is told of idleness is told no time.
        if (restored == null || status.isActive()) {
            super.processWatermarkStatus(status);
        }
    }

    /** Lets time go on to this watermark, which came at that time of the machine. */
    private void raise(long time, long cameAt) throws Exception {
        if (time <= watermark) {
            return;
        }
        watermark = time;
        watermarkCameAt = cameAt;
        streamTime = TimestampData.fromEpochMillis(time);
        super.processWatermark(new Watermark(time));
    }

    private void tickIn(long millis) {
        ProcessingTimeService clock = getProcessingTimeService();
        clock.registerTimer(clock.getCurrentProcessingTime() + millis, this::tick);
    }

    private void tick(long now) throws Exception {
        if (restored == null) {
            return;
        }
        long time = restored.at(now, isSilent());
        // Until time goes on, a second restart counts from where the first one did.
        raise(time, time == restored.watermark() ? restored.cameAt() : now);
        tickIn(RestoredTime.TICK_MILLIS);
    }

    /** Nothing is left to read, and no row waits because the next task is slow. */
    private boolean isSilent() {
        for (ResultPartitionWriter writer : getContainingTask().getEnvironment().getAllWriters()) {
            if (!writer.isAvailable()) {
                return false;
            }
        }
        int known = newest.values().stream()
                .mapToInt(each -> (int) Arrays.stream(each).filter(one -> one != Long.MIN_VALUE).count())
                .sum();
        return lag.areCaughtUp(known, Set.of());
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        Map<String, long[]> topics = new HashMap<>();
        newest.forEach((topic, times) -> topics.put(topic.toString(), times.clone()));
        state.clear();
        state.add(topics);
        arrivals.clear();
        arrivals.add(arrival);
        marks.clear();
        if (watermark != Long.MIN_VALUE) {
            marks.add(new long[] {watermark, watermarkCameAt});
        }
    }
}
