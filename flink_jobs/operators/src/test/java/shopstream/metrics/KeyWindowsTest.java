package shopstream.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class KeyWindowsTest {
    private final PartialWriter writer = new PartialWriter();
    private final PartialReader reader = new PartialReader();

    /** Windows of 1 to 32 tiles, tiles far apart and before 1970, with the state written and read in between. */
    @Test
    void windowsEqualARecountWhateverTheyOverlap() throws IOException {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int tiles = 1 + random.nextInt(seed % 3 == 0 ? 32 : 4);
            WindowSpec spec = new WindowSpec("test", tiles * 1_000L, 1_000, 0, 0);
            Recount recount = new Recount(spec);
            KeyWindows windows = windows(spec);
            int span = 1_000 * (1 + random.nextInt(400));
            for (int number = 0; number < 200; number++) {
                Recount.Event each = Recount.event(random, random.nextInt(span) - span / 2, 20);
                Recount.Event event = new Recount.Event("k", each.time(), each.amount(), each.id(), each.word());
                recount.events.add(event);
                reader.begin(event.partial(spec).getBinary(1));
                assertEquals(0, windows.add(reader, Long.MIN_VALUE, tile -> {}));
                if (random.nextInt(40) == 0) {
                    byte[] state = windows.encode(writer, Long.MIN_VALUE);
                    windows = windows(spec);
                    reader.begin(state);
                    windows.restore(reader, Long.MIN_VALUE);
                }
            }
            Map<Recount.Window, Object> found = new TreeMap<>();
            for (Recount.Window window : recount.windows().keySet()) {
                found.put(window, Recount.values(windows.close(spec.tileOf(window.start()))));
            }
            assertEquals(recount.windows(), found, "seed " + seed);
            assertEquals(0, windows.size());
            assertEquals(0, windows.ids());
        }
    }

    @Test
    void aStateOfAnotherLayoutIsRefused() throws IOException {
        byte[] state = new Partial().encode(writer, 0);
        state[0]++;
        assertThrows(IOException.class, () -> reader.begin(state));
    }

    @Test
    void windowsThatCannotBeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WindowSpec("x", 33, 1, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new WindowSpec("x", 5, 2, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new WindowSpec("x", 0, 1, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new WindowSpec("x", 1, 1, -1, 0));
    }

    private static KeyWindows windows(WindowSpec spec) {
        return new KeyWindows("k", spec, new KeyLog(1_000_000));
    }
}
