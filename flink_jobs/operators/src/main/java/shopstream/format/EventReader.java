package shopstream.format;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.table.data.TimestampData;

/**
 * Gives the verdict on a record: a valid event, whose values are then in the {@link #event} scanner, or a
 * {@link Rejection}. Any bytes get a verdict; none makes it throw. The checks and their order are those of
 * {@code ingestion/verdict.py}. Not safe for use by several threads.
 */
final class EventReader {
    static final int MAX_BYTES = 256 * 1024;

    private static final String[] REQUIRED = {"event_id", "event_type", "timestamp"};
    private static final int EVENT_TYPE = 1;
    private static final int TIMESTAMP = 2;

    private final JsonScanner event;
    private final int[] required = new int[REQUIRED.length];
    private final EventTime time = new EventTime();
    /** The event types that some rule names; by their numbers, the rules that apply to each. */
    private final KeyTable types = new KeyTable();
    private final List<List<Check>> checks = new ArrayList<>();
    private final List<Check> otherChecks;

    /** Adds the paths that the verdict itself needs to the wanted ones; the tree must be complete by then. */
    EventReader(PathTree wanted, List<Rule> rules) {
        Arrays.setAll(required, i -> wanted.slot(REQUIRED[i]));
        List<Check> all = rules.stream().map(rule -> new Check(rule, wanted.slot(rule.path()))).toList();
        for (Rule rule : rules) {
            for (String type : rule.eventTypes() == null ? List.<String>of() : rule.eventTypes()) {
                if (types.add(type.getBytes(StandardCharsets.UTF_8)) == checks.size()) {
                    checks.add(all.stream().filter(check -> check.rule.appliesTo(type)).toList());
                }
            }
        }
        otherChecks = all.stream().filter(check -> check.rule.eventTypes() == null).toList();
        event = new JsonScanner(wanted);
    }

    private record Check(Rule rule, int slot) {}

    /** The values of the event that was read last. */
    JsonScanner event() {
        return event;
    }

    /** The {@code timestamp} of the event that was read last, cut to {@code precision} fraction digits. */
    TimestampData timestamp(int precision) {
        return time.value(precision);
    }

    /** Returns null for a valid event. */
    Rejection read(byte[] raw) {
        if (raw == null || raw.length == 0) {
            return new Rejection(ErrorCode.NOT_JSON, "The record has no value.");
        }
        if (raw.length > MAX_BYTES) {
            return new Rejection(
                    ErrorCode.TOO_LARGE,
                    "The value has " + raw.length + " bytes; at most " + MAX_BYTES + " are allowed.");
        }
        try {
            if (event.scan(raw) != JsonScanner.OBJECT) {
                return new Rejection(ErrorCode.NOT_AN_OBJECT, "The value is JSON but not an object.");
            }
        } catch (NotJsonException e) {
            return new Rejection(ErrorCode.NOT_JSON, e.getMessage());
        }
        for (int i = 0; i < REQUIRED.length; i++) {
            if (isMissing(required[i])) {
                return new Rejection(ErrorCode.MISSING_FIELD, "The event has no " + REQUIRED[i] + ".");
            }
        }
        if (!isTimestamp(required[TIMESTAMP])) {
            return new Rejection(
                    ErrorCode.BAD_TIMESTAMP,
                    "timestamp is not an ISO 8601 date and time of the years 1970 to 9999.");
        }
        List<Check> applying = checks();
        for (int i = 0; i < applying.size(); i++) {
            Check check = applying.get(i);
            if (!check.rule.accepts(event, check.slot)) {
                return new Rejection(ErrorCode.BAD_VALUE, check.rule.message());
            }
        }
        return null;
    }

    private boolean isMissing(int slot) {
        return switch (event.kind(slot)) {
            case JsonScanner.ABSENT, JsonScanner.NULL -> true;
            case JsonScanner.STRING -> isBlank(event.json(), event.from(slot), event.to(slot));
            case JsonScanner.ESCAPED -> {
                byte[] text = event.decoded(slot);
                yield isBlank(text, 0, text.length);
            }
            default -> false;
        };
    }

    private static boolean isBlank(byte[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text[i] != ' ' && (text[i] < '\t' || text[i] > '\r')) {
                return false;
            }
        }
        return true;
    }

    private boolean isTimestamp(int slot) {
        return switch (event.kind(slot)) {
            case JsonScanner.STRING -> time.read(event.json(), event.from(slot), event.to(slot));
            case JsonScanner.ESCAPED -> {
                byte[] text = event.decoded(slot);
                yield time.read(text, 0, text.length);
            }
            default -> false;
        };
    }

    private List<Check> checks() {
        int slot = required[EVENT_TYPE];
        int index;
        if (event.kind(slot) == JsonScanner.ESCAPED) {
            byte[] type = event.decoded(slot);
            index = types.find(Arrays.copyOf(type, type.length + KeyTable.SPARE), 0, type.length);
        } else {
            index = types.find(event.json(), event.from(slot), event.to(slot));
        }
        return index < 0 ? otherChecks : checks.get(index);
    }
}
