package shopstream.anomalies;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.apache.flink.types.Row;

/**
 * One state of an alert, ready to go out.
 *
 * @param start the first window that belongs to it, which is a part of its id
 * @param last the last window that belongs to it so far
 * @param value of the window judged last
 * @param peak the most anomalous window's judgement, {@code peakSlot} the window
 */
record Alert(
        Signal signal,
        Status status,
        String eventType,
        long start,
        long last,
        double value,
        long peakSlot,
        Judgement peak,
        long ruleVersion) {
    /** What may happen to an alert. */
    enum Status {
        OPEN,
        UPDATED,
        CLOSED,
        /** It is not one: it belongs to another alert that began earlier, or the rule was changed before it was final. */
        WITHDRAWN;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    String id() {
        return eventType + ":" + signal.kind + ":" + Slot.start(start);
    }

    Row toRow() {
        Instant end = status == Status.OPEN || status == Status.UPDATED ? null : Slot.end(last);
        return Row.of(
                id(),
                eventType,
                signal.kind,
                signal.direction,
                status.toString(),
                Slot.start(start),
                end,
                value,
                peak.value(),
                Slot.start(peakSlot),
                peak.low(),
                peak.high(),
                peak.score(),
                peak.window().events(),
                peak.window().users(),
                peak.window().eventsPerUser(),
                reason(),
                ruleVersion);
    }

    private String reason() {
        if (status == Status.WITHDRAWN) {
            return "Withdrawn: it belongs to an alert that began earlier, or its rule was changed.";
        }
        String window = "in the hour from " + MINUTE.format(Slot.start(peakSlot)) + " UTC";
        return switch (signal) {
            case COUNT -> String.format(
                    Locale.ROOT, "%,.0f %s events %s, more than %s.", peak.value(), eventType, window, number(peak.high()));
            case INTENSITY -> String.format(
                    Locale.ROOT,
                    "%,.1f %s events per user %s, more than %s.",
                    peak.value(),
                    eventType,
                    window,
                    number(peak.high()));
            case SPIKE, DROP -> String.format(
                    Locale.ROOT,
                    "%,.0f %s events %s; usual at this time of the day are %,.0f to %,.0f.",
                    peak.value(),
                    eventType,
                    window,
                    Math.ceil(peak.low()),
                    Math.floor(peak.high()));
        };
    }

    private static String number(double limit) {
        return limit == Math.rint(limit) ? String.format(Locale.ROOT, "%,.0f", limit) : Double.toString(limit);
    }
}
