package shopstream.anomalies;

import java.time.Instant;

/** Windows by number: one starts every ten minutes from 1970 UTC and is an hour long. */
final class Slot {
    static final long MILLIS = 600_000;
    static final int PER_DAY = 144;

    /** Windows that overlap with one that ends as it starts, itself included. */
    static final int PER_WINDOW = 6;

    /** Before any window. */
    static final long NONE = Long.MIN_VALUE;

    private Slot() {}

    static long of(Instant start) {
        return Math.floorDiv(start.toEpochMilli(), MILLIS);
    }

    static Instant start(long slot) {
        return Instant.ofEpochMilli(slot * MILLIS);
    }

    static Instant end(long slot) {
        return start(slot + PER_WINDOW);
    }

    /** The watermark before which the last row of the window has come: a row's time is the last moment of its window. */
    static long finalAt(long slot) {
        return (slot + PER_WINDOW) * MILLIS - 1;
    }

    /** The newest window that is final at this watermark. */
    static long newestFinal(long watermark) {
        return Math.floorDiv(watermark + 1, MILLIS) - PER_WINDOW;
    }
}
