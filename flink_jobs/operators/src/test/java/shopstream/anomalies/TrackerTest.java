package shopstream.anomalies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Alerts of random windows against the definition: they open, change and close as they should, however early they are told. */
class TrackerTest {
    private static final long SEED = 20_261_104;
    private static final int WINDOWS = 300;

    @Test
    void alertsOpenAndCloseAsDefined() {
        Random random = new Random(SEED);
        for (int run = 0; run < 300; run++) {
            Judgement[] windows = windows(random);
            List<Tracker.State> states = new ArrayList<>();
            Tracker tracker = new Tracker();
            for (int slot = 0; slot < WINDOWS; slot++) {
                tracker.judge(slot, windows[slot], states::add);
            }
            assertEquals(expected(windows), closed(states));
            assertStory(states);
        }
    }

    /** Which windows are told early, and when, changes nothing of what is said in the end. */
    @Test
    void whatIsToldEarlyEndsInTheSameAlerts() throws IOException {
        Random random = new Random(SEED);
        int withdrawn = 0;
        for (int run = 0; run < 300; run++) {
            Judgement[] windows = windows(random);
            List<Tracker.State> states = new ArrayList<>();
            List<Tracker.State> plainly = new ArrayList<>();
            Tracker plain = new Tracker();
            Series series = new Series();
            for (int slot = 0; slot < WINDOWS; slot++) {
                for (int seen = 0; seen < 4; seen++) {
                    int ahead = Math.min(WINDOWS - 1, slot + random.nextInt(8));
                    if (windows[ahead].isAnomalous()) {
                        series.trackers.get(Signal.SPIKE).early(ahead, windows[ahead], states::add);
                        plain.early(ahead, windows[ahead], plainly::add);
                    }
                }
                series.trackers.get(Signal.SPIKE).judge(slot, windows[slot], states::add);
                plain.judge(slot, windows[slot], plainly::add);
                // As between two rows in Flink.
                series = SeriesCodec.decode(SeriesCodec.encode(series));
            }
            assertEquals(plainly, states);
            withdrawn += (int) states.stream().filter(state -> state.status() == Alert.Status.WITHDRAWN).count();
            assertEquals(expected(windows), closed(states));
            assertStory(states);
        }
        assertTrue(withdrawn > 100, "windows before the one told first were to be found anomalous too");
    }

    @Test
    void anAlertIsNotToldForEveryWindow() {
        List<Tracker.State> states = new ArrayList<>();
        Tracker tracker = new Tracker();
        for (int slot = 0; slot < 144; slot++) {
            tracker.judge(slot, judgement(5 + slot % 3 * 0.1, 5), states::add);
        }
        assertTrue(states.size() <= 1 + 144 / Tracker.EVERY, states.size() + " states in a day");
        assertEquals(Alert.Status.OPEN, states.get(0).status());
        tracker.judge(144, judgement(5, 5), states::add);
        tracker.judge(145, judgement(5, 5), states::add);
        int before = states.size();
        tracker.judge(146, judgement(500, 5), states::add);
        assertEquals(before + 1, states.size(), "a much higher peak is told at once");
    }

    @Test
    void aRuleThatNoLongerHoldsTakesBackWhatIsNotFinal() {
        List<Tracker.State> states = new ArrayList<>();
        Tracker tracker = new Tracker();
        tracker.early(3, judgement(9, 5), states::add);
        tracker.early(3, judgement(9, 20), states::add);
        assertEquals(
                List.of(Alert.Status.OPEN, Alert.Status.WITHDRAWN),
                states.stream().map(Tracker.State::status).toList());
        assertTrue(tracker.isIdle());
    }

    /** Stretches of high and low scores, with gaps of one and two windows. */
    private static Judgement[] windows(Random random) {
        Judgement[] windows = new Judgement[WINDOWS];
        double mean = 2;
        for (int slot = 0; slot < WINDOWS; slot++) {
            mean = random.nextInt(5) == 0 ? random.nextInt(8) : mean;
            windows[slot] = judgement(Math.max(0, mean + random.nextGaussian()), 5);
        }
        return windows;
    }

    private static Judgement judgement(double score, double limit) {
        return new Judgement(
                score >= limit, score >= limit / 2, new Window(0, 7, 3), 100 * score, score, 0, 1, 0);
    }

    /** First and last window and peak of each alert that ends: cut where two windows in a row do not hold. */
    private static List<List<Double>> expected(Judgement[] windows) {
        List<List<Double>> alerts = new ArrayList<>();
        int slot = 0;
        while (slot < WINDOWS) {
            if (windows[slot].score() < 5) {
                slot++;
                continue;
            }
            int first = slot;
            int last = slot;
            double peak = 0;
            while (slot < WINDOWS && slot - last <= 2) {
                if (windows[slot].score() >= 2.5) {
                    last = slot;
                    peak = Math.max(peak, windows[slot].score());
                }
                if (slot - last == 2) {
                    alerts.add(List.of((double) first, (double) last, peak));
                    slot++;
                    break;
                }
                slot++;
            }
        }
        return alerts;
    }

    private static List<List<Double>> closed(List<Tracker.State> states) {
        Map<Long, List<Double>> latest = new TreeMap<>();
        for (Tracker.State state : states) {
            if (state.status() == Alert.Status.CLOSED) {
                latest.put(state.start(), List.of(
                        (double) state.start(), (double) state.last(), state.peak().judgement().score()));
            }
        }
        return List.copyOf(latest.values());
    }

    /** At most one alert is open at a time; what changes or ends was opened; what is closed stays so. */
    private static void assertStory(List<Tracker.State> states) {
        Map<Long, Alert.Status> latest = new HashMap<>();
        for (Tracker.State state : states) {
            Alert.Status before = latest.get(state.start());
            boolean isNew = before == null || before == Alert.Status.WITHDRAWN;
            assertEquals(isNew, state.status() == Alert.Status.OPEN, () -> "alert " + state.start());
            assertFalse(before == Alert.Status.CLOSED, () -> "alert " + state.start() + " was closed");
            latest.put(state.start(), state.status());
            long open = latest.values().stream()
                    .filter(status -> status == Alert.Status.OPEN || status == Alert.Status.UPDATED)
                    .count();
            assertTrue(open <= 1);
        }
    }
}
