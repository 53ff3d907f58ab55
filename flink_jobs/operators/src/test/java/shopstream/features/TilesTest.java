package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Tiles against a sorted map, which needs no care to be right. */
class TilesTest {
    private static final long SEED = 20_261_101;
    private static final int COUNTERS = 3;

    @Test
    void randomUseEqualsASortedMap() {
        Random random = new Random(SEED);
        for (int run = 0; run < 500; run++) {
            Tiles tiles = Tiles.ofDay(COUNTERS);
            TreeMap<Long, long[]> model = new TreeMap<>();
            for (int step = 0; step < 100; step++) {
                if (random.nextInt(10) == 0) {
                    long oldest = random.nextLong(-20, 20);
                    boolean some = !model.headMap(oldest).isEmpty();
                    model.headMap(oldest).clear();
                    assertEquals(some, tiles.expire(oldest));
                } else {
                    long tile = random.nextLong(-20, 20);
                    int counter = random.nextInt(COUNTERS);
                    long change = random.nextLong(-5, 100);
                    add(tiles, tile, counter, change);
                    model.computeIfAbsent(tile, absent -> new long[COUNTERS])[counter] += change;
                }
                assertEqual(model, tiles);
            }
        }
    }

    @Test
    void aTileThatComesBackStartsFromZero() {
        Tiles tiles = Tiles.ofHour(2);
        for (long tile = 0; tile < 9; tile++) {
            add(tiles, tile, 0, 7);
            add(tiles, tile, 1, 8);
        }
        assertTrue(tiles.expire(9));
        assertEquals(0, tiles.size);
        int at = tiles.at(4);
        assertEquals(0, tiles.values[at]);
        assertEquals(0, tiles.values[at + 1]);
        assertEquals(0, tiles.sum(0));
    }

    @Test
    void theTileUnderWayAndTheOnesBeforeItAreCounted() {
        Tiles tiles = Tiles.ofDay(1);
        long clock = 100 * Tiles.HOUR + 1;
        assertEquals(77, tiles.oldestCounted(clock));
        for (long tile = 70; tile <= 100; tile++) {
            add(tiles, tile, 0, 1);
        }
        assertTrue(tiles.advance(clock));
        assertEquals(24, tiles.sum(0));
        assertFalse(tiles.advance(clock), "the second time there is nothing to drop");
        assertEquals(101 * Tiles.HOUR, tiles.nextChange());
        assertFalse(tiles.advance(101 * Tiles.HOUR - 1));
        assertTrue(tiles.advance(101 * Tiles.HOUR));
        assertEquals(23, tiles.sum(0));
        assertEquals(Tiles.GONE, tiles.at(78 * Tiles.HOUR - 1, 101 * Tiles.HOUR), "an event of a tile that has left");
        assertEquals(0, tiles.at(78 * Tiles.HOUR, 101 * Tiles.HOUR));
    }

    private static void add(Tiles tiles, long tile, int counter, long change) {
        // Found first: a new tile may replace the array.
        int at = tiles.at(tile);
        tiles.values[at + counter] += change;
    }

    private static void assertEqual(TreeMap<Long, long[]> model, Tiles tiles) {
        long[] index = model.keySet().stream().mapToLong(Long::longValue).toArray();
        long[] values = model.values().stream().flatMapToLong(Arrays::stream).toArray();
        assertArrayEquals(index, Arrays.copyOf(tiles.index, tiles.size));
        assertArrayEquals(values, Arrays.copyOf(tiles.values, tiles.size * COUNTERS));
        for (int counter = 0; counter < COUNTERS; counter++) {
            int column = counter;
            assertEquals(model.values().stream().mapToLong(row -> row[column]).sum(), tiles.sum(counter));
        }
    }
}
