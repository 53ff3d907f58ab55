package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is read is what was written, and what cannot be read is refused. */
class UserWindowCodecTest {
    private static final int WINDOWS = 2_000;
    private static final long SEED = 20_261_101;
    private static final long NOON = 1_793_534_400_123_456L;
    private static final String[] IDS = {"a", "b", "Zoë 🛒 用户", "\u0000", "\ud83d", "x".repeat(5_000)};

    private final UserWindowCodec codec = new UserWindowCodec();

    @Test
    void randomWindowsComeBack() throws IOException {
        Random random = new Random(SEED);
        int withCart = 0;
        int silent = 0;
        for (int i = 0; i < WINDOWS; i++) {
            UserWindow window = window(random);
            withCart += window.sessions.changes > 0 ? 1 : 0;
            silent += window.day.size == 0 ? 1 : 0;
            assertSame(window, again(window));
        }
        assertTrue(withCart > WINDOWS / 4 && silent > WINDOWS / 20, withCart + " with a cart, " + silent + " silent");
    }

    @Test
    void aWindowThatWasReadGoesOnLikeTheOneThatWasWritten() throws IOException {
        Random random = new Random(SEED);
        for (int i = 0; i < 200; i++) {
            UserWindow written = window(random);
            UserWindow read = again(written);
            for (int n = 0; n < 20; n++) {
                UserEvent event = event(random);
                written.add(event);
                read.add(event);
                assertEquals(written.nextChange(), read.nextChange());
                assertSame(written, read);
            }
        }
    }

    @Test
    void theLimitsOfALongComeBack() throws IOException {
        UserWindow window = new UserWindow();
        window.version = Long.MAX_VALUE;
        window.capped = true;
        int first = window.day.at(-3);
        window.day.values[first + UserWindow.DAY_REVENUE] = Long.MIN_VALUE;
        int second = window.day.at(Long.MAX_VALUE);
        window.day.values[second + UserWindow.DAY_EVENTS] = Long.MAX_VALUE;
        assertSame(window, again(window));
    }

    @Test
    void aNewUserHasAnEmptyWindow() throws IOException {
        UserWindow used = window(new Random(SEED));
        codec.decode(null, used);
        assertSame(new UserWindow(), used);
        assertSame(new UserWindow(), again(new UserWindow()));
    }

    @Test
    void aSmallWindowAfterALargeOneIsNotMixedWithIt() throws IOException {
        UserWindow large = new UserWindow();
        for (int i = 0; i < 500; i++) {
            large.pages.add(i, i, i, 500);
        }
        byte[] small = codec.encode(new UserWindow());
        byte[] kept = small.clone();
        assertTrue(codec.encode(large).length > 10 * small.length);
        assertArrayEquals(kept, small, "bytes that were handed out stay as they are");
        assertArrayEquals(kept, codec.encode(new UserWindow()));
    }

    @Test
    void anUnknownLayoutIsRefused() throws IOException {
        byte[] bytes = codec.encode(window(new Random(SEED)));
        for (byte layout : new byte[] {0, 1, -1, 127}) {
            bytes[0] = layout;
            IOException refusal = assertThrows(IOException.class, () -> codec.decode(bytes, new UserWindow()));
            assertTrue(refusal.getMessage().contains("has layout " + (layout & 0xff) + ","), refusal.getMessage());
        }
    }

    @Test
    void aStateOfAnotherLengthIsRefused() throws IOException {
        byte[] bytes = codec.encode(window(new Random(SEED)));
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IOException.class, () -> codec.decode(cut, new UserWindow()));
        }
        byte[] longer = Arrays.copyOf(bytes, bytes.length + Long.BYTES);
        assertThrows(IOException.class, () -> codec.decode(longer, new UserWindow()));
    }

    /** Read into a window that held another user. */
    private UserWindow again(UserWindow window) throws IOException {
        UserWindow used = window(new Random(window.version));
        codec.decode(codec.encode(window), used);
        return used;
    }

    private static UserWindow window(Random random) {
        UserWindow window = new UserWindow();
        for (int n = random.nextInt(60); n > 0; n--) {
            window.add(event(random));
        }
        if (random.nextInt(5) == 0) {
            window.advance(NOON + 48 * Tiles.HOUR);
        }
        window.capped = random.nextBoolean();
        return window;
    }

    private static UserEvent event(Random random) {
        UserEvent event = new UserEvent();
        event.time = NOON + (long) (random.nextGaussian() * 10 * Tiles.HOUR);
        Texts.session(event, random.nextInt(4) == 0 ? null : IDS[random.nextInt(IDS.length)]);
        Texts.page(event, random.nextBoolean() ? null : IDS[random.nextInt(IDS.length)] + random.nextInt(9));
        event.purchase = random.nextInt(8) == 0;
        event.cartAddition = random.nextBoolean();
        event.productView = random.nextBoolean();
        event.revenue = event.purchase ? random.nextLong(1L << 40) : 0;
        event.cartDelta = random.nextBoolean() ? random.nextLong(-(1L << 40), 1L << 40) : 0;
        return event;
    }

    private static void assertSame(UserWindow expected, UserWindow found) {
        assertEquals(expected.version, found.version);
        assertEquals(expected.firstSeen, found.firstSeen);
        assertEquals(expected.lastSeen, found.lastSeen);
        assertEquals(expected.clock, found.clock);
        assertEquals(expected.capped, found.capped);
        assertSame(expected.day, found.day);
        assertSame(expected.hour, found.hour);
        Pages pages = expected.pages;
        assertSame(pages.entries, pages.size * Pages.FIELDS, found.pages.entries, found.pages.size * Pages.FIELDS);
        Sessions left = expected.sessions;
        Sessions right = found.sessions;
        assertSame(left.rows, left.size * Sessions.FIELDS, right.rows, right.size * Sessions.FIELDS);
        assertSame(left.cart, left.changes * Sessions.CHANGE_FIELDS, right.cart, right.changes * Sessions.CHANGE_FIELDS);
        assertEquals(left.current, right.current);
        assertEquals(expected.openSession(), found.openSession());
    }

    private static void assertSame(long[] expected, int length, long[] found, int foundLength) {
        assertArrayEquals(Arrays.copyOf(expected, length), Arrays.copyOf(found, foundLength));
    }

    private static void assertSame(Tiles expected, Tiles found) {
        assertArrayEquals(Arrays.copyOf(expected.index, expected.size), Arrays.copyOf(found.index, found.size));
        assertArrayEquals(
                Arrays.copyOf(expected.values, expected.size * expected.counters),
                Arrays.copyOf(found.values, found.size * found.counters));
    }
}
