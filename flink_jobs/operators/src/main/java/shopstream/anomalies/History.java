package shopstream.anomalies;

import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * The final windows of one event type over the last two weeks, without gaps: counts, how far each was from what was
 * expected, and whether an unusual alert was open. Older ones are overwritten, so the size is bounded.
 */
final class History {
    static final int DAYS = 14;
    static final int CAPACITY = DAYS * Slot.PER_DAY;

    /** Windows for which the expected count itself is kept. */
    static final int RECENT = 32;

    private static final byte LAYOUT = 1;

    private final int[] counts = new int[CAPACITY];
    private final float[] residuals = new float[CAPACITY];
    private final boolean[] flagged = new boolean[CAPACITY];
    private final float[] expected = new float[RECENT];
    /** The newest window; {@link Slot#NONE} if there is none. */
    long newest = Slot.NONE;

    int size;
    /** The last estimate of the series' noise; NaN before there is one. */
    double noise = Double.NaN;

    /**
     * Adds the window after the newest.
     *
     * @param residual distance from what was expected, on Anscombe's scale; NaN if nothing was
     * @param expectedCount NaN if nothing was
     */
    void add(long slot, long count, double residual, double expectedCount, boolean isFlagged) {
        if (size > 0 && slot != newest + 1) {
            throw new IllegalArgumentException("window " + slot + " does not follow " + newest);
        }
        newest = slot;
        size = Math.min(CAPACITY, size + 1);
        int at = at(slot);
        counts[at] = (int) Math.min(Integer.MAX_VALUE, count);
        residuals[at] = (float) residual;
        flagged[at] = isFlagged;
        expected[Math.floorMod(slot, RECENT)] = (float) expectedCount;
    }

    boolean has(long slot) {
        return size > 0 && slot <= newest && slot > newest - size;
    }

    int count(long slot) {
        return counts[at(slot)];
    }

    /** NaN if nothing was expected. */
    double residual(long slot) {
        return residuals[at(slot)];
    }

    boolean isFlagged(long slot) {
        return flagged[at(slot)];
    }

    /** Of one of the {@value #RECENT} newest; NaN if nothing was expected. */
    double expected(long slot) {
        return expected[Math.floorMod(slot, RECENT)];
    }

    private static int at(long slot) {
        return Math.floorMod(slot, CAPACITY);
    }

    byte[] encode() throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64 + 9 * size);
        out.writeByte(LAYOUT);
        out.writeLong(newest);
        out.writeInt(size);
        out.writeDouble(noise);
        for (long slot = newest - size + 1; slot <= newest; slot++) {
            int at = at(slot);
            out.writeInt(counts[at]);
            out.writeFloat(residuals[at]);
            out.writeBoolean(flagged[at]);
        }
        for (float each : expected) {
            out.writeFloat(each);
        }
        return out.getCopyOfBuffer();
    }

    /** Null bytes are an empty history. */
    static History decode(byte[] bytes) throws IOException {
        History history = new History();
        Arrays.fill(history.expected, Float.NaN);
        if (bytes == null) {
            return history;
        }
        DataInputDeserializer in = new DataInputDeserializer(bytes);
        byte layout = in.readByte();
        if (layout != LAYOUT) {
            throw new IOException("The history of the windows has layout " + layout + ", but this version reads only " + LAYOUT
                    + ": restore it with the version that wrote it, or start without it.");
        }
        history.newest = in.readLong();
        history.size = in.readInt();
        history.noise = in.readDouble();
        for (long slot = history.newest - history.size + 1; slot <= history.newest; slot++) {
            int at = at(slot);
            history.counts[at] = in.readInt();
            history.residuals[at] = in.readFloat();
            history.flagged[at] = in.readBoolean();
        }
        for (int i = 0; i < RECENT; i++) {
            history.expected[i] = in.readFloat();
        }
        return history;
    }
}
