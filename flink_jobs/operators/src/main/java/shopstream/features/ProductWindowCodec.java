package shopstream.features;

import java.io.IOException;

/** A {@link ProductWindow} as bytes, read and written once for each event; reading fills a window that is there. */
final class ProductWindowCodec {
    private static final int LAYOUT = 1;
    private static final int FIXED = 4;

    private final StateBytes state = new StateBytes(LAYOUT, "product");

    byte[] encode(ProductWindow window) {
        int days = window.day.size;
        int hours = window.hour.size;
        state.write(window.isChanged ? 1 : 0, length(days, hours));
        state.put((long) days << 32 | hours);
        state.put(window.version);
        state.put(window.clock);
        state.put(window.rowSecond);
        window.day.write(state);
        window.hour.write(state);
        return state.written();
    }

    /** Reads what {@link #encode} gave; null is a product that was never seen. */
    void decode(byte[] bytes, ProductWindow window) throws IOException {
        if (bytes == null) {
            window.clear();
            return;
        }
        window.isChanged = state.read(bytes) != 0;
        if (bytes.length < (1 + FIXED) * Long.BYTES) {
            state.expect(FIXED);
        }
        long tiles = state.get();
        int days = (int) (tiles >> 32);
        int hours = (int) tiles;
        state.expect(length(days, hours) - 1);
        window.version = state.get();
        window.clock = state.get();
        window.rowSecond = state.get();
        window.day.read(state, days);
        window.hour.read(state, hours);
    }

    private static int length(int days, int hours) {
        return FIXED + (days + hours) * (1 + ProductWindow.COUNTERS);
    }
}
