package shopstream.events;

/**
 * Event time after a restart, of which the source's clock knows nothing before its first event: as it was, and once the
 * source has been silent for a while, further by the time that has passed since.
 *
 * <p>Silence is counted in ticks, of which each that is not silent begins it anew. A machine that stands still for a
 * minute ticks once, so that rows which came meanwhile are read before time goes on.
 */
final class RestoredTime {
    static final long TICK_MILLIS = 200;

    private final long watermark;
    private final long cameAt;
    private final long silenceMillis;
    private long silentTicks;

    /** The last watermark and the machine's time at which it came; UTC milliseconds both. */
    RestoredTime(long watermark, long cameAt, long silenceMillis) {
        this.watermark = watermark;
        this.cameAt = cameAt;
        this.silenceMillis = silenceMillis;
    }

    long watermark() {
        return watermark;
    }

    long cameAt() {
        return cameAt;
    }

    /** Event time at a tick. Never falls while the machine's clock does not. */
    long at(long now, boolean isSilent) {
        silentTicks = isSilent ? silentTicks + 1 : 0;
        return silentTicks * TICK_MILLIS > silenceMillis
                ? watermark + Math.max(0, now - cameAt - silenceMillis)
                : watermark;
    }
}
