package shopstream.events;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Writes an event id in one piece; Flink's own serializer of texts writes one character after another, and a checkpoint on
 * the heap writes all ids of the last hour. First is twice the number of characters, in groups of seven bits, the lowest
 * first, plus one if any is beyond Latin-1; then a byte for each character, or two.
 */
public final class EventIdSerializer extends TypeSerializerSingleton<String> {
    static final EventIdSerializer INSTANCE = new EventIdSerializer();
    private static final long serialVersionUID = 1L;

    @Override
    public void serialize(String id, DataOutputView target) throws IOException {
        if (isLatin(id)) {
            writeNumber(2 * id.length(), target);
            target.write(id.getBytes(StandardCharsets.ISO_8859_1));
        } else {
            writeNumber(2 * id.length() + 1, target);
            // Not by a charset: half a surrogate pair is a character, too.
            target.writeChars(id);
        }
    }

    @Override
    public String deserialize(DataInputView source) throws IOException {
        int header = readNumber(source);
        byte[] bytes = new byte[bytes(header)];
        source.readFully(bytes);
        if ((header & 1) == 0) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        return ByteBuffer.wrap(bytes).asCharBuffer().toString();
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        int header = readNumber(source);
        writeNumber(header, target);
        target.write(source, bytes(header));
    }

    @Override
    public String deserialize(String reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public String createInstance() {
        return "";
    }

    @Override
    public String copy(String id) {
        return id;
    }

    @Override
    public String copy(String id, String reuse) {
        return id;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public TypeSerializerSnapshot<String> snapshotConfiguration() {
        return new Snapshot();
    }

    private static boolean isLatin(String id) {
        for (int i = 0; i < id.length(); i++) {
            if (id.charAt(i) > 0xff) {
                return false;
            }
        }
        return true;
    }

    private static int bytes(int header) {
        return (header & 1) == 1 ? header & ~1 : header >>> 1;
    }

    private static void writeNumber(int number, DataOutputView target) throws IOException {
        int rest = number;
        while (rest > 0x7f) {
            target.writeByte(rest | 0x80);
            rest >>>= 7;
        }
        target.writeByte(rest);
    }

    private static int readNumber(DataInputView source) throws IOException {
        int number = 0;
        int next;
        int shift = 0;
        do {
            next = source.readByte();
            number |= (next & 0x7f) << shift;
            shift += 7;
        } while (next < 0);
        return number;
    }

    /** What a savepoint knows of the serializer; Flink makes it by its name. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<String> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
