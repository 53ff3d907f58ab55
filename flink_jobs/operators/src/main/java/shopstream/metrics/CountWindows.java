package shopstream.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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
 * Counts the windows of each key from what {@link CombineEvents} adds up. A changed window gives a row after a short while,
 * and before a checkpoint; a final one gives its last row when the watermark has passed its end by the lateness, once.
 *
 * <p>State: the windows that are not final. They are counted in memory and written only for a checkpoint, and when memory must be
 * freed; a key is read again when something comes for it. A timer a window; the watermark, so that after a restart nothing
 * is added to a window that was final before.
 */
final class CountWindows extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, Triggerable<String, VoidNamespace> {
    private static final long serialVersionUID = 1L;

    /** In a backlog nobody waits for the rows of the moment; one that may be seen for a second only is not worth more. */
    private static final long BACKLOG_MILLIS = 1_000;

    /** What a key without ids takes, in ids. */
    private static final int IDS_OF_KEY = 12;

    /** A key with more ids than this share of the limit is large: it stays in memory, and its state is a log. */
    private static final int LARGE = 1_024;

    private final WindowSpec spec;
    private final long mostIds;
    private transient Map<String, KeyWindows> keys;
    private transient List<KeyWindows> due;
    private transient List<KeyWindows> dirty;
    private transient long ids;
    private transient long shedAt;
    private transient boolean isTimerSet;
    private transient long watermark;
    private transient ListState<byte[]> windows;
    private transient ListState<Long> watermarks;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient PartialReader reader;
    private transient PartialWriter writer;
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
        keys = new HashMap<>();
        due = new ArrayList<>();
        dirty = new ArrayList<>();
        shedAt = mostIds;
        reader = new PartialReader();
        writer = new PartialWriter();
        windows = context.getKeyedStateStore()
                .getListState(new ListStateDescriptor<>("windows", BytePrimitiveArraySerializer.INSTANCE));
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
        KeyWindows key = key((String) getCurrentKey());
        long before = key.ids();
        reader.begin(element.getValue().getBinary(1));
        late.inc(key.add(reader, spec.newestFinal(watermark), this::opened));
        ids += key.ids() - before;
        if (key.isEmpty()) {
            drop(key);
            return;
        }
        mark(key);
        if (!key.isDue) {
            key.isDue = true;
            due.add(key);
            emitSoon();
        }
        if (ids > shedAt) {
            shed();
        }
    }

    @Override
    public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
        KeyWindows key = key(timer.getKey());
        long before = key.ids();
        GenericRowData row = key.close(spec.tileFinalAt(timer.getTimestamp()));
        ids += key.ids() - before;
        if (row != null) {
            emit(row);
        }
        if (key.isEmpty()) {
            drop(key);
        } else {
            mark(key);
        }
    }

    @Override
    public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) {
        throw new IllegalStateException("no timer of the machine's clock is ever set");
    }

    /**
     * The watermark goes on reduced by the lateness. A row's time is the last moment of its window: so no row comes behind the
     * watermark, and the final one of a window comes just before it.
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
        save();
        watermarks.update(List.of(watermark));
        super.snapshotState(context);
    }

    @Override
    public void finish() throws Exception {
        emitDue();
        super.finish();
    }

    private KeyWindows key(String name) throws Exception {
        KeyWindows key = keys.get(name);
        if (key == null) {
            key = new KeyWindows(name, spec, new KeyLog(mostIds / LARGE));
            key.log.load(key, windows, reader);
            keys.put(name, key);
            ids += key.ids() + IDS_OF_KEY;
        }
        key.isUsed = true;
        return key;
    }

    private void opened(long tile) {
        timers.registerEventTimeTimer(VoidNamespace.INSTANCE, spec.finalAt(tile));
    }

    private void mark(KeyWindows key) {
        if (!key.isDirty) {
            key.isDirty = true;
            dirty.add(key);
        }
    }

    /** Forgets the current key, which has no windows left. */
    private void drop(KeyWindows key) {
        key.log.clear(windows);
        key.isDirty = false;
        keys.remove(key.key);
        ids -= key.ids() + IDS_OF_KEY;
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

    private void save() throws Exception {
        for (KeyWindows key : dirty) {
            if (key.isDirty) {
                key.isDirty = false;
                setCurrentKey(key.key);
                key.log.save(key, windows, writer, spec.newestFinal(watermark));
            }
        }
        dirty.clear();
    }

    /** Makes room: keys that were not needed since the last time go first. */
    private void shed() throws Exception {
        emitDue();
        save();
        shedUnless(true);
        shedUnless(false);
        shedAt = Math.max(mostIds, ids + ids / 4);
    }

    private void shedUnless(boolean isUsed) {
        Iterator<KeyWindows> each = keys.values().iterator();
        while (ids > mostIds / 2 && each.hasNext()) {
            KeyWindows key = each.next();
            if (key.ids() <= mostIds / LARGE && !(isUsed && key.isUsed)) {
                each.remove();
                ids -= key.ids() + IDS_OF_KEY;
            }
            key.isUsed = false;
        }
    }
}
