package shopstream.features;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Events of a user that wait for the watermark, as bytes: how old events are put in order when a backlog is read
 * from many partitions at once. Empty in a live stream.
 */
final class PendingEvents {
    private final DataOutputSerializer out = new DataOutputSerializer(256);
    private final DataInputDeserializer in = new DataInputDeserializer();

    /** The bytes with one more event. */
    byte[] add(byte[] pending, UserEvent event) throws IOException {
        out.clear();
        if (pending != null) {
            out.write(pending);
        }
        out.writeLong(event.time);
        out.writeUTF(event.session == null ? "" : event.session);
        out.writeUTF(event.page == null ? "" : event.page);
        out.writeByte((event.purchase ? 1 : 0) | (event.cartAddition ? 2 : 0) | (event.productView ? 4 : 0));
        out.writeLong(event.revenue);
        out.writeLong(event.cartDelta);
        return out.getCopyOfBuffer();
    }

    /** The events by time, those of one moment in the order in which they came. */
    List<UserEvent> inOrder(byte[] pending) throws IOException {
        List<UserEvent> events = new ArrayList<>();
        if (pending != null) {
            in.setBuffer(pending);
            while (in.available() > 0) {
                events.add(read());
            }
            events.sort(Comparator.comparingLong(event -> event.time));
        }
        return events;
    }

    /** The bytes of these events; null for none. */
    byte[] of(List<UserEvent> events) throws IOException {
        byte[] pending = null;
        for (UserEvent event : events) {
            pending = add(pending, event);
        }
        return pending;
    }

    private UserEvent read() throws IOException {
        UserEvent event = new UserEvent();
        event.time = in.readLong();
        String session = in.readUTF();
        event.session = session.isEmpty() ? null : session;
        String page = in.readUTF();
        event.page = page.isEmpty() ? null : page;
        int kind = in.readByte();
        event.purchase = (kind & 1) != 0;
        event.cartAddition = (kind & 2) != 0;
        event.productView = (kind & 4) != 0;
        event.revenue = in.readLong();
        event.cartDelta = in.readLong();
        return event;
    }
}
