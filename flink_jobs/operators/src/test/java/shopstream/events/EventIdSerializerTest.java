package shopstream.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An id comes back as it was, whatever it holds, and takes no more than it must. */
class EventIdSerializerTest {
    private final EventIdSerializer serializer = EventIdSerializer.INSTANCE;

    @ParameterizedTest
    @ValueSource(strings = {
            "", "a", "0f8fad5b-d9cb-469f-a165-70867728950e", "\u00e9\u00ff", "\u0100", "\u8cfc\u5165-1", "\ud83d\uded2", "\ud800", "a\udc00b"
    })
    void anIdComesBack(String id) throws IOException {
        DataInputDeserializer source = new DataInputDeserializer(bytes(id));
        assertEquals(id, serializer.deserialize(source));
        assertEquals(0, source.available());
    }

    @Test
    void aLongOneComesBack() throws IOException {
        for (int length : new int[] {63, 64, 127, 128, 8191, 8192, 100_000}) {
            String latin = "x".repeat(length);
            String wide = "\u8cfc".repeat(length);
            assertEquals(latin, serializer.deserialize(new DataInputDeserializer(bytes(latin))));
            assertEquals(wide, serializer.deserialize(new DataInputDeserializer(bytes(wide))));
        }
    }

    @Test
    void twoFollowEachOtherAndAreCopied() throws IOException {
        DataOutputSerializer both = new DataOutputSerializer(16);
        serializer.serialize("first", both);
        serializer.serialize("\u8cfc", both);
        DataInputDeserializer source = new DataInputDeserializer(both.getCopyOfBuffer());
        DataOutputSerializer copied = new DataOutputSerializer(16);
        serializer.copy(source, copied);
        serializer.copy(source, copied);
        DataInputDeserializer again = new DataInputDeserializer(copied.getCopyOfBuffer());
        assertEquals("first", serializer.deserialize(again));
        assertEquals("\u8cfc", serializer.deserialize(again));
        assertEquals(0, again.available());
    }

    @Test
    void aUuidTakesAByteForEachCharacterAndOneMore() throws IOException {
        assertEquals(37, bytes("0f8fad5b-d9cb-469f-a165-70867728950e").length);
    }

    @Test
    void aSavepointOfItIsReadByIt() {
        TypeSerializerSnapshot<String> before = serializer.snapshotConfiguration();
        assertTrue(serializer.snapshotConfiguration().resolveSchemaCompatibility(before).isCompatibleAsIs());
        assertEquals(serializer, before.restoreSerializer());
    }

    private byte[] bytes(String id) throws IOException {
        DataOutputSerializer target = new DataOutputSerializer(16);
        serializer.serialize(id, target);
        return target.getCopyOfBuffer();
    }
}
