package shopstream.format;

import static org.apache.flink.table.api.DataTypes.ARRAY;
import static org.apache.flink.table.api.DataTypes.DOUBLE;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.apache.flink.table.api.DataTypes.ROW;
import static org.apache.flink.table.api.DataTypes.STRING;
import static org.apache.flink.table.api.DataTypes.TIMESTAMP_LTZ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.StreamReadConstraints;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/** Any bytes get a verdict, and the bytes called JSON are those that Jackson can read. */
class RandomRecordsTest {
    private static final int RECORDS = 100_000;
    private static final long SEED = 20_261_101;

    private final List<byte[]> values = values();

    private static List<byte[]> values() {
        try {
            return Records.corpus().stream().map(Records::raw).filter(raw -> raw.length < 2_000).toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anyBytesGetAVerdict() throws IOException {
        ShopEventDeserializationSchema schema = Records.schema(
                Records.rules(),
                FIELD("event_id", STRING()),
                FIELD("timestamp", TIMESTAMP_LTZ(9)),
                FIELD("properties", STRING()),
                FIELD("properties.page", STRING()),
                FIELD("properties.total", DOUBLE()),
                FIELD("properties.items", ARRAY(ROW(FIELD("product_id", STRING()), FIELD("price", DOUBLE())))),
                FIELD("error_code", STRING()));
        Random random = new Random(SEED);
        int good = 0;
        for (int i = 0; i < RECORDS; i++) {
            byte[] raw = Records.mutated(random, values);
            RowData row = schema.deserialize(raw);
            boolean valid = row.isNullAt(6);
            assertNotEquals(valid, row.isNullAt(0), () -> Base64.getEncoder().encodeToString(raw));
            good += valid ? 1 : 0;
        }
        // Both kinds must have been tried.
        assertTrue(good > RECORDS / 20 && good < RECORDS * 19 / 20, "valid: " + good);
    }

    @Test
    void jsonIsWhatJacksonCanRead() {
        ObjectMapper mapper = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        mapper.getFactory().setStreamReadConstraints(StreamReadConstraints.builder()
                .maxNestingDepth(JsonScanner.MAX_DEPTH)
                .maxNumberLength(Integer.MAX_VALUE)
                .build());
        JsonScanner scanner = new JsonScanner(new PathTree());
        Random random = new Random(SEED + 1);
        for (int i = 0; i < RECORDS / 2; i++) {
            byte[] raw = Records.mutated(random, values);
            boolean readable = raw.length > 0 && isReadable(mapper, raw);
            assertEquals(readable, isJson(scanner, raw), () -> Base64.getEncoder().encodeToString(raw));
        }
    }

    private static boolean isJson(JsonScanner scanner, byte[] raw) {
        try {
            scanner.scan(raw);
            return true;
        } catch (NotJsonException e) {
            return false;
        }
    }

    // The bytes are decoded apart, since Jackson alone would take byte order marks and other encodings too.
    private static boolean isReadable(ObjectMapper mapper, byte[] raw) {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
        } catch (CharacterCodingException e) {
            return false;
        }
        try {
            return !mapper.readTree(text).isMissingNode();
        } catch (JsonProcessingException e) {
            return false;
        }
    }
}
