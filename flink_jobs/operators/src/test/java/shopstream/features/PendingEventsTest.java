package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.flink.table.api.dataview.ListView;
import org.junit.jupiter.api.Test;

/** What waits comes out once, by time, and for one moment in the order in which it came. */
class PendingEventsTest {
    private static final long SEED = 20_261_101;

    @Test
    void randomEventsAreTakenOutAsTheWatermarkGoesOn() throws Exception {
        Random random = new Random(SEED);
        for (int run = 0; run < 200; run++) {
            ListView<byte[]> pending = new ListView<>();
            RollingState state = new RollingState();
            List<long[]> model = new ArrayList<>();
            long number = 0;
            for (long watermark = -5; watermark < 25; watermark++) {
                for (int n = random.nextInt(4); n > 0; n--) {
                    long[] event = {random.nextLong(-6_000, 20_000), number++, -number, Long.MIN_VALUE};
                    PendingEvents.add(pending, event);
                    model.add(event);
                }
                long now = watermark;
                List<long[]> due = new ArrayList<>(model);
                due.removeIf(event -> Math.floorDiv(event[0], 1_000) > now);
                due.sort(Comparator.comparingLong(event -> event[0]));
                model.removeAll(due);
                List<long[]> ripe = PendingEvents.takeRipe(pending, state, watermark);
                assertEquals(due.size(), ripe.size());
                for (int i = 0; i < due.size(); i++) {
                    assertArrayEquals(due.get(i), ripe.get(i));
                }
                assertEquals(model.size(), pending.getList().size());
                LongStream millis = model.stream().mapToLong(event -> Math.floorDiv(event[0], 1_000));
                assertEquals(millis.min().orElse(PendingEvents.NONE), state.firstPending);
            }
        }
    }

    @Test
    void anEventIsTheSameAfterIt() {
        Random random = new Random(SEED);
        for (int i = 0; i < 1_000; i++) {
            long[] user = {random.nextLong(), random.nextInt(32), random.nextLong(), random.nextLong(),
                random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()};
            UserEvent event = new UserEvent();
            event.take(user);
            assertArrayEquals(user, event.numbers());
            long[] product = {random.nextLong(), random.nextInt(8), random.nextLong(), random.nextLong()};
            ProductEvent other = new ProductEvent();
            other.take(product);
            assertArrayEquals(product, other.numbers());
        }
    }
}
