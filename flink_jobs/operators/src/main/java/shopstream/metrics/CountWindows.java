package shopstream.metrics;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/**
 * Counts the windows of each key from what {@link CombineEvents} adds up. A changed window gives a row after a short
 * while, and before a checkpoint; a final one gives its last row when the watermark has passed its end by the
 * lateness, once.
 *
 * <p>State: the windows that are not final. They are counted in memory and written only for a checkpoint, and when
 * memory must be freed; a key is read again when something comes for it. A timer a window; the watermark, so that
 * after a restart nothing is added to a window that was final before.
 */
final class CountWindows extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, Triggerable<String, VoidNamespace> {
    private static final long serialVersionUID = 1L;

    /**
     * In a backlog nobody waits for the rows of the moment; one that may be seen for a second only is not worth more.
     */
    private static final long BACKLOG_MILLIS = 1_000;

    private final WindowSpec spec;
    private final long mostIds;
    private transient KeyCache keys;
    private transient List<KeyWindows> due;
    private transient boolean isTimerSet;
    private transient long watermark;
    private transient ListState<Long> watermarks;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient PartialReader reader;
    private transient StreamRecord<RowData> out;
    private transient Counter late;

    /** {@code mostIds}: about how many ids of windows that are not final one task may hold in memory. */
    CountWindows(WindowSpec spec, long mostIds) {
        this.spec = spec;
        this.mostIds = mostIds;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        due = new ArrayList<>();
        reader = new PartialReader();
        ListState<byte[]> windows = context.getKeyedStateStore()
                .getListState(new ListStateDescriptor<>("windows", BytePrimitiveArraySerializer.INSTANCE));
        keys = new KeyCache(spec, mostIds, windows, this::setCurrentKey);
        watermarks = context.getOperatorStateStore()
                .getUnionListState(new ListStateDescriptor<>("watermark", LongSerializer.INSTANCE));
        watermark = Long.MIN_VALUE;
        boolean isFirst = true;
        for (long each : watermarks.get()) {
            watermark = isFirst ? each : Math.min(watermark, each);
            isFirst = false;
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        timers = getInternalTimerService("final", VoidNamespaceSerializer.INSTANCE, this);
        out = new StreamRecord<>(null);
        late = getMetricGroup().counter("eventsOfFinalWindows");
    }

    @Override
    public void processElement(StreamRecord<RowData> element) throws Exception {
        KeyWindows key = keys.get((String) getCurrentKey());
        long before = key.ids();
        reader.begin(element.getValue().getBinary(1));
        late.inc(key.add(reader, spec.newestFinal(watermark), this::opened));
        keys.changed(key, before);
        if (!key.isDue) {
            key.isDue = true;
            due.add(key);
            emitSoon();
        }
        if (keys.isFull()) {
            emitDue();
            keys.shed(watermark);
        }
    }

    @Override
    public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
        KeyWindows key = keys.get(timer.getKey());
        long before = key.ids();
        GenericRowData row = key.close(spec.tileFinalAt(timer.getTimestamp()));
        keys.changed(key, before);
        if (row != null) {
            emit(row);
        }
    }

    @Override
    public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) {
        throw new IllegalStateException("no timer of the machine's clock is ever set");
    }

    /**
     * The watermark goes on reduced by the lateness. A row's time is the last moment of its window: so no row comes
     * behind the watermark, and the final one of a window comes just before it.
     */
    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermark = Math.max(watermark, mark.getTimestamp());
        if (timeServiceManager != null) {
            timeServiceManager.advanceWatermark(mark);
        }
        boolean isEnd = mark.getTimestamp() == Long.MAX_VALUE;
        output.emitWatermark(isEnd ? mark : new Watermark(mark.getTimestamp() - spec.latenessMillis() - 1));
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) {
        // A row that is due is not state.
        emitDue();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        keys.save(watermark);
        watermarks.update(List.of(watermark));
        super.snapshotState(context);
    }

    @Override
    public void finish() throws Exception {
        emitDue();
        super.finish();
    }

    private void opened(long tile) {
        timers.registerEventTimeTimer(VoidNamespace.INSTANCE, spec.finalAt(tile));
    }

    private void emitSoon() {
        if (!isTimerSet) {
            isTimerSet = true;
            long now = getProcessingTimeService().getCurrentProcessingTime();
            boolean isLive = watermark >= now - spec.latenessMillis();
            long wait = isLive ? spec.liveMillis() : Math.max(spec.liveMillis(), BACKLOG_MILLIS);
            getProcessingTimeService().registerTimer(now + wait, time -> {
                isTimerSet = false;
                emitDue();
            });
        }
    }

    private void emitDue() {
        for (KeyWindows key : due) {
            key.isDue = false;
            for (int position = 0; position < key.size(); position++) {
                GenericRowData row = key.changedRow(position);
                if (row != null) {
                    emit(row);
                }
            }
        }
        due.clear();
    }

    private void emit(GenericRowData row) {
        output.collect(out.replace(row, row.getTimestamp(2, 3).getMillisecond() - 1));
    }
}
