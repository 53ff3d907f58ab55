package shopstream.metrics;

import java.io.IOException;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Groups as bytes: a layout, the newest final window, and by group its tile, sums, words and ids. {@link
 * PartialReader} reads them. Numbers are as short as they can be: seven bits a byte.
 */
final class PartialWriter {
    static final byte LAYOUT = 1;

    private final DataOutputSerializer out = new DataOutputSerializer(256);

    void begin(long newestFinal, int groups) throws IOException {
        out.clear();
        out.writeByte(LAYOUT);
        out.writeLong(newestFinal);
        number(groups);
    }

    /** After it as many calls of {@link #id} as there are ids. */
    void group(Group group, long ids) throws IOException {
        signed(group.tile);
        number(group.count);
        signed(group.units);
        number(group.rest);
        int words = group.words == null ? 0 : group.words.size();
        number(words);
        for (int i = 0; i < words; i++) {
            byte[] word = group.words.get(i).toBytes();
            number(word.length);
            out.write(word);
        }
        number(ids);
    }

    void id(long high, long low) throws IOException {
        out.writeLong(high);
        out.writeLong(low);
    }

    byte[] end() {
        return out.getCopyOfBuffer();
    }

    private void signed(long value) throws IOException {
        number(value << 1 ^ value >> 63);
    }

    private void number(long value) throws IOException {
        while ((value & ~0x7fL) != 0) {
            out.writeByte((int) (value & 0x7f | 0x80));
            value >>>= 7;
        }
        out.writeByte((int) value);
    }
}
