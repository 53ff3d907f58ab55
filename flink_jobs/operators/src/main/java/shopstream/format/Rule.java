package shopstream.format;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.type.TypeReference;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.api.ValidationException;

/**
 * What the value under a path must be. Rules are declared in {@code ingestion/rules.py} and reach the format
 * as its option {@code rules}.
 *
 * @param path keys separated by dots
 * @param kind what a given value must be
 * @param required whether an event without the value, or with null, is bad too
 * @param eventTypes the event types to which the rule applies; null for all
 * @param maxLength characters that a text or id may have
 */
record Rule(
        @JsonProperty(value = "path", required = true) String path,
        @JsonProperty(value = "kind", required = true) Kind kind,
        @JsonProperty("required") boolean required,
        @JsonProperty("event_types") List<String> eventTypes,
        @JsonProperty("max_length") int maxLength)
        implements Serializable {

    /** The kinds of values a rule can ask for. */
    enum Kind {
        /** A string of limited length. */
        @JsonProperty("text")
        TEXT,
        /** A text that can name a folder. */
        @JsonProperty("name")
        NAME,
        /** A string of limited length, or an integer from 0 to 10^18 - 1. */
        @JsonProperty("id")
        ID,
        /** A finite number of 0 or more. */
        @JsonProperty("non_negative_number")
        NON_NEGATIVE_NUMBER
    }

    /** A file system has 255 for a folder, of which the column's name takes some. */
    private static final int MAX_FOLDER_BYTES = 200;

    private static final long MAX_ID = 999_999_999_999_999_999L;

    /** Reads the format option: a JSON array of rules. */
    static List<Rule> parse(String json) {
        try {
            return List.copyOf(new ObjectMapper().readValue(json, new TypeReference<List<Rule>>() {}));
        } catch (JsonProcessingException | NullPointerException e) {
            throw new ValidationException(
                    "Option 'shop-event.rules' must be the JSON array that ingestion.rules.format_option() renders.",
                    e);
        }
    }

    boolean appliesTo(String eventType) {
        return eventTypes == null || eventTypes.contains(eventType);
    }

    /** Whether the value that was scanned into the slot satisfies this rule. */
    boolean accepts(JsonScanner event, int slot) {
        byte found = event.kind(slot);
        if (found == JsonScanner.ABSENT || found == JsonScanner.NULL) {
            return !required;
        }
        return switch (kind) {
            case TEXT -> isText(event, slot);
            case NAME -> isText(event, slot) && folderBytes(event, slot) <= MAX_FOLDER_BYTES;
            case ID -> found == JsonScanner.NUMBER ? isIntegerId(event, slot) : isText(event, slot);
            case NON_NEGATIVE_NUMBER -> found == JsonScanner.NUMBER && isNonNegative(event, slot);
        };
    }

    /** The sentence for an event that breaks this rule. */
    String message() {
        String subject = eventTypes == null ? path : path + " of " + String.join(", ", eventTypes);
        String demand = switch (kind) {
            case TEXT -> "a string of at most " + maxLength + " characters";
            case NAME -> "a string of at most " + maxLength + " characters and " + MAX_FOLDER_BYTES + " bytes";
            case ID -> "a string of at most " + maxLength + " characters or a non-negative integer";
            case NON_NEGATIVE_NUMBER -> "a finite number of 0 or more";
        };
        return String.format(Locale.ROOT, "%s must be %s.", subject, demand);
    }

    private boolean isText(JsonScanner event, int slot) {
        if (!event.isString(slot)) {
            return false;
        }
        int from = event.from(slot);
        int to = event.to(slot);
        // No text has more characters than bytes, escaped or not.
        if (to - from <= maxLength) {
            return true;
        }
        if (event.kind(slot) == JsonScanner.STRING) {
            return Utf8.characters(event.json(), from, to) <= maxLength;
        }
        byte[] text = event.decoded(slot);
        return Utf8.characters(text, 0, text.length) <= maxLength;
    }

    /** Bytes of a text as a folder's name, in which ASCII but for letters, digits, "_", "-" and "." may be escaped. */
    private static int folderBytes(JsonScanner event, int slot) {
        int from = event.from(slot);
        int to = event.to(slot);
        // Three bytes for each at most; an escape of JSON is no shorter than what it stands for.
        if (3 * (to - from) <= MAX_FOLDER_BYTES) {
            return to - from;
        }
        byte[] text = event.kind(slot) == JsonScanner.STRING
                ? Arrays.copyOfRange(event.json(), from, to)
                : event.decoded(slot);
        int bytes = 0;
        for (byte one : text) {
            boolean isPlain = one < 0 || Character.isLetterOrDigit(one) || one == '_' || one == '-' || one == '.';
            bytes += isPlain ? 1 : 3;
        }
        return bytes;
    }

    private static boolean isIntegerId(JsonScanner event, int slot) {
        int from = event.from(slot);
        byte[] json = event.json();
        return json[from] != '-' && JsonNumber.asLong(json, from, event.to(slot), 0, MAX_ID) != null;
    }

    private static boolean isNonNegative(JsonScanner event, int slot) {
        double number = JsonNumber.asDouble(event.json(), event.from(slot), event.to(slot));
        return number >= 0 && number < Double.POSITIVE_INFINITY;
    }
}
