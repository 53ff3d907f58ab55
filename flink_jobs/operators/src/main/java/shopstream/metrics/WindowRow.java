package shopstream.metrics;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;

/** The columns of a window's row; which of them a metric has under which name is said in its SQL. */
final class WindowRow {
    private static final int PRECISION = 38;
    private static final int SCALE = 6;

    static final DataType TYPE =
            DataTypes.ROW(
                    DataTypes.FIELD("key", DataTypes.STRING().notNull()),
                    DataTypes.FIELD("window_start", DataTypes.TIMESTAMP_LTZ(3).notNull()),
                    DataTypes.FIELD("window_end", DataTypes.TIMESTAMP_LTZ(3).notNull()),
                    DataTypes.FIELD("events", DataTypes.BIGINT().notNull()),
                    DataTypes.FIELD("distinct_ids", DataTypes.BIGINT().notNull()),
                    DataTypes.FIELD("amount", DataTypes.DECIMAL(PRECISION, SCALE).notNull()),
                    DataTypes.FIELD("words", DataTypes.ARRAY(DataTypes.STRING().notNull()).notNull()),
                    DataTypes.FIELD("is_final", DataTypes.BOOLEAN().notNull()));

    private static final DecimalData NO_AMOUNT = DecimalData.zero(PRECISION, SCALE);
    private static final GenericArrayData NO_WORDS = new GenericArrayData(new Object[0]);
    private static final BigInteger MILLIONTHS = BigInteger.valueOf(Group.MILLIONTHS);

    private WindowRow() {}

    static GenericRowData of(String key, WindowSpec spec, Group sum, long distinct, boolean isFinal) {
        return GenericRowData.of(
                StringData.fromString(key),
                TimestampData.fromEpochMillis(spec.start(sum.tile)),
                TimestampData.fromEpochMillis(spec.end(sum.tile)),
                sum.count,
                distinct,
                amount(sum.units, sum.rest),
                sum.words == null ? NO_WORDS : sum.words.toArray(),
                isFinal);
    }

    private static DecimalData amount(long units, long rest) {
        if (units == 0 && rest == 0) {
            return NO_AMOUNT;
        }
        BigInteger millionths = BigInteger.valueOf(units).multiply(MILLIONTHS).add(BigInteger.valueOf(rest));
        return DecimalData.fromBigDecimal(new BigDecimal(millionths, SCALE), PRECISION, SCALE);
    }
}
