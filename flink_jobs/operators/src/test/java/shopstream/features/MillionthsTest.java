package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class MillionthsTest {
    @Test
    void sumsStayAtTheEndsOfWhatALongHolds() {
        assertEquals(3, Millionths.plus(1, 2));
        assertEquals(-1, Millionths.plus(Long.MAX_VALUE, Long.MIN_VALUE));
        assertEquals(Long.MAX_VALUE, Millionths.plus(Long.MAX_VALUE - 1, 2));
        assertEquals(Long.MIN_VALUE, Millionths.plus(Long.MIN_VALUE + 1, -2));
    }

    @Test
    void tenThousandOfTheLargestAmountsAreNoNegativeSum() {
        Tiles day = Tiles.ofDay(1);
        for (int tile = 0; tile < 2; tile++) {
            int at = day.at(tile);
            for (int event = 0; event < 5_000; event++) {
                day.values[at] = Millionths.plus(day.values[at], Millionths.of(1e12));
            }
        }
        assertEquals(Long.MAX_VALUE, day.sum(0));
    }
}
