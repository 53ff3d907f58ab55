package shopstream.anomalies;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * When a kind of alert is given; what is null is taken from the rule for all event types, and then from the defaults.
 *
 * @param limit of a threshold: above it is anomalous; of {@code unusual}: the score at which a window is
 * @param minHistory of {@code unusual}: windows at the same time of the day that must be known
 * @param version when it was set, milliseconds since 1970; 0 for a default
 */
record Rule(boolean isOn, Double limit, Integer minHistory, long version) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Reads a rule as `shopstream alerts set` writes it. Throws IOException for anything else. */
    static Rule parse(String json) throws IOException {
        JsonNode node = JSON.readTree(json);
        JsonNode on = node.path("is_on");
        JsonNode limit = node.path("limit");
        JsonNode history = node.path("min_history");
        JsonNode version = node.path("version");
        boolean isLimit = isAbsent(limit) || limit.isNumber() && limit.doubleValue() > 0 && limit.doubleValue() < 1e15;
        boolean isHistory = isAbsent(history)
                || history.isInt()
                        && history.intValue() >= Forecast.MIN_REFERENCES
                        && history.intValue() <= Forecast.MAX_REFERENCES;
        if (!on.isBoolean() || !isLimit || !isHistory || !version.canConvertToLong() || !version.isIntegralNumber()) {
            throw new IOException("not a rule");
        }
        return new Rule(
                on.booleanValue(),
                isAbsent(limit) ? null : limit.doubleValue(),
                isAbsent(history) ? null : history.intValue(),
                version.longValue());
    }

    private static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    /** This rule with what it leaves open taken from another. */
    Rule or(Rule other) {
        return new Rule(
                isOn, limit == null ? other.limit : limit, minHistory == null ? other.minHistory : minHistory, version);
    }

    /** The rules that hold: by kind and event type, {@code *} for all of them. */
    static final class Book {
        private static final String ALL = "*";

        private final Map<String, Rule> defaults;
        private final Map<String, Rule> rules = new TreeMap<>();

        Book(double countLimit, double intensityLimit, double score, int minHistory) {
            defaults = Map.of(
                    Signal.COUNT.kind, new Rule(true, countLimit, null, 0),
                    Signal.INTENSITY.kind, new Rule(true, intensityLimit, null, 0),
                    Signal.SPIKE.kind, new Rule(true, score, minHistory, 0));
        }

        /** {@code key}: the kind, a slash, the event type. */
        void put(String key, Rule rule) {
            rules.put(key, rule);
        }

        Rule of(Signal signal, String eventType) {
            Rule all = rules.get(signal.kind + "/" + ALL);
            Rule general = all == null ? defaults.get(signal.kind) : all.or(defaults.get(signal.kind));
            Rule own = rules.get(signal.kind + "/" + eventType);
            return own == null ? general : own.or(general);
        }

        /** Whether this can be the key of a rule. */
        boolean knows(String key) {
            int slash = key == null ? -1 : key.indexOf('/');
            return slash > 0 && slash < key.length() - 1 && defaults.containsKey(key.substring(0, slash));
        }
    }
}
