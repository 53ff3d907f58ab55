package shopstream.format;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes one row of every record. A valid event fills the columns that are paths; for a record that is not one
 * all of these are NULL, and {@code error_code} and {@code error_message} are filled instead. {@code raw} holds the
 * record's bytes either way (no copy), for a later check may still reject it.
 * Counts the rejected records in the metric {@code error_code.<code>.rejectedRecords}.
 */
final class ShopEventDeserializationSchema implements DeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;

    private static final String ERROR_CODE = "error_code";
    private static final String ERROR_MESSAGE = "error_message";
    private static final String RAW = "raw";
    private static final String TIMESTAMP = "timestamp";

    private final RowType rowType;
    private final TypeInformation<RowData> producedType;
    private final List<Rule> rules;

    private final int rawField;

    private transient EventReader reader;
    /** By position; null for the columns of the verdict. */
    private transient Column[] columns;
    private transient Map<ErrorCode, Counter> rejected;

    ShopEventDeserializationSchema(RowType rowType, TypeInformation<RowData> producedType, List<Rule> rules) {
        this.rowType = rowType;
        this.producedType = producedType;
        this.rules = rules;
        this.rawField = rowType.getFieldIndex(RAW);
        // A column that cannot be read is to fail when the job is planned, not when it runs.
        columns(rowType, new PathTree());
    }

    @Override
    public void open(InitializationContext context) {
        PathTree wanted = new PathTree();
        columns = columns(rowType, wanted);
        reader = new EventReader(wanted, rules);
        int timestamp = rowType.getFieldIndex(TIMESTAMP);
        if (timestamp >= 0 && rowType.getTypeAt(timestamp) instanceof LocalZonedTimestampType type) {
            // The verdict has read it already.
            columns[timestamp] = event -> reader.timestamp(type.getPrecision());
        }
        rejected = new EnumMap<>(ErrorCode.class);
        for (ErrorCode code : ErrorCode.values()) {
            try {
                MetricGroup group = context.getMetricGroup().addGroup(ERROR_CODE, code.text());
                rejected.put(code, group.counter("rejectedRecords"));
            } catch (UnsupportedOperationException e) {
                // Flink's file source has no metrics for its formats; nothing is counted there.
                break;
            }
        }
    }

    @Override
    public RowData deserialize(byte[] value) {
        GenericRowData row = new GenericRowData(columns.length);
        Rejection rejection = reader.read(value);
        if (rejection != null) {
            reject(row, rejection, value);
            return row;
        }
        JsonScanner event = reader.event();
        for (int i = 0; i < columns.length; i++) {
            if (columns[i] != null) {
                row.setField(i, columns[i].read(event));
            }
        }
        if (rawField >= 0) {
            row.setField(rawField, value);
        }
        return row;
    }

    private void reject(GenericRowData row, Rejection rejection, byte[] value) {
        Counter counter = rejected.get(rejection.code());
        if (counter != null) {
            counter.inc();
        }
        for (int i = 0; i < columns.length; i++) {
            if (columns[i] == null) {
                row.setField(
                        i,
                        switch (rowType.getFieldNames().get(i)) {
                            case ERROR_CODE -> string(rejection.code().text());
                            case ERROR_MESSAGE -> string(rejection.message());
                            default -> raw(value);
                        });
            }
        }
    }

    /**
     * What is too large is cut: base64 of it would not fit the dead letter topic either, and would fail the
     * job for ever.
     */
    private static byte[] raw(byte[] value) {
        boolean fits = value == null || value.length <= EventReader.MAX_BYTES;
        return fits ? value : Arrays.copyOf(value, EventReader.MAX_BYTES);
    }

    private static BinaryStringData string(String text) {
        return BinaryStringData.fromBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Column[] columns(RowType rowType, PathTree wanted) {
        return rowType.getFields().stream()
                .map(field -> switch (field.getName()) {
                    case ERROR_CODE, ERROR_MESSAGE -> verdict(field, LogicalTypeRoot.VARCHAR, "STRING");
                    case RAW -> verdict(field, LogicalTypeRoot.VARBINARY, "BYTES");
                    default -> Column.of(field.getName(), field.getType(), wanted);
                })
                .toArray(Column[]::new);
    }

    private static Column verdict(RowType.RowField field, LogicalTypeRoot root, String name) {
        LogicalType type = field.getType();
        if (!type.is(root)) {
            throw new ValidationException(
                    "Format 'shop-event': column `" + field.getName() + "` must be " + name + ".");
        }
        return null;
    }

    @Override
    public boolean isEndOfStream(RowData row) {
        return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return producedType;
    }
}
