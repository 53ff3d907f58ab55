package shopstream.format;

import java.util.List;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Reads only the columns that the source asks for: Flink's file source asks for those of the query, its Kafka
 * source for all.
 */
final class ShopEventDecodingFormat implements ProjectableDecodingFormat<DeserializationSchema<RowData>> {
    private final List<Rule> rules;

    ShopEventDecodingFormat(List<Rule> rules) {
        this.rules = rules;
    }

    @Override
    public DeserializationSchema<RowData> createRuntimeDecoder(
            DynamicTableSource.Context context, DataType physicalType, int[][] projections) {
        DataType produced = Projection.of(projections).project(physicalType);
        return new ShopEventDeserializationSchema(
                (RowType) produced.getLogicalType(), context.createTypeInformation(produced), rules);
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
    }
}
