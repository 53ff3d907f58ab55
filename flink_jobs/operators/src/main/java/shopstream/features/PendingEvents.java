package shopstream.features;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.table.api.dataview.ListView;

/**
 * Events of one key that wait for the watermark, each as bytes, in a list in Flink's state that only grows until the
 * watermark has passed some: how old events are put in order when a backlog is read from many partitions at once.
 * Empty in a live stream. An event is numbers, of which the first is its time in microseconds.
 */
final class PendingEvents {
    /** The milliseconds of the first of no events. */
    static final long NONE = Long.MAX_VALUE;

    private PendingEvents() {}

    static void add(ListView<byte[]> pending, long[] event) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(event.length * Long.BYTES);
        bytes.asLongBuffer().put(event);
        pending.add(bytes.array());
    }

    /**
     * Takes out those up to the watermark, by time and for one moment in the order in which they came. Those that
     * stay are there afterwards, and {@code state.firstPending} is the first of them.
     */
    static List<long[]> takeRipe(ListView<byte[]> pending, RollingState state, long watermark) throws Exception {
        List<long[]> ripe = new ArrayList<>();
        List<byte[]> unripe = new ArrayList<>();
        state.firstPending = NONE;
        for (byte[] bytes : pending.getList()) {
            long millis = Math.floorDiv(ByteBuffer.wrap(bytes).getLong(), 1_000L);
            if (millis <= watermark) {
                long[] event = new long[bytes.length / Long.BYTES];
                ByteBuffer.wrap(bytes).asLongBuffer().get(event);
                ripe.add(event);
            } else {
                unripe.add(bytes);
                state.firstPending = Math.min(state.firstPending, millis);
            }
        }
        if (unripe.isEmpty()) {
            pending.clear();
        } else {
            pending.setList(unripe);
        }
        ripe.sort(Comparator.comparingLong(event -> event[0]));
        return ripe;
    }
}
