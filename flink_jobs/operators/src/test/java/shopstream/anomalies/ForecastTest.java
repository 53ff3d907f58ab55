package shopstream.anomalies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** The forecast against the definition, written down with lists; and what it must withstand. */
class ForecastTest {
    private static final long SEED = 20_261_102;

    private record Seen(long count, Double expected, Double residual, boolean isFlagged) {}

    @Test
    void anyHistoryGivesWhatTheDefinitionGives() {
        Random random = new Random(SEED);
        Map<Long, Seen> seen = new HashMap<>();
        History history = newHistory();
        Forecast forecast = new Forecast();
        Map<Long, Expectation> due = new HashMap<>();
        double noise = Double.NaN;
        int compared = 0;
        long begin = random.nextLong(-5_000, 5_000);
        for (long slot = begin; slot < begin + 17 * 144; slot++) {
            long count = random.nextInt(50) == 0 ? random.nextInt(5_000) : (long) (300 + 90 * random.nextGaussian());
            boolean isFlagged = random.nextInt(4) == 0;
            Expectation expectation = due.remove(slot);
            Double residual = expectation == null
                    ? null
                    : anscombe(count) - anscombe(expectation.count() * expectation.level());
            seen.put(slot, new Seen(count, expectation == null ? null : expectation.count(), residual, isFlagged));
            history.add(
                    slot,
                    count,
                    residual == null ? Double.NaN : residual,
                    expectation == null ? Double.NaN : expectation.count(),
                    isFlagged);
            Expectation next = forecast.of(history, slot + 7);
            List<Double> references = new ArrayList<>();
            List<Double> local = new ArrayList<>();
            for (int back = 142; back <= 14 * 144 + 2; back++) {
                boolean isSameTime = back % 144 <= 2 || back % 144 >= 142;
                Seen reference = seen.get(slot + 7 - back);
                if (isSameTime && reference != null) {
                    references.add(anscombe(reference.count));
                    if (reference.residual != null) {
                        local.add(Math.abs(reference.residual));
                    }
                }
            }
            noise = seriesNoise(seen, slot, noise);
            if (references.size() < 10) {
                assertNull(next);
                continue;
            }
            assertNotNull(next);
            due.put(slot + 7, next);
            assertEquals(references.size(), next.references());
            double usual = Math.pow(median(references) / 2, 2) - 0.375;
            assertEquals(usual, next.count(), 1e-9 * usual);
            assertEquals(level(seen, slot), next.level(), 1e-6);
            double most = Math.max(1, 0.03 * Math.sqrt(usual));
            most = Double.isNaN(noise) ? most : Math.max(most, noise);
            most = local.size() < 24 ? most : Math.max(most, 1.4826 * median(local));
            assertEquals(most, next.noise(), 1e-5 * most);
            compared++;
        }
        assertTrue(compared > 14 * 144);
    }

    /** A spike in a third of the days does not move what is usual by more than the noise does. */
    @Test
    void anomaliesAreNotInTheirOwnBaseline() {
        for (int every : new int[] {0, 3}) {
            Random random = new Random(SEED);
            History history = newHistory();
            for (long slot = 0; slot < 14 * 144; slot++) {
                boolean isSpike = every > 0 && slot / 144 % every == 0 && slot % 144 < 60;
                history.add(slot, 400 + random.nextInt(41) - 20 + (isSpike ? 4_000 : 0), 0, Double.NaN, false);
            }
            Expectation expectation = new Forecast().of(history, 14 * 144 + 6);
            assertEquals(400, expectation.count(), 15);
        }
    }

    @Test
    void aNewLevelIsUsualOnceItIsInMostOfTheDays() {
        History history = newHistory();
        long slot = 0;
        for (; slot < 30 * 144; slot++) {
            history.add(slot, slot < 20 * 144 ? 100 : 300, Double.NaN, Double.NaN, true);
            if (slot == 26 * 144) {
                assertEquals(100, new Forecast().of(history, slot + 7).count(), 1e-9);
            }
        }
        assertEquals(300, new Forecast().of(history, slot + 6).count(), 1e-9);
    }

    @Test
    void ofFewEventsNoneAreMissedAndSomeAreNoSpike() {
        Expectation nothing = new Expectation(0, 1, 1, 70);
        assertEquals(0, nothing.score(0));
        assertEquals(0, nothing.low(5));
        assertTrue(nothing.score(5) < 5, "five events where none are usual");
        assertTrue(nothing.score(20) > 5);
        Expectation few = new Expectation(4, 1, 1, 70);
        assertTrue(few.score(0) > -5);
        assertTrue(new Expectation(100, 1, 1, 70).score(0) < -5);
    }

    @Test
    void theRangeIsWhereTheScoreIsSmaller() {
        Random random = new Random(SEED);
        for (int run = 0; run < 1_000; run++) {
            double score = 3 + 4 * random.nextDouble();
            double level = 0.67 + random.nextDouble() * 0.8;
            Expectation expectation =
                    new Expectation(random.nextInt(10_000), level, 1 + 5 * random.nextDouble(), 70);
            for (double edge : new double[] {expectation.low(score), expectation.high(score)}) {
                if (edge > 0) {
                    assertEquals(score, Math.abs(expectation.score(edge)), 1e-9);
                }
            }
            assertEquals(0, expectation.score(expectation.count()), 1e-12);
            assertEquals(0, expectation.score(expectation.count() * level), 1e-9);
        }
    }

    private static double seriesNoise(Map<Long, Seen> seen, long newest, double before) {
        List<Double> residuals = new ArrayList<>();
        for (long slot = newest - 287; slot <= newest; slot++) {
            Seen window = seen.get(slot);
            if (window != null && window.residual != null && !window.isFlagged) {
                residuals.add(Math.abs(window.residual));
            }
        }
        return residuals.size() < 72 ? before : 1.4826 * median(residuals);
    }

    private static double level(Map<Long, Seen> seen, long newest) {
        List<Double> ratios = new ArrayList<>();
        for (long slot = newest - 23; slot <= newest; slot++) {
            Seen window = seen.get(slot);
            if (window != null && window.expected != null && !window.isFlagged) {
                ratios.add((window.count + 1) / (window.expected + 1));
            }
        }
        return ratios.size() < 12 ? 1 : Math.min(1.5, Math.max(2.0 / 3, median(ratios)));
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return DoubleStream.of(sorted[(sorted.length - 1) / 2], sorted[sorted.length / 2]).average().orElseThrow();
    }

    private static double anscombe(double count) {
        return Math.sqrt(4 * count + 1.5);
    }

    private static History newHistory() {
        try {
            return History.decode(null);
        } catch (java.io.IOException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
