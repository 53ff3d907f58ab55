package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A product's window against a list of its events, its rows against the second they are of, and its bytes. */
class ProductWindowTest {
    private static final long SEED = 20_261_101;
    private static final long NOON = 1_793_534_400_000_000L;

    @Test
    void theSumsAreThoseOfTheEventsInTheTilesThatCount() {
        Random random = new Random(SEED);
        for (int run = 0; run < 300; run++) {
            ProductWindow window = new ProductWindow();
            List<long[]> events = new ArrayList<>();
            for (int n = 0; n < 60; n++) {
                ProductEvent event = event(random);
                window.add(event);
                events.add(event.numbers());
                long clock = events.stream().mapToLong(known -> known[0]).max().getAsLong();
                assertEquals(clock, window.clock);
                assertSums(events, clock, Tiles.HOUR, 24, window.day);
                assertSums(events, clock, Tiles.FIVE_MINUTES, 12, window.hour);
            }
        }
    }

    @Test
    void theFirstEventOfASecondHasARowAtOnce() {
        ProductWindow window = new ProductWindow();
        assertEquals(Long.MAX_VALUE, window.rowDue());
        assertTrue(window.add(at(NOON + 300)));
        window.isChanged = false;
        assertEquals(Long.MAX_VALUE, window.rowDue());
        assertFalse(window.add(at(NOON + 300)));
        assertFalse(window.add(at(NOON + ProductWindow.SECOND - 1)));
        assertEquals(NOON + ProductWindow.SECOND, window.rowDue());
        assertTrue(window.add(at(NOON + ProductWindow.SECOND)));
        assertFalse(window.add(at(NOON)), "a late event is no new second");
        assertEquals(NOON + 2 * ProductWindow.SECOND, window.rowDue());
    }

    @Test
    void itIsForgottenAnHourAfterItsWindowsAreEmpty() {
        ProductWindow window = new ProductWindow();
        assertEquals(Long.MAX_VALUE, window.forgetDue());
        window.add(at(NOON));
        window.isChanged = false;
        assertEquals(Long.MAX_VALUE, window.forgetDue());
        assertEquals(NOON + 12 * Tiles.FIVE_MINUTES, window.nextChange());
        assertTrue(window.advance(window.nextChange()));
        assertEquals(NOON + 24 * Tiles.HOUR, window.nextChange());
        assertTrue(window.advance(window.nextChange()));
        assertEquals(Long.MAX_VALUE, window.nextChange());
        assertEquals(NOON + 24 * Tiles.HOUR + ProductWindow.KEPT, window.forgetDue());
        window.add(at(NOON + 24 * Tiles.HOUR));
        assertEquals(Long.MAX_VALUE, window.forgetDue());
    }

    @Test
    void itsBytesComeBack() throws IOException {
        Random random = new Random(SEED);
        ProductWindowCodec codec = new ProductWindowCodec();
        ProductWindow read = new ProductWindow();
        for (int run = 0; run < 1_000; run++) {
            ProductWindow written = new ProductWindow();
            written.version = random.nextLong();
            for (int n = random.nextInt(40); n > 0; n--) {
                written.add(event(random));
            }
            written.isChanged = random.nextBoolean();
            byte[] bytes = codec.encode(written);
            codec.decode(bytes, read);
            assertArrayEquals(bytes, codec.encode(read));
            assertEquals(written.version, read.version);
            assertEquals(written.isChanged, read.isChanged);
            ProductEvent next = event(random);
            assertEquals(written.add(next), read.add(next));
            assertEquals(written.nextChange(), read.nextChange());
            assertEquals(written.rowDue(), read.rowDue());
            for (int counter = 0; counter < ProductWindow.COUNTERS; counter++) {
                assertEquals(written.day.sum(counter), read.day.sum(counter));
                assertEquals(written.hour.sum(counter), read.hour.sum(counter));
            }
            byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            assertThrows(IOException.class, () -> codec.decode(cut, new ProductWindow()));
        }
        codec.decode(null, read);
        assertArrayEquals(codec.encode(new ProductWindow()), codec.encode(read));
    }

    private static void assertSums(List<long[]> events, long clock, long length, int width, Tiles tiles) {
        long[] sums = new long[ProductWindow.COUNTERS];
        long start = (clock / length - width + 1) * length;
        for (long[] event : events) {
            if (event[0] >= start) {
                sums[ProductWindow.VIEWS] += event[1] & 1;
                sums[ProductWindow.CARTS] += event[1] >> 1 & 1;
                sums[ProductWindow.PURCHASES] += event[1] >> 2 & 1;
                sums[ProductWindow.UNITS] += event[2];
                sums[ProductWindow.REVENUE] += event[3];
            }
        }
        for (int counter = 0; counter < sums.length; counter++) {
            assertEquals(sums[counter], tiles.sum(counter));
        }
    }

    private static ProductEvent at(long time) {
        ProductEvent event = new ProductEvent();
        event.time = time;
        event.view = true;
        return event;
    }

    private static ProductEvent event(Random random) {
        ProductEvent event = at(NOON + (long) (random.nextGaussian() * 10 * Tiles.HOUR));
        event.view = random.nextBoolean();
        event.cart = !event.view && random.nextBoolean();
        event.purchase = !event.view && !event.cart;
        event.units = event.purchase ? random.nextLong(1L << 20) : 0;
        event.revenue = event.purchase ? random.nextLong(1L << 40) : 0;
        return event;
    }
}
