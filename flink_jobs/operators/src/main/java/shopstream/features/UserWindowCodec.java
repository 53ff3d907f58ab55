package shopstream.features;

import java.io.IOException;
import java.util.Map;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * A {@link UserWindow} as bytes: the form it has in Flink's state. One compact value is read and written for each
 * event, instead of one state access for each tile, page and session.
 *
 * <p>The first byte is the layout's version; a layout that is not known is refused rather than misread.
 */
final class UserWindowCodec {
    private static final byte LAYOUT = 1;

    private final DataOutputSerializer out = new DataOutputSerializer(512);
    private final DataInputDeserializer in = new DataInputDeserializer();

    byte[] encode(UserWindow window) throws IOException {
        out.clear();
        out.writeByte(LAYOUT);
        out.writeLong(window.version);
        out.writeLong(window.firstSeen);
        out.writeLong(window.lastSeen);
        out.writeLong(window.clock);
        out.writeBoolean(window.capped);
        writeTiles(window.day);
        writeTiles(window.hour);
        out.writeInt(window.pages.size());
        for (Map.Entry<String, Long> page : window.pages.entrySet()) {
            out.writeUTF(page.getKey());
            out.writeLong(page.getValue());
        }
        out.writeInt(window.sessions.size());
        for (Map.Entry<String, Session> session : window.sessions.entrySet()) {
            out.writeUTF(session.getKey());
            writeSession(session.getValue());
        }
        out.writeUTF(window.currentSession == null ? "" : window.currentSession);
        return out.getCopyOfBuffer();
    }

    UserWindow decode(byte[] bytes) throws IOException {
        UserWindow window = new UserWindow();
        if (bytes == null) {
            return window;
        }
        in.setBuffer(bytes);
        byte layout = in.readByte();
        if (layout != LAYOUT) {
            throw new IOException("User state has layout " + layout + ", but this version reads only " + LAYOUT
                    + ": restore it with the version that wrote it, or rebuild the features from the lake.");
        }
        window.version = in.readLong();
        window.firstSeen = in.readLong();
        window.lastSeen = in.readLong();
        window.clock = in.readLong();
        window.capped = in.readBoolean();
        readTiles(window.day);
        readTiles(window.hour);
        for (int n = in.readInt(); n > 0; n--) {
            window.pages.put(in.readUTF(), in.readLong());
        }
        for (int n = in.readInt(); n > 0; n--) {
            window.sessions.put(in.readUTF(), readSession());
        }
        String current = in.readUTF();
        window.currentSession = current.isEmpty() ? null : current;
        return window;
    }

    private void writeTiles(Tiles tiles) throws IOException {
        out.writeByte(tiles.size);
        for (int i = 0; i < tiles.size; i++) {
            out.writeLong(tiles.index[i]);
            for (int counter = 0; counter < tiles.counters; counter++) {
                out.writeLong(tiles.values[i * tiles.counters + counter]);
            }
        }
    }

    private void readTiles(Tiles tiles) throws IOException {
        for (int n = in.readByte(); n > 0; n--) {
            int at = tiles.at(in.readLong());
            for (int counter = 0; counter < tiles.counters; counter++) {
                tiles.values[at + counter] = in.readLong();
            }
        }
    }

    private void writeSession(Session session) throws IOException {
        out.writeLong(session.firstSeen);
        out.writeLong(session.lastSeen);
        out.writeLong(session.lastTile);
        out.writeLong(session.events);
        out.writeLong(session.lastPurchase);
        out.writeShort(session.cartSize);
        for (int i = 0; i < session.cartSize; i++) {
            out.writeLong(session.cartTime[i]);
            out.writeLong(session.cartChange[i]);
        }
    }

    private Session readSession() throws IOException {
        Session session = new Session();
        session.firstSeen = in.readLong();
        session.lastSeen = in.readLong();
        session.lastTile = in.readLong();
        session.events = in.readLong();
        session.lastPurchase = in.readLong();
        session.cartSize = in.readShort();
        session.cartTime = new long[session.cartSize];
        session.cartChange = new long[session.cartSize];
        for (int i = 0; i < session.cartSize; i++) {
            session.cartTime[i] = in.readLong();
            session.cartChange[i] = in.readLong();
        }
        return session;
    }
}
