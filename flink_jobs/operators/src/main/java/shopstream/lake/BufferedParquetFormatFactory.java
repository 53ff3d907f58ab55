package shopstream.lake;

import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.formats.parquet.ParquetFileFormatFactory;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;

/**
 * {@code 'format' = 'buffered-parquet'}: Flink's Parquet with all its options, whose files are written in large pieces.
 *
 * <p>Flink's own gives each byte of a page's header and of the footer to the operating system by itself, thousands of
 * calls for a file of thirty columns, while a checkpoint waits.
 */
public final class BufferedParquetFormatFactory extends ParquetFileFormatFactory {
    /** The name in {@code 'format' = '...'}. */
    public static final String IDENTIFIER = "buffered-parquet";

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public EncodingFormat<BulkWriter.Factory<RowData>> createEncodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        EncodingFormat<BulkWriter.Factory<RowData>> parquet = super.createEncodingFormat(context, options);
        return new EncodingFormat<>() {
            @Override
            public BulkWriter.Factory<RowData> createRuntimeEncoder(DynamicTableSink.Context sink, DataType row) {
                return new BufferedWriterFactory<>(parquet.createRuntimeEncoder(sink, row));
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return parquet.getChangelogMode();
            }
        };
    }
}
