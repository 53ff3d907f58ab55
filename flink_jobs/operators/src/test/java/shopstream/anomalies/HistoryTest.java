package shopstream.anomalies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a history keeps, after any number of windows, and in how many bytes. */
class HistoryTest {
    @Test
    void fourteenDaysAreKeptInBoundedBytes() throws IOException {
        Random random = new Random(20_261_103);
        long begin = -3_000;
        List<Long> counts = new ArrayList<>();
        History history = History.decode(null);
        int most = 0;
        for (int added = 0; added < 6_000; added++) {
            long count = random.nextInt(1_000_000);
            counts.add(count);
            history.add(begin + added, count, count / 10.0, count + 1, count % 3 == 0);
            if (added % 500 == 3 || added == 5_999) {
                byte[] bytes = history.encode();
                most = Math.max(most, bytes.length);
                history = History.decode(bytes);
                for (int i = 0; i <= added; i++) {
                    long slot = begin + i;
                    boolean isKept = i > added - 14 * 144;
                    assertEquals(isKept, history.has(slot));
                    if (isKept) {
                        assertEquals(counts.get(i), history.count(slot));
                        assertEquals(counts.get(i) / 10.0, history.residual(slot), 0.01);
                        assertEquals(counts.get(i) % 3 == 0, history.isFlagged(slot));
                    }
                    if (i > added - 32) {
                        assertEquals(counts.get(i) + 1, history.expected(slot), 0.1);
                    }
                }
                assertFalse(history.has(begin + added + 1));
            }
        }
        assertTrue(most < 20_000, most + " bytes");
    }

    @Test
    void gapsAndOtherLayoutsAreRefused() throws IOException {
        History history = History.decode(null);
        history.add(5, 1, Double.NaN, Double.NaN, false);
        assertThrows(IllegalArgumentException.class, () -> history.add(7, 1, Double.NaN, Double.NaN, false));
        byte[] bytes = history.encode();
        bytes[0]++;
        assertThrows(IOException.class, () -> History.decode(bytes));
    }

    @Test
    void moreEventsThanAnIntHoldsAreTheMostThereAre() throws IOException {
        History history = History.decode(null);
        history.add(0, Long.MAX_VALUE, Double.NaN, Double.NaN, false);
        assertEquals(Integer.MAX_VALUE, history.count(0));
    }
}
