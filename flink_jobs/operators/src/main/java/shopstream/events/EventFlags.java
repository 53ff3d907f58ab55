package shopstream.events;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.utils.DataTypeUtils;
import shopstream.source.ConsumerLag;

/** Flags late and repeated events, and notes how each arrived, in columns more; called from Python. */
public final class EventFlags {
    /** What {@link FlagLate} adds. */
    private static final List<DataTypes.Field> ARRIVAL = List.of(
            DataTypes.FIELD("is_late", DataTypes.BOOLEAN().notNull()),
            DataTypes.FIELD("arrival", DataTypes.BIGINT().notNull()),
            DataTypes.FIELD("stream_time", DataTypes.TIMESTAMP_LTZ(3)),
            DataTypes.FIELD("in_backlog", DataTypes.BOOLEAN().notNull()));

    private static final DataTypes.Field DUPLICATE = DataTypes.FIELD("is_duplicate", DataTypes.BOOLEAN().notNull());

    private EventFlags() {}

    /**
     * Makes a view of the rows of another with the columns {@code is_late}, {@code arrival}, {@code stream_time} and
     * {@code in_backlog} ({@link FlagLate}), and {@code is_duplicate} ({@link FlagDuplicates}).
     *
     * @param view has the columns {@code event_id}, {@code row_time} (the time attribute), {@code topic} and
     *     {@code partition}, none of them NULL; what it reads from is made one task
     * @param flagged name of the new view, with the same time attribute
     * @param source name of the table of Kafka's records behind the view
     * @param silenceMillis its {@code silence}
     */
    public static void attach(
            StreamTableEnvironment tables, String view, String flagged, String source, long silenceMillis) {
        Table query = tables.from(view);
        List<String> names = query.getResolvedSchema().getColumnNames();
        List<DataTypes.Field> fields = new ArrayList<>();
        for (Column column : query.getResolvedSchema().getColumns()) {
            // A time attribute is a plain time outside of the planner.
            DataType type = DataTypeUtils.removeTimeAttribute(column.getDataType());
            fields.add(DataTypes.FIELD(column.getName(), type));
        }
        DataStream<RowData> rows = tables.toDataStream(query, row(fields).bridgedTo(RowData.class));
        // Side by side, tasks would mix the order of a Kafka partition, by which late is judged.
        rows.getTransformation().getTransitivePredecessors().forEach(before -> before.setParallelism(1));
        rows.getTransformation().setParallelism(1);
        int idAt = names.indexOf("event_id");
        FlagLate flagLate =
                new FlagLate(
                        names.indexOf("row_time"),
                        names.indexOf("topic"),
                        names.indexOf("partition"),
                        ConsumerLag.of(ObjectIdentifier.of(
                                        tables.getCurrentCatalog(), tables.getCurrentDatabase(), source)
                                .asSummaryString()),
                        silenceMillis);
        fields.addAll(ARRIVAL);
        InternalTypeInfo<RowData> lateType = type(fields);
        fields.add(DUPLICATE);
        DataStream<RowData> events = rows.transform("flag-late", lateType, flagLate)
                .uid("flag-late")
                .setParallelism(1)
                .keyBy((KeySelector<RowData, String>) row -> row.getString(idAt).toString(), new EventIdType())
                .process(new FlagDuplicates(names.size()), type(fields))
                .name("flag-duplicates")
                .uid("flag-duplicates");
        tables.createTemporaryView(
                flagged,
                events,
                Schema.newBuilder()
                        .fromRowDataType(row(fields))
                        .watermark("row_time", "SOURCE_WATERMARK()")
                        .build());
    }

    private static DataType row(List<DataTypes.Field> fields) {
        return DataTypes.ROW(fields.toArray(DataTypes.Field[]::new)).notNull();
    }

    private static InternalTypeInfo<RowData> type(List<DataTypes.Field> fields) {
        return InternalTypeInfo.of(row(fields).getLogicalType());
    }
}
