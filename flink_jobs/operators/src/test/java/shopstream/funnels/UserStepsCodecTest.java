package shopstream.funnels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is read is what was written, and what cannot be read is refused. */
class UserStepsCodecTest {
    private static final long SEED = 20_261_101;
    private static final long NOON = 1_793_534_400_123_456L;
    private static final String[] VALUES = {"mobile", "desktop", "unknown", "Zoë 🛒 用户", "", "\u0000\ud83d"};

    private final UserStepsCodec codec = new UserStepsCodec();

    @Test
    void randomStepsComeBack() throws IOException {
        Random random = new Random(SEED);
        for (int run = 0; run < 2_000; run++) {
            UserSteps written = steps(random, random.nextInt(60));
            UserSteps read = codec.decode(codec.encode(written), written.shape);
            assertEquals(written.shape, read.shape);
            assertArrayEquals(written.size, read.size);
            for (int step = 0; step < written.size.length; step++) {
                assertArrayEquals(
                        Arrays.copyOf(written.times[step], written.size[step]),
                        Arrays.copyOf(read.times[step], read.size[step]));
            }
            assertArrayEquals(
                    Arrays.copyOf(written.touches, written.size[0]), Arrays.copyOf(read.touches, read.size[0]));
            assertEquals(written.cappedHours, read.cappedHours);
        }
    }

    @Test
    void theStateOfABotIsSmall() throws IOException {
        UserSteps bot = new UserSteps(new FunnelShape(4, 4, 3_600, 600));
        for (int i = 0; i < 100_000; i++) {
            bot.add(i % 4, NOON + i * 50_000L, new String[] {"mobile", "DE", "search.example", "category " + i % 50});
        }
        int bytes = codec.encode(bot).length;
        assertTrue(bytes < 10_000, bytes + " bytes");
    }

    @Test
    void aCutStateIsRefused() throws IOException {
        UserSteps steps = steps(new Random(SEED), 40);
        byte[] bytes = codec.encode(steps);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IOException.class, () -> codec.decode(cut));
        }
    }

    @Test
    void anUnknownLayoutIsRefused() throws IOException {
        byte[] bytes = codec.encode(steps(new Random(SEED), 5));
        for (byte layout : new byte[] {0, 2, -1}) {
            bytes[0] = layout;
            IOException refusal = assertThrows(IOException.class, () -> codec.decode(bytes));
            assertTrue(refusal.getMessage().contains("has layout " + layout + ","), refusal.getMessage());
        }
    }

    @Test
    void theStateOfAnotherFunnelIsRefused() throws IOException {
        FunnelShape shape = new FunnelShape(3, 2, 3_600, 600);
        byte[] bytes = codec.encode(new UserSteps(shape));
        codec.decode(bytes, new FunnelShape(3, 2, 3_600, 600));
        for (FunnelShape other : new FunnelShape[] {
            new FunnelShape(4, 2, 3_600, 600), new FunnelShape(3, 1, 3_600, 600), new FunnelShape(3, 2, 60, 600)
        }) {
            IOException refusal = assertThrows(IOException.class, () -> codec.decode(bytes, other));
            assertTrue(refusal.getMessage().contains("another name"), refusal.getMessage());
        }
    }

    private static UserSteps steps(Random random, int events) {
        UserSteps steps = new UserSteps(new FunnelShape(4, random.nextInt(4), 3_600, 600));
        for (int i = 0; i < events; i++) {
            String[] touch = new String[steps.shape.breakdowns()];
            Arrays.setAll(touch, at -> VALUES[random.nextInt(VALUES.length)]);
            long time = NOON + (long) (random.nextGaussian() * FunnelShape.HOUR);
            steps.add(random.nextInt(4), random.nextInt(50) == 0 ? -time : time, touch);
        }
        for (int n = random.nextInt(3); n > 0; n--) {
            steps.cappedHours.add(random.nextLong(-5, 500_000));
        }
        return steps;
    }
}
