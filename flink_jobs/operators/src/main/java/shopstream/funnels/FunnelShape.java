package shopstream.funnels;

/**
 * What one user's state was made for. A changed funnel cannot go on with it, for the numbers of its steps would mean
 * something else.
 *
 * @param conversionSeconds longest time from the first step to any other, that moment included
 * @param latenessSeconds how far behind the watermark an event may be
 */
record FunnelShape(int steps, int breakdowns, int conversionSeconds, int latenessSeconds) {
    static final long MICROS = 1_000_000L;
    static final long HOUR_SECONDS = 3_600L;
    static final long HOUR = HOUR_SECONDS * MICROS;

    long conversionMicros() {
        return conversionSeconds * MICROS;
    }

    /** Milliseconds of the watermark from which on no event can change what began in this hour. */
    long finalMillis(long hour) {
        return ((hour + 1) * HOUR_SECONDS + conversionSeconds + latenessSeconds) * 1_000;
    }

    /** The first hour that can still change once the watermark has come to {@code millis}. */
    long firstOpenHour(long millis) {
        return Math.floorDiv(millis - (conversionSeconds + latenessSeconds) * 1_000L, HOUR_SECONDS * 1_000);
    }

    static long hour(long micros) {
        return Math.floorDiv(micros, HOUR);
    }
}
