package shopstream.format;

import static org.apache.flink.table.api.DataTypes.BIGINT;
import static org.apache.flink.table.api.DataTypes.BYTES;
import static org.apache.flink.table.api.DataTypes.DECIMAL;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.apache.flink.table.api.DataTypes.INT;
import static org.apache.flink.table.api.DataTypes.ROW;
import static org.apache.flink.table.api.DataTypes.STRING;
import static org.apache.flink.table.api.DataTypes.TIMESTAMP_LTZ;
import static org.apache.flink.table.api.DataTypes.VARCHAR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShopEventFormatTest {
    private static final String EVENT =
            "{\"event_id\":\"e\",\"event_type\":\"click\",\"timestamp\":\"2026-11-01T12:00:00.987654321Z\"}";

    @Test
    void flinkFindsTheFormatAndReadsOnlyTheColumnsOfTheQuery() throws Exception {
        DeserializationFormatFactory factory = FactoryUtil.discoverFactory(
                getClass().getClassLoader(), DeserializationFormatFactory.class, "shop-event");
        ProjectableDecodingFormat<?> format =
                (ProjectableDecodingFormat<?>) factory.createDecodingFormat(null, new Configuration());
        DataTypes.Field[] fields = {
            FIELD("event_id", STRING()), FIELD("event_type", STRING()), FIELD("error_code", STRING())
        };
        ShopEventDeserializationSchema schema = (ShopEventDeserializationSchema) format.createRuntimeDecoder(
                ScanRuntimeProviderContext.INSTANCE, ROW(fields), new int[][] {{2}, {1}});
        schema.open(Records.context(new UnregisteredMetricsGroup()));
        RowData row = schema.deserialize(EVENT.getBytes(StandardCharsets.UTF_8));
        assertEquals(2, row.getArity());
        assertTrue(row.isNullAt(0));
        assertEquals("click", row.getString(1).toString());
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "3, 987000000", "6, 987654000", "9, 987654321"})
    void timestampsAreCutToTheColumnsPrecision(int precision, int nanos) {
        RowData row = Records.read(EVENT, FIELD("timestamp", TIMESTAMP_LTZ(precision)));
        TimestampData time = row.getTimestamp(0, precision);
        assertEquals(1_793_534_400L, Math.floorDiv(time.getMillisecond(), 1000L));
        assertEquals(nanos, time.toInstant().getNano());
    }

    @Test
    void otherTimestampsAreNullWhenTheyAreNone() {
        String event = EVENT.replace("}", ",\"sent\":\"2026-11-01 13:00:00+01\",\"read\":\"soon\",\"at\":1793534400}");
        RowData row = Records.read(
                event,
                FIELD("sent", TIMESTAMP_LTZ(3)),
                FIELD("read", TIMESTAMP_LTZ(3)),
                FIELD("at", TIMESTAMP_LTZ(3)),
                FIELD("timestamp", STRING()));
        assertEquals(1_793_534_400_000L, row.getTimestamp(0, 3).getMillisecond());
        assertTrue(row.isNullAt(1));
        assertTrue(row.isNullAt(2));
        assertEquals("2026-11-01T12:00:00.987654321Z", row.getString(3).toString());
    }

    @Test
    void aRecordWithoutAValueIsRejected() {
        RowData row = Records.schema(List.of(), FIELD("error_code", STRING()), FIELD("raw", BYTES())).deserialize(null);
        assertEquals("not_json", row.getString(0).toString());
        assertTrue(row.isNullAt(1));
    }

    @Test
    void withoutRulesOnlyTheEnvelopeIsChecked() {
        RowData row = Records.read(EVENT.replace("click", "purchase"), FIELD("error_code", STRING()));
        assertTrue(row.isNullAt(0));
    }

    @Test
    void aShorterRecordAfterALongerOneSeesNothingOfIt() {
        ShopEventDeserializationSchema schema =
                Records.schema(List.of(), FIELD("event_id", STRING()), FIELD("error_code", STRING()));
        byte[] whole = EVENT.getBytes(StandardCharsets.UTF_8);
        for (int length = whole.length - 1; length > 0; length--) {
            schema.deserialize(whole);
            RowData row = schema.deserialize(Arrays.copyOf(whole, length));
            assertEquals("not_json", row.getString(1).toString(), "cut to " + length);
        }
    }

    @Test
    void stringsOfAnEarlierRowStayWhatTheyWere() {
        ShopEventDeserializationSchema schema = Records.schema(List.of(), FIELD("event_id", STRING()));
        RowData first = schema.deserialize(EVENT.getBytes(StandardCharsets.UTF_8));
        schema.deserialize(EVENT.replace("\"e\"", "\"f\"").getBytes(StandardCharsets.UTF_8));
        assertEquals("e", first.getString(0).toString());
        assertArrayEquals(new byte[] {'e'}, first.getString(0).toBytes());
    }

    @Test
    void rejectedRecordsAreCountedByCode() {
        Map<String, Counter> counters = new HashMap<>();
        ShopEventDeserializationSchema schema = new ShopEventDeserializationSchema(
                Records.rowType(FIELD("event_id", STRING())), null, List.of());
        schema.open(Records.context(new UnregisteredMetricsGroup() {
            @Override
            public MetricGroup addGroup(String key, String value) {
                return new UnregisteredMetricsGroup() {
                    @Override
                    public Counter counter(String name) {
                        return counters.computeIfAbsent(key + "." + value + "." + name, k -> new SimpleCounter());
                    }
                };
            }
        }));
        for (String raw : List.of("{", "[]", "{", EVENT, "{}")) {
            schema.deserialize(raw.getBytes(StandardCharsets.UTF_8));
        }
        assertEquals(2, counters.get("error_code.not_json.rejectedRecords").getCount());
        assertEquals(1, counters.get("error_code.not_an_object.rejectedRecords").getCount());
        assertEquals(1, counters.get("error_code.missing_field.rejectedRecords").getCount());
        assertEquals(0, counters.get("error_code.bad_value.rejectedRecords").getCount());
    }

    @Test
    void columnsThatCannotBeReadFailThePlan() {
        for (DataTypes.Field field : List.of(
                FIELD("properties.total", DECIMAL(10, 2)),
                FIELD("properties.page", VARCHAR(20)),
                FIELD("properties", ROW(FIELD("page", STRING()))),
                FIELD("properties..page", STRING()),
                FIELD("error_code", INT()),
                FIELD("error_message", BIGINT()),
                FIELD("raw", STRING()))) {
            ValidationException e =
                    assertThrows(ValidationException.class, () -> Records.schema(List.of(), field), field.toString());
            assertTrue(e.getMessage().contains("`" + field.getName() + "`"), e.getMessage());
        }
    }

    @Test
    void rulesThatCannotBeReadFailThePlan() {
        List<String> broken =
                List.of("", "{", "null", "[null]", "[{\"path\":\"a\",\"kind\":\"odd\"}]", "[{\"kind\":\"id\"}]");
        for (String rules : broken) {
            assertThrows(ValidationException.class, () -> Rule.parse(rules), rules);
        }
    }
}
