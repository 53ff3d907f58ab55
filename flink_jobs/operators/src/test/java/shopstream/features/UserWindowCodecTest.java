package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
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
            withCart += window.sessions.values().stream().anyMatch(session -> session.cartSize > 0) ? 1 : 0;
            silent += window.day.size == 0 ? 1 : 0;
            assertSame(window, codec.decode(codec.encode(window)));
        }
        assertTrue(withCart > WINDOWS / 4 && silent > WINDOWS / 20, withCart + " with a cart, " + silent + " silent");
    }

    @Test
    void aWindowThatWasReadGoesOnLikeTheOneThatWasWritten() throws IOException {
        Random random = new Random(SEED);
        for (int i = 0; i < 200; i++) {
            UserWindow written = window(random);
            UserWindow read = codec.decode(codec.encode(written));
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
        assertSame(window, codec.decode(codec.encode(window)));
    }

    @Test
    void aNewUserHasAnEmptyWindow() throws IOException {
        assertSame(new UserWindow(), codec.decode(null));
        assertSame(new UserWindow(), codec.decode(codec.encode(new UserWindow())));
    }

    @Test
    void aSmallWindowAfterALargeOneIsNotMixedWithIt() throws IOException {
        UserWindow large = new UserWindow();
        for (int i = 0; i < 500; i++) {
            large.pages.put("/" + i, (long) i);
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
        for (byte layout : new byte[] {0, 2, -1, 127}) {
            bytes[0] = layout;
            IOException refusal = assertThrows(IOException.class, () -> codec.decode(bytes));
            assertTrue(refusal.getMessage().contains("has layout " + layout + ","), refusal.getMessage());
        }
    }

    @Test
    void aCutStateIsRefused() throws IOException {
        byte[] bytes = codec.encode(window(new Random(SEED)));
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IOException.class, () -> codec.decode(cut));
        }
    }

    private static UserWindow window(Random random) {
        UserWindow window = new UserWindow();
        for (int n = random.nextInt(60); n > 0; n--) {
            window.add(event(random));
        }
        if (random.nextInt(5) == 0) {
            window.advance(NOON + 48 * UserWindow.HOUR);
        }
        window.capped = random.nextBoolean();
        return window;
    }

    private static UserEvent event(Random random) {
        UserEvent event = new UserEvent();
        event.time = NOON + (long) (random.nextGaussian() * 10 * UserWindow.HOUR);
        event.session = random.nextInt(4) == 0 ? null : IDS[random.nextInt(IDS.length)];
        event.page = random.nextBoolean() ? null : IDS[random.nextInt(IDS.length)] + random.nextInt(9);
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
        assertEquals(expected.pages, found.pages);
        assertEquals(expected.currentSession, found.currentSession);
        assertEquals(expected.sessions.keySet(), found.sessions.keySet());
        expected.sessions.forEach((id, session) -> assertSame(session, found.sessions.get(id)));
        if (expected.openSession() == null) {
            assertNull(found.openSession());
        }
    }

    private static void assertSame(Tiles expected, Tiles found) {
        assertArrayEquals(Arrays.copyOf(expected.index, expected.size), Arrays.copyOf(found.index, found.size));
        assertArrayEquals(
                Arrays.copyOf(expected.values, expected.size * expected.counters),
                Arrays.copyOf(found.values, found.size * found.counters));
    }

    private static void assertSame(Session expected, Session found) {
        assertEquals(expected.firstSeen, found.firstSeen);
        assertEquals(expected.lastSeen, found.lastSeen);
        assertEquals(expected.lastTile, found.lastTile);
        assertEquals(expected.events, found.events);
        assertEquals(expected.lastPurchase, found.lastPurchase);
        assertArrayEquals(
                Arrays.copyOf(expected.cartTime, expected.cartSize), Arrays.copyOf(found.cartTime, found.cartSize));
        assertArrayEquals(
                Arrays.copyOf(expected.cartChange, expected.cartSize),
                Arrays.copyOf(found.cartChange, found.cartSize));
    }
}
