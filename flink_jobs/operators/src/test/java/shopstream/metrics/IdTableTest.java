package shopstream.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IdTableTest {
    @Test
    void holdsTheBitsOfEachId() {
        Random random = new Random(1);
        IdTable table = new IdTable();
        Map<Long, Long> expected = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            long low = random.nextInt(9_000);
            long bit = 1L << random.nextInt(64);
            long before = expected.getOrDefault(low, 0L);
            assertEquals(before, table.add(1 + low % 3, low, bit, -1));
            expected.put(low, before | bit);
        }
        expected.forEach((low, bits) -> assertEquals(bits, table.find(1 + low % 3, low)));
        assertEquals(0, table.find(1, 9_001));
        assertEquals(expected.size(), table.size());
        assertTrue(table.slots() <= 32_768, "not more than three slots an id");
    }

    @Test
    void dropsWhatIsNotLiveInsteadOfGrowing() {
        IdTable table = new IdTable();
        for (int round = 0; round < 60; round++) {
            long live = -1L << Math.max(0, round - 1);
            for (int i = 0; i < 100; i++) {
                table.add(1, round * 50L + i, 1L << round, live);
            }
        }
        assertTrue(table.slots() <= 1_024, "slots " + table.slots());
        for (int i = 0; i < 100; i++) {
            assertEquals(i < 50 ? 1L << 58 | 1L << 59 : 1L << 59, table.find(1, 59 * 50L + i) & -1L << 58);
        }
    }
}
