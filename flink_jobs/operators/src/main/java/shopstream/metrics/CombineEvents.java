package shopstream.metrics;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * Adds events up by key and tile before they travel to the task that has the key. What it holds goes on before every
 * watermark and every checkpoint, so it has no state, and no watermark can pass an event. Columns of its input: see
 * {@link WindowMetrics}.
 */
final class CombineEvents extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;
    private static final long HOLD_MILLIS = 100;
    private static final int MOST_HELD = 16_384;
    private static final double MAX_AMOUNT = 1e9;

    private final WindowSpec spec;
    private transient Map<BinaryStringData, Partial> held;
    private transient int size;
    private transient boolean isTimerSet;
    private transient Id id;
    private transient PartialWriter writer;
    private transient StreamRecord<RowData> out;

    CombineEvents(WindowSpec spec) {
        this.spec = spec;
    }

    @Override
    public void open() throws Exception {
        super.open();
        held = new HashMap<>();
        id = new Id();
        writer = new PartialWriter();
        out = new StreamRecord<>(null);
    }

    @Override
    public void processElement(StreamRecord<RowData> element) throws Exception {
        RowData event = element.getValue();
        BinaryStringData key = (BinaryStringData) event.getString(0);
        Partial partial = held.get(key);
        if (partial == null) {
            partial = new Partial();
            // The row is used again for the next event.
            held.put(key.copy(), partial);
            size++;
        }
        Partial.Tile tile = partial.at(spec.tileOf(event.getTimestamp(1, 3).getMillisecond()));
        tile.count++;
        if (!event.isNullAt(2)) {
            double amount = Math.max(-MAX_AMOUNT, Math.min(MAX_AMOUNT, event.getDouble(2)));
            tile.addAmount(Math.round(amount * Group.MILLIONTHS));
        }
        if (!event.isNullAt(3)) {
            id.read(event.getString(3));
            if (tile.addId(id.high, id.low)) {
                size++;
            }
        }
        if (!event.isNullAt(4)) {
            tile.words().add((BinaryStringData) event.getString(4));
        }
        if (size >= MOST_HELD) {
            flush();
        } else if (!isTimerSet) {
            isTimerSet = true;
            long now = getProcessingTimeService().getCurrentProcessingTime();
            getProcessingTimeService().registerTimer(now + HOLD_MILLIS, time -> {
                isTimerSet = false;
                flush();
            });
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        flush();
        super.processWatermark(mark);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        flush();
    }

    @Override
    public void finish() throws Exception {
        flush();
        super.finish();
    }

    private void flush() throws Exception {
        for (Map.Entry<BinaryStringData, Partial> entry : held.entrySet()) {
            byte[] partial = entry.getValue().encode(writer, Long.MIN_VALUE);
            output.collect(out.replace(GenericRowData.of(entry.getKey(), partial)));
        }
        held.clear();
        size = 0;
    }
}
