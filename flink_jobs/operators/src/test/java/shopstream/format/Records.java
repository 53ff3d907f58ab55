package shopstream.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.UserCodeClassLoader;

/** Kafka values for the tests: the shared corpus, and random changes of its values. */
final class Records {
    private static final Path CORPUS = Path.of("..", "..", "tests", "corpus");

    private Records() {}

    static List<JsonNode> corpus() throws IOException {
        List<JsonNode> cases = new ArrayList<>();
        for (String line : Files.readAllLines(CORPUS.resolve("events.jsonl"))) {
            cases.add(new ObjectMapper().readTree(line));
        }
        return cases;
    }

    static List<Rule> rules() throws IOException {
        return Rule.parse(Files.readString(CORPUS.resolve("rules.json")));
    }

    static byte[] raw(JsonNode entry) {
        if (entry.has("raw_base64")) {
            return Base64.getDecoder().decode(entry.get("raw_base64").asText());
        }
        StringBuilder text = new StringBuilder(entry.path("raw").asText());
        for (JsonNode part : entry.path("raw_parts")) {
            text.append(part.get(0).asText().repeat(part.get(1).asInt()));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Values of the corpus with a few bytes changed, put in, left out or doubled, and some of random bytes only. */
    static byte[] mutated(Random random, List<byte[]> values) {
        if (random.nextInt(20) == 0) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            return bytes;
        }
        byte[] bytes = values.get(random.nextInt(values.size()));
        for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            int from = random.nextInt(bytes.length);
            int to = Math.min(bytes.length, from + random.nextInt(1 + random.nextInt(20)));
            byte[] middle = middle(random, bytes, from, to);
            byte[] changed = new byte[from + middle.length + bytes.length - to];
            System.arraycopy(bytes, 0, changed, 0, from);
            System.arraycopy(middle, 0, changed, from, middle.length);
            System.arraycopy(bytes, to, changed, from + middle.length, bytes.length - to);
            bytes = changed;
        }
        return bytes;
    }

    private static byte[] middle(Random random, byte[] bytes, int from, int to) {
        switch (random.nextInt(4)) {
            case 0:
                return new byte[0];
            case 1:
                int start = random.nextInt(bytes.length);
                int end = Math.min(bytes.length, start + random.nextInt(30));
                return Arrays.copyOfRange(bytes, start, end);
            case 2:
                String signs = "\"\\{}[]:,.-+eE0123456789untrfals /\t\n\r\b\0\u00e9\ud83d\uded2";
                int at = random.nextInt(signs.length() - 2);
                return signs.substring(at, at + 1 + random.nextInt(2)).getBytes(StandardCharsets.UTF_8);
            default:
                byte[] any = new byte[1 + random.nextInt(2)];
                random.nextBytes(any);
                return any;
        }
    }

    static RowType rowType(DataTypes.Field... fields) {
        return (RowType) DataTypes.ROW(fields).getLogicalType();
    }

    static ShopEventDeserializationSchema schema(List<Rule> rules, DataTypes.Field... fields) {
        RowType type = rowType(fields);
        ShopEventDeserializationSchema schema =
                new ShopEventDeserializationSchema(type, InternalTypeInfo.of(type), rules);
        schema.open(context(new UnregisteredMetricsGroup()));
        return schema;
    }

    static RowData read(String raw, DataTypes.Field... fields) {
        return schema(List.of(), fields).deserialize(raw.getBytes(StandardCharsets.UTF_8));
    }

    static DeserializationSchema.InitializationContext context(MetricGroup metrics) {
        return new DeserializationSchema.InitializationContext() {
            @Override
            public MetricGroup getMetricGroup() {
                return metrics;
            }

            @Override
            public UserCodeClassLoader getUserCodeClassLoader() {
                throw new UnsupportedOperationException();
            }
        };
    }
}
