package shopstream.metrics;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.table.data.binary.BinaryStringData;

/** Reads what {@link PartialWriter} wrote, group by group; the fields hold the group at hand. */
final class PartialReader {
    long newestFinal;
    long tile;
    long count;
    long units;
    long rest;
    /** Of the id at hand. */
    long high;

    long low;

    private final DataInputDeserializer in = new DataInputDeserializer();
    private long groups;
    private long words;
    private long ids;

    /** Throws IOException for bytes of another layout. */
    void begin(byte[] bytes) throws IOException {
        in.setBuffer(bytes);
        byte layout = in.readByte();
        if (layout != PartialWriter.LAYOUT) {
            throw new IOException("The windows have layout " + layout + ", but this version reads only "
                    + PartialWriter.LAYOUT + ": restore them with the version that wrote them, or start without them.");
        }
        newestFinal = in.readLong();
        groups = number();
    }

    /** Goes on to the next group; the words and ids of the last one must have been read. */
    boolean nextGroup() throws IOException {
        if (groups == 0) {
            return false;
        }
        groups--;
        tile = signed();
        count = number();
        units = signed();
        rest = number();
        words = number();
        ids = -1;
        return true;
    }

    /** Null after the last word. */
    BinaryStringData nextWord() throws IOException {
        if (words == 0) {
            return null;
        }
        words--;
        byte[] word = new byte[(int) number()];
        in.readFully(word);
        return BinaryStringData.fromBytes(word);
    }

    /** After the words: false after the last id. */
    boolean nextId() throws IOException {
        if (ids < 0) {
            ids = number();
        }
        if (ids == 0) {
            return false;
        }
        ids--;
        high = in.readLong();
        low = in.readLong();
        return true;
    }

    /** Passes over the words and ids of the group. */
    void skip() throws IOException {
        while (nextWord() != null) {}
        while (nextId()) {}
    }

    private long signed() throws IOException {
        long value = number();
        return value >>> 1 ^ -(value & 1);
    }

    private long number() throws IOException {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.readByte();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
