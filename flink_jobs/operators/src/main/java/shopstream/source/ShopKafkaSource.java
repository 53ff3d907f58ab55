package shopstream.source;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.streaming.connectors.kafka.config.BoundedMode;
import org.apache.flink.streaming.connectors.kafka.config.StartupMode;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** Flink's Kafka table source with the watermarks of {@link StreamClockStrategy}. */
final class ShopKafkaSource extends KafkaDynamicSource {
    private final long silenceMillis;

    ShopKafkaSource(
            long silenceMillis,
            DataType physicalDataType,
            DecodingFormat<DeserializationSchema<RowData>> keyDecodingFormat,
            DecodingFormat<DeserializationSchema<RowData>> valueDecodingFormat,
            int[] keyProjection,
            int[] valueProjection,
            String keyPrefix,
            List<String> topics,
            Pattern topicPattern,
            Properties properties,
            StartupMode startupMode,
            Map<TopicPartition, Long> specificStartupOffsets,
            long startupTimestampMillis,
            BoundedMode boundedMode,
            Map<TopicPartition, Long> specificBoundedOffsets,
            long boundedTimestampMillis,
            String tableIdentifier,
            Integer parallelism) {
        super(
                physicalDataType,
                keyDecodingFormat,
                valueDecodingFormat,
                keyProjection,
                valueProjection,
                keyPrefix,
                topics,
                topicPattern,
                properties,
                startupMode,
                specificStartupOffsets,
                startupTimestampMillis,
                boundedMode,
                specificBoundedOffsets,
                boundedTimestampMillis,
                false,
                tableIdentifier,
                parallelism);
        this.silenceMillis = silenceMillis;
    }

    @Override
    public void applyWatermark(WatermarkStrategy<RowData> table) {
        super.applyWatermark(new StreamClockStrategy(table, silenceMillis, ConsumerLag.of(tableIdentifier), -1, -1));
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        if (watermarkStrategy instanceof StreamClockStrategy) {
            // Only now it is settled which metadata the rows carry, behind the columns of the format.
            int first = DataType.getFieldCount(producedDataType) - metadataKeys.size();
            watermarkStrategy =
                    ((StreamClockStrategy) watermarkStrategy).withColumns(column(first, "topic"), column(first, "partition"));
            properties.setProperty("metric.reporters", ConsumerLag.class.getName());
            properties.setProperty(ConsumerLag.TABLE, tableIdentifier);
        }
        return super.getScanRuntimeProvider(context);
    }

    private int column(int first, String metadata) {
        int place = metadataKeys.indexOf(metadata);
        return place < 0 ? -1 : first + place;
    }

    @Override
    public DynamicTableSource copy() {
        ShopKafkaSource copy =
                new ShopKafkaSource(
                        silenceMillis,
                        physicalDataType,
                        keyDecodingFormat,
                        valueDecodingFormat,
                        keyProjection,
                        valueProjection,
                        keyPrefix,
                        topics,
                        topicPattern,
                        properties,
                        startupMode,
                        specificStartupOffsets,
                        startupTimestampMillis,
                        boundedMode,
                        specificBoundedOffsets,
                        boundedTimestampMillis,
                        tableIdentifier,
                        parallelism);
        copy.producedDataType = producedDataType;
        copy.metadataKeys = metadataKeys;
        copy.watermarkStrategy = watermarkStrategy;
        return copy;
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && silenceMillis == ((ShopKafkaSource) other).silenceMillis;
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + Long.hashCode(silenceMillis);
    }
}
