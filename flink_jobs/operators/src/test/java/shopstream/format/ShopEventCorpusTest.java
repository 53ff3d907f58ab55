package shopstream.format;

import static org.apache.flink.table.api.DataTypes.ARRAY;
import static org.apache.flink.table.api.DataTypes.BIGINT;
import static org.apache.flink.table.api.DataTypes.BOOLEAN;
import static org.apache.flink.table.api.DataTypes.BYTES;
import static org.apache.flink.table.api.DataTypes.DOUBLE;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.apache.flink.table.api.DataTypes.INT;
import static org.apache.flink.table.api.DataTypes.ROW;
import static org.apache.flink.table.api.DataTypes.STRING;
import static org.apache.flink.table.api.DataTypes.TIMESTAMP_LTZ;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The verdicts and columns that {@code tests/corpus} demands of this format and of the Python model alike. */
class ShopEventCorpusTest {
    private static final DataTypes.Field[] FIELDS = {
        FIELD("event_id", STRING()),
        FIELD("event_type", STRING()),
        FIELD("timestamp", TIMESTAMP_LTZ(6)),
        FIELD("user_id", STRING()),
        FIELD("session_id", STRING()),
        FIELD("properties.page", STRING()),
        FIELD("properties", STRING()),
        FIELD("properties.total", DOUBLE()),
        FIELD("properties.price", DOUBLE()),
        FIELD("properties.quantity", BIGINT()),
        FIELD("properties.rank", INT()),
        FIELD("properties.gift", BOOLEAN()),
        FIELD(
                "properties.items",
                ARRAY(ROW(FIELD("product_id", STRING()), FIELD("quantity", INT()), FIELD("price", DOUBLE())))),
        FIELD("context", STRING()),
        FIELD("context.anonymous_id", STRING()),
        FIELD("error_code", STRING()),
        FIELD("error_message", STRING()),
        FIELD("raw", BYTES())
    };
    private static final List<String> NAMES =
            Arrays.stream(FIELDS).map(DataTypes.AbstractField::getName).toList();

    @Test
    void corpusIsLarge() throws IOException {
        assertTrue(Records.corpus().size() >= 120);
    }

    @TestFactory
    Stream<DynamicTest> corpus() throws IOException {
        // One reader for all, as in a job: nothing may be left over from the record before.
        ShopEventDeserializationSchema schema = Records.schema(Records.rules(), FIELDS);
        return Records.corpus().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.get("name").asText(), () -> check(schema, entry)));
    }

    private static void check(ShopEventDeserializationSchema schema, JsonNode entry) {
        byte[] raw = Records.raw(entry);
        GenericRowData row = (GenericRowData) schema.deserialize(raw);
        String verdict = entry.get("verdict").asText();
        if (verdict.equals("ok")) {
            assertNull(value(row, "error_code"));
            assertNull(value(row, "error_message"));
            assertArrayEquals(raw, row.getBinary(NAMES.indexOf("raw")));
            TimestampData time = (TimestampData) row.getField(NAMES.indexOf("timestamp"));
            long micros = time.getMillisecond() * 1000 + time.getNanoOfMillisecond() / 1000;
            assertEquals(entry.get("timestamp_us").asLong(), micros);
            for (Map.Entry<String, JsonNode> field : entry.path("fields").properties()) {
                assertEquals(expected(field.getValue()), value(row, field.getKey()), field.getKey());
            }
            return;
        }
        assertEquals(verdict, value(row, "error_code"));
        assertTrue(((String) value(row, "error_message")).endsWith("."));
        byte[] kept = Arrays.copyOf(raw, Math.min(raw.length, 262_144));
        assertArrayEquals(kept, row.getBinary(NAMES.indexOf("raw")));
        for (String name : NAMES.subList(0, NAMES.indexOf("error_code"))) {
            assertNull(value(row, name), name);
        }
    }

    private static Object value(GenericRowData row, String name) {
        Object value = row.getField(NAMES.indexOf(name));
        if (value instanceof StringData) {
            return value.toString();
        }
        if (value instanceof ArrayData items) {
            List<Object> rows = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                RowData item = items.getRow(i, 3);
                rows.add(Arrays.asList(
                        item.isNullAt(0) ? null : item.getString(0).toString(),
                        item.isNullAt(1) ? null : item.getInt(1),
                        item.isNullAt(2) ? null : item.getDouble(2)));
            }
            return rows;
        }
        return value instanceof Integer number ? (Object) number.longValue() : value;
    }

    private static Object expected(JsonNode value) {
        if (value.isArray()) {
            List<Object> rows = new ArrayList<>();
            for (JsonNode item : value) {
                rows.add(Arrays.asList(
                        item.get(0).textValue(),
                        item.get(1).isNull() ? null : item.get(1).intValue(),
                        item.get(2).isNull() ? null : item.get(2).doubleValue()));
            }
            return rows;
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isNumber()) {
            return value.isIntegralNumber() ? (Object) value.longValue() : value.doubleValue();
        }
        return value.textValue();
    }
}
