package shopstream.features;

import org.apache.flink.table.data.TimestampData;

/** Microseconds since 1970 UTC, and what Flink has for them. */
final class Micros {
    private static final long PER_SECOND = 1_000_000L;

    private Micros() {}

    static long of(TimestampData moment) {
        return moment.getMillisecond() * 1_000 + moment.getNanoOfMillisecond() / 1_000;
    }

    static TimestampData timestamp(long micros) {
        return TimestampData.fromEpochMillis(
                Math.floorDiv(micros, 1_000L), (int) Math.floorMod(micros, 1_000L) * 1_000);
    }

    /** The moment cut to whole seconds, which is what Feast's timestamps hold. */
    static TimestampData second(long micros) {
        return TimestampData.fromEpochMillis(Math.floorDiv(micros, PER_SECOND) * 1_000);
    }

    /** A span in seconds. */
    static double seconds(long micros) {
        return micros / (double) PER_SECOND;
    }
}
