package shopstream.format;

import java.util.Locale;

/**
 * Why a record is not a valid event, in the order in which it is checked; {@code ingestion/verdict.py} gives
 * the same.
 */
enum ErrorCode {
    TOO_LARGE,
    NOT_JSON,
    NOT_AN_OBJECT,
    MISSING_FIELD,
    BAD_TIMESTAMP,
    BAD_VALUE;

    /** The code as dead letters and metrics show it. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
