package shopstream.funnels;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.flink.table.api.dataview.MapView;

/**
 * The users of one window and breakdown value, and when their rows go out. As bytes it is one small value, whose
 * first byte is the layout's version; the times to the steps after the first lie beside it, {@link ConversionTimes}.
 */
final class FunnelTotals {
    private static final byte LAYOUT = 1;
    private static final int FIXED_BYTES = 1 + 3 * Long.BYTES + 1 + Integer.BYTES + 1;

    /** Users who reached each step. */
    final int[] users;

    /** Users for whom events were left out. */
    int capped;

    /** Milliseconds of the watermark from which on nothing can change. */
    long finalAt;

    /** Milliseconds of the machine's clock between rows. */
    long interval;

    /** When rows went out last. */
    long emittedAt;

    /** Whether anything changed since. */
    boolean changed;

    private final MapView<Integer, byte[]> times;

    FunnelTotals(int steps, MapView<Integer, byte[]> times) {
        this.users = new int[steps];
        this.times = times;
    }

    /** Takes one user's seconds out and puts others in; null for none. */
    void change(Integer[] removed, Integer[] added, int cappedChange) throws Exception {
        capped += cappedChange;
        for (int step = 0; step < users.length; step++) {
            Integer from = removed != null && step < removed.length ? removed[step] : null;
            Integer to = added != null && step < added.length ? added[step] : null;
            if (from == null ? to == null : from.equals(to)) {
                continue;
            }
            users[step] += (to == null ? 0 : 1) - (from == null ? 0 : 1);
            if (step > 0) {
                ConversionTimes ofStep = new ConversionTimes(step, times);
                if (from != null) {
                    ofStep.add(from, -1);
                }
                if (to != null) {
                    ofStep.add(to, 1);
                }
            }
        }
    }

    /** Median seconds to a step; 0 to the first, null without users. */
    Double median(int step) throws Exception {
        if (step == 0) {
            return users[0] == 0 ? null : 0.0;
        }
        return new ConversionTimes(step, times).median(users[step]);
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + users.length * Integer.BYTES);
        out.put(LAYOUT).putLong(finalAt).putLong(interval).putLong(emittedAt);
        out.put((byte) (changed ? 1 : 0)).putInt(capped).put((byte) users.length);
        for (int reached : users) {
            out.putInt(reached);
        }
        return out.array();
    }

    static FunnelTotals decode(byte[] bytes, MapView<Integer, byte[]> times) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte layout = in.get();
        if (layout != LAYOUT) {
            throw new IOException("Funnel totals have layout " + layout + ", but this version reads only " + LAYOUT
                    + ": restore them with the version that wrote them, or give the funnel another name.");
        }
        long finalAt = in.getLong();
        long interval = in.getLong();
        long emittedAt = in.getLong();
        boolean changed = in.get() != 0;
        int capped = in.getInt();
        FunnelTotals totals = new FunnelTotals(in.get(), times);
        totals.finalAt = finalAt;
        totals.interval = interval;
        totals.emittedAt = emittedAt;
        totals.changed = changed;
        totals.capped = capped;
        for (int step = 0; step < totals.users.length; step++) {
            totals.users[step] = in.getInt();
        }
        return totals;
    }
}
