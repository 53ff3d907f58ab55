package shopstream.source;

/**
 * Event time of one source task: the latest event of all its splits and, once all of them have been silent for a
 * while, the time that has passed since. So time goes on when the shop sleeps, and a replay of old events has its
 * own time.
 */
final class StreamClock {
    private final long silenceMillis;
    private long latestEvent = Long.MIN_VALUE;
    private long latestArrival;
    private long latestActivity;

    StreamClock(long silenceMillis) {
        this.silenceMillis = silenceMillis;
    }

    void observe(long watermark, long now) {
        latestEvent = Math.max(latestEvent, watermark);
        latestArrival = now;
        latestActivity = now;
    }

    /** There is more to read: this is no silence, though no event has come. */
    void stillReading(long now) {
        latestActivity = now;
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
