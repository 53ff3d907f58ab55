package shopstream.metrics;

import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;

/** Puts the windows of a metric between two views; called from Python. */
public final class WindowMetrics {
    /** About 50 MB a task. */
    private static final long MOST_IDS = 1_000_000;

    private static final DataType EVENT =
            DataTypes.ROW(
                            DataTypes.FIELD("key", DataTypes.STRING()),
                            DataTypes.FIELD("row_time", DataTypes.TIMESTAMP_LTZ(3)),
                            DataTypes.FIELD("amount", DataTypes.DOUBLE()),
                            DataTypes.FIELD("id", DataTypes.STRING()),
                            DataTypes.FIELD("word", DataTypes.STRING()))
                    .notNull()
                    .bridgedTo(RowData.class);

    /** What {@link CombineEvents} sends to {@link CountWindows}. */
    static final InternalTypeInfo<RowData> PARTIAL_TYPE = type(DataTypes.ROW(
            DataTypes.FIELD("key", DataTypes.STRING().notNull()),
            DataTypes.FIELD("partial", DataTypes.BYTES().notNull())));

    static final InternalTypeInfo<RowData> ROW_TYPE = type(WindowRow.TYPE);

    private WindowMetrics() {}

    /**
     * Counts the windows of the events in a view.
     *
     * @param view its columns are {@code key}, which makes up a window's key with its start, {@code row_time} (the time
     *     attribute), {@code amount} (DOUBLE, to sum; above a billion counts as a billion), {@code id} (to count once a
     *     window) and {@code word} (to collect, at most {@value Words#MOST}); the last three may be NULL
     * @param waitMillis longest time a partial count waits for others on its way to its window: each wait that ends wakes
     *     a task
     * @return append-only rows {@link WindowRow}: the latest of a key and window holds; their time is
     *     {@code window_time}, the last moment of the window
     */
    public static Table attach(StreamTableEnvironment tables, String view, WindowSpec spec, long waitMillis) {
        DataStream<RowData> events = tables.toDataStream(tables.from(view), EVENT);
        DataStream<RowData> rows = events.transform(
                        "combine-" + spec.name(), PARTIAL_TYPE, new CombineEvents(spec))
                .uid("combine-" + spec.name())
                .setBufferTimeout(waitMillis)
                .keyBy((KeySelector<RowData, String>) partial -> partial.getString(0).toString())
                .transform("count-" + spec.name(), ROW_TYPE, new CountWindows(spec, MOST_IDS))
                .uid("count-" + spec.name());
        return tables.fromDataStream(
                rows,
                Schema.newBuilder()
                        .fromRowDataType(WindowRow.TYPE)
                        .columnByMetadata("window_time", DataTypes.TIMESTAMP_LTZ(3), "rowtime", true)
                        .watermark("window_time", "SOURCE_WATERMARK()")
                        .build());
    }

    private static InternalTypeInfo<RowData> type(DataType row) {
        return InternalTypeInfo.of(row.getLogicalType());
    }
}
