package shopstream.metrics;

import java.io.Serializable;

/**
 * The windows of one metric. They are made of tiles as long as the slide, numbered from 1970 UTC; a window is
 * numbered by its first tile. A tumbling window is one tile.
 *
 * @param name short name for operators and their uids, such as {@code page-views}
 * @param sizeMillis length of a window, a multiple of the slide, of at most 32 slides
 * @param slideMillis from the start of one window to that of the next
 * @param latenessMillis a window is final when the watermark has passed its end by this
 * @param liveMillis a changed window gives a row at most this often, by the clock of the machine
 */
public record WindowSpec(String name, long sizeMillis, long slideMillis, long latenessMillis, long liveMillis)
        implements Serializable {
    /** The tiles around one that share a window with it must fit the 64 bits of {@link IdTable}. */
    private static final int MAX_TILES = 32;

    public WindowSpec {
        if (slideMillis <= 0
                || sizeMillis <= 0
                || sizeMillis % slideMillis != 0
                || sizeMillis / slideMillis > MAX_TILES) {
            throw new IllegalArgumentException("The windows of " + name + " must be 1 to " + MAX_TILES
                    + " slides long, not " + sizeMillis + " ms with a slide of " + slideMillis + " ms.");
        }
        if (latenessMillis < 0 || liveMillis < 0) {
            throw new IllegalArgumentException("The lateness and interval of " + name + " cannot be negative.");
        }
    }

    /** Tiles of a window. */
    int tiles() {
        return (int) (sizeMillis / slideMillis);
    }

    long tileOf(long millis) {
        return Math.floorDiv(millis, slideMillis);
    }

    long start(long tile) {
        return tile * slideMillis;
    }

    long end(long tile) {
        return start(tile) + sizeMillis;
    }

    /** The watermark at which the window that starts with {@code tile} is final. */
    long finalAt(long tile) {
        return end(tile) + latenessMillis;
    }

    /** The window that {@link #finalAt} gives the watermark for. */
    long tileFinalAt(long watermark) {
        return tileOf(watermark - latenessMillis) - tiles();
    }

    /** The newest window that is final at this watermark; {@code Long.MIN_VALUE} before there is one. */
    long newestFinal(long watermark) {
        return watermark == Long.MIN_VALUE ? Long.MIN_VALUE : tileFinalAt(watermark);
    }
}
