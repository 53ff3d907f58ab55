package shopstream.source;

/**
 * Event time of one source task: the latest event of all its splits and, once all of them have been silent for a
 * while, the time that has passed since. So time goes on when the shop sleeps, and a replay of old events has its
 * own time.
 */
final class StreamClock {
    /** What is older than the newest event by this is no part of the present: a sender's clock is wrong. */
    private static final long OUTDATED_MILLIS = 3_600_000;

    private final long silenceMillis;
    private long latestEvent = Long.MIN_VALUE;
    private long latestArrival;
    private long latestActivity;

    StreamClock(long silenceMillis) {
        this.silenceMillis = silenceMillis;
    }

    void observe(long watermark, long now) {
        // An event after a silence does not turn back what the silence has reached.
        latestEvent = Math.max(isSilent(now) ? watermark(now) : latestEvent, watermark);
        latestArrival = now;
        latestActivity = now;
    }

    /** There is more to read: this is no silence, though no event has come. */
    void stillReading(long now) {
        latestActivity = now;
    }

    /** Whether a split whose latest event is this lies hours behind the newest of all. */
    boolean isOutdated(long watermark) {
        return watermark != Long.MIN_VALUE && watermark + OUTDATED_MILLIS < latestEvent;
    }

    boolean isSilentSince(long arrival, long now) {
        return now - arrival > silenceMillis;
    }

    /** Whether there was an event, but none for the silence. */
    boolean isSilent(long now) {
        return latestEvent != Long.MIN_VALUE && isSilentSince(latestActivity, now);
    }

    /** The watermark of a silent stream. */
    long watermark(long now) {
        return latestEvent + Math.max(0, now - latestArrival - silenceMillis);
    }
}
