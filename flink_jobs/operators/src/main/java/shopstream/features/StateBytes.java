package shopstream.features;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * Longs as bytes, least significant byte first: the form in which a window lies in Flink's state. Whole arrays are
 * copied at once, so that a large state costs little for each event. The first long holds the layout of the rest in
 * its lowest byte; another layout is refused rather than misread, and so is a state that is too short or too long.
 */
final class StateBytes {
    private static final int LAYOUT_MASK = 0xff;

    private final int layout;
    private final String owner;
    private byte[] written;
    private LongBuffer longs;

    /** {@code owner} is what the state is of, for the message of a refusal. */
    StateBytes(int layout, String owner) {
        this.layout = layout;
        this.owner = owner;
    }

    /** Begins a state of so many longs after the first, whose upper seven bytes are {@code head}. */
    void write(long head, int length) {
        written = new byte[(1 + length) * Long.BYTES];
        longs = ByteBuffer.wrap(written).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        longs.put(head << 8 | layout);
    }

    void put(long value) {
        longs.put(value);
    }

    void put(long[] values, int length) {
        longs.put(values, 0, length);
    }

    /** What was written; a new array, since Flink keeps it. */
    byte[] written() {
        return written;
    }

    /** Begins to read; returns the head. */
    long read(byte[] bytes) throws IOException {
        if (bytes.length == 0 || (bytes[0] & LAYOUT_MASK) != layout) {
            String found = bytes.length == 0 ? "none" : Integer.toString(bytes[0] & LAYOUT_MASK);
            throw new IOException("The state of a " + owner + " has layout " + found + ", but this version reads only "
                    + layout + ": restore it with the version that wrote it, or rebuild the features from the lake.");
        }
        if (bytes.length % Long.BYTES != 0) {
            throw cut(bytes.length);
        }
        longs = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        return longs.get() >> 8;
    }

    /** Refuses a state that has not exactly so many longs left. */
    void expect(int length) throws IOException {
        if (longs.remaining() != length) {
            throw cut(longs.capacity() * Long.BYTES);
        }
    }

    long get() {
        return longs.get();
    }

    void get(long[] values, int length) {
        longs.get(values, 0, length);
    }

    private IOException cut(int length) {
        return new IOException("The state of a " + owner + " is damaged: " + length + " bytes are not its length.");
    }
}
