package shopstream.events;

import java.util.List;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.utils.DataTypeUtils;

/**
 * Makes one stream of a view or table. A view is only a query: each operator put on it would plan it anew, down to a
 * source of its own. What reads the stream shares all that comes before it.
 */
public final class SharedView {
    private SharedView() {}

    /**
     * Replaces a temporary view or table with its stream, under the same name.
     *
     * @param rowTime its time attribute; null without one
     * @param isApart whether what reads the stream has tasks of its own, so that what comes before it does not wait for it
     * @param waitMillis longest time a row waits for others on its way to those tasks; -1: as the job has it
     */
    public static void share(
            StreamTableEnvironment tables, String view, String rowTime, boolean isApart, long waitMillis) {
        Table query = tables.from(view);
        // A time attribute is a plain time outside of the planner.
        List<Column> columns = query.getResolvedSchema().getColumns();
        DataType row = DataTypes.ROW(columns.stream()
                        .map(column -> DataTypes.FIELD(
                                column.getName(), DataTypeUtils.removeTimeAttribute(column.getDataType())))
                        .toList())
                .notNull();
        DataStream<RowData> stream = tables.toDataStream(query, row.bridgedTo(RowData.class));
        if (isApart) {
            stream.getTransformation().setBufferTimeout(waitMillis);
            stream = stream.map((MapFunction<RowData, RowData>) each -> each)
                    .returns(stream.getType())
                    .name("hand-over-" + view)
                    .uid("hand-over-" + view)
                    .startNewChain();
        }
        if (!tables.dropTemporaryView(view)) {
            tables.dropTemporaryTable(view);
        }
        Schema.Builder schema = Schema.newBuilder().fromRowDataType(row);
        if (rowTime != null) {
            schema.watermark(rowTime, "SOURCE_WATERMARK()");
        }
        tables.createTemporaryView(view, stream, schema.build());
    }
}
