package shopstream.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;

/** {@link CountWindows} as one of several tasks would run it, and what came out of it. */
final class WindowHarness implements AutoCloseable {
    private static final int MAX_PARALLELISM = 16;

    final List<RowData> live = new ArrayList<>();
    final Map<Recount.Window, List<Object>> finals = new HashMap<>();
    /** The latest values of each window, and whether they are final. */
    final Map<Recount.Window, List<Object>> latest = new HashMap<>();

    final List<String> faults = new ArrayList<>();
    long watermarkOut = Long.MIN_VALUE;
    private final KeyedOneInputStreamOperatorTestHarness<String, RowData, RowData> harness;
    private final WindowSpec spec;

    WindowHarness(WindowSpec spec, long mostIds, OperatorSubtaskState state, int tasksBefore, int tasks, int task)
            throws Exception {
        this.spec = spec;
        harness = new KeyedOneInputStreamOperatorTestHarness<>(
                new CountWindows(spec, mostIds),
                partial -> partial.getString(0).toString(),
                Types.STRING,
                MAX_PARALLELISM,
                tasks,
                task);
        harness.setup(WindowMetrics.ROW_TYPE.toSerializer());
        if (state != null) {
            harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                    state, MAX_PARALLELISM, tasksBefore, tasks, task));
        }
        harness.open();
    }

    WindowHarness(WindowSpec spec) throws Exception {
        this(spec, 1_000_000, null, 1, 1, 0);
    }

    void add(RowData partial) throws Exception {
        harness.processElement(new StreamRecord<>(partial));
        collect();
    }

    void watermark(long time) throws Exception {
        harness.processWatermark(new Watermark(time));
        collect();
    }

    void clock(long millis) throws Exception {
        harness.setProcessingTime(millis);
        collect();
    }

    OperatorSubtaskState snapshot(long checkpoint) throws Exception {
        harness.prepareSnapshotPreBarrier(checkpoint);
        collect();
        return harness.snapshot(checkpoint, 0);
    }

    int keyedStateSize() {
        return harness.numKeyedStateEntries();
    }

    int timers() {
        return harness.numEventTimeTimers();
    }

    private void collect() {
        for (Object each = harness.getOutput().poll(); each != null; each = harness.getOutput().poll()) {
            if (each instanceof Watermark mark) {
                watermarkOut = mark.getTimestamp();
                continue;
            }
            @SuppressWarnings("unchecked")
            StreamRecord<RowData> record = (StreamRecord<RowData>) each;
            RowData row = record.getValue();
            Recount.Window window = Recount.window(row);
            long last = window.start() + spec.sizeMillis() - 1;
            if (record.getTimestamp() != last || last <= watermarkOut) {
                faults.add("time " + record.getTimestamp() + " of " + window + " at watermark " + watermarkOut);
            }
            if (finals.containsKey(window)) {
                faults.add("a row after the final one of " + window);
            }
            latest.put(window, Recount.values(row));
            if (row.getBoolean(7)) {
                finals.put(window, Recount.values(row));
            } else {
                live.add(row);
            }
        }
    }

    @Override
    public void close() throws Exception {
        harness.close();
    }
}
