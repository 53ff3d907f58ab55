package shopstream.redis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What it refuses; what it packs is tested against Feast. */
class FeatureBatchTest {
    private static final FeatureRows ROWS =
            new FeatureRows("00", "01", "5f6f", new String[] {"74"}, new String[] {"66"}, "return 1");

    private static RowType type(LogicalType feature) {
        return RowType.of(new VarCharType(), new LocalZonedTimestampType(6), new BigIntType(), feature);
    }

    private static RowData row(long micros, long version) {
        TimestampData moment =
                TimestampData.fromEpochMillis(Math.floorDiv(micros, 1000), (int) Math.floorMod(micros, 1000) * 1000);
        return GenericRowData.of(StringData.fromString("id"), moment, version, 5L);
    }

    @Test
    void aColumnThatIsNoFeatureIsFoundBeforeTheFirstRow() {
        assertThrows(IllegalArgumentException.class, () -> ROWS.batch(type(new BooleanType())));
        assertThrows(IllegalArgumentException.class, () -> ROWS.batch(RowType.of(new VarCharType())));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void whatIsNullIsRefused(int at) {
        GenericRowData row = (GenericRowData) row(7, 1);
        row.setField(at, null);
        Batch batch = ROWS.batch(type(new BigIntType()));
        assertThrows(IllegalArgumentException.class, () -> batch.add(row));
        assertEquals(0, batch.size());
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "1000000000000000000, 1", "7, -1", "7, 1000000000000"})
    void whatHasNoPlaceInTheOrderIsRefused(long micros, long version) {
        Batch batch = ROWS.batch(type(new BigIntType()));
        assertThrows(IllegalArgumentException.class, () -> batch.add(row(micros, version)));
    }

    @Test
    void theOrderIsOfOneLength() {
        Batch batch = ROWS.batch(type(new BigIntType()));
        batch.add(row(999_999_999_999_999_999L, 999_999_999_999L));
        Call call = batch.calls().get(0);
        assertEquals("999999999999999999.999999999999", new String(call.arguments()[4], StandardCharsets.US_ASCII));
    }

    @Test
    void theNewestOfAnEntityIsWritten() {
        Batch batch = ROWS.batch(type(new BigIntType()));
        for (long[] order : List.of(new long[] {7, 2}, new long[] {9, 1}, new long[] {8, 9})) {
            batch.add(row(order[0], order[1]));
        }
        assertEquals(1, batch.size());
        byte[] order = "000000000000000009.000000000001".getBytes(StandardCharsets.US_ASCII);
        assertArrayEquals(order, batch.calls().get(0).arguments()[4]);
    }
}
