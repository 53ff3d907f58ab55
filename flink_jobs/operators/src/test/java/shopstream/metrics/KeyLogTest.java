package shopstream.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.junit.jupiter.api.Test;

class KeyLogTest {
    private static final int MANY = 100;

    private final WindowSpec spec = new WindowSpec("test", 60_000, 60_000, 0, 0);
    private final PartialReader reader = new PartialReader();
    private final PartialWriter writer = new PartialWriter();

    @Test
    void ofManyIdsOnlyChangesAreWrittenUntilTheLogIsTwiceAsLong() throws Exception {
        Entries state = new Entries();
        KeyWindows windows = new KeyWindows("k", spec, new KeyLog(MANY));
        int longest = 0;
        long written = 0;
        for (int round = 0; round < 5_000; round++) {
            Recount.Event event = new Recount.Event("k", round, null, "u" + Math.min(round, 999), null);
            reader.begin(event.partial(spec).getBinary(1));
            windows.add(reader, Long.MIN_VALUE, tile -> {});
            state.written = 0;
            windows.log.save(windows, state, writer, Long.MIN_VALUE);
            if (round == 50) {
                assertEquals(1, state.entries.size());
            }
            written += state.written;
            longest = Math.max(longest, state.bytes());
        }
        int whole = windows.encode(writer, Long.MIN_VALUE).length;
        assertTrue(longest < 2.5 * whole, "longest " + longest);
        assertTrue(written < 30L * whole, "written " + written);

        KeyWindows read = new KeyWindows("k", spec, new KeyLog(MANY));
        assertTrue(read.log.load(read, state, reader));
        assertEquals(1_000, read.ids());
        assertEquals(Recount.values(windows.close(0)), Recount.values(read.close(0)));
    }

    private static final class Entries implements ListState<byte[]> {
        private List<byte[]> entries = new ArrayList<>();
        private long written;

        int bytes() {
            return entries.stream().mapToInt(entry -> entry.length).sum();
        }

        @Override
        public void add(byte[] entry) {
            entries.add(entry);
            written += entry.length;
        }

        @Override
        public void update(List<byte[]> all) {
            entries = new ArrayList<>(all);
            written += bytes();
        }

        @Override
        public void addAll(List<byte[]> more) {
            more.forEach(this::add);
        }

        @Override
        public Iterable<byte[]> get() {
            return entries;
        }

        @Override
        public void clear() {
            entries.clear();
        }
    }
}
