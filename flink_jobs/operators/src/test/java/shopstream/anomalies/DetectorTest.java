package shopstream.anomalies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules at work on one event type. */
class DetectorTest {
    private static final String TYPE = "click";

    private final Detector detector = new Detector();
    private final Rule.Book rules = new Rule.Book(1_000, 100, 5, 24);
    private final Series series = new Series();
    private final List<Alert> alerts = new ArrayList<>();
    private final History history = History.decode(null);

    DetectorTest() throws IOException {}

    @Test
    void aThresholdIsPassedNotReached() {
        finals(0, 1_000, 10);
        finals(1, 1_001, 100);
        assertEquals(1, alerts.size());
        assertEquals("click:count_threshold:1970-01-01T00:10:00Z", alerts.get(0).id());
        finals(2, 2_000, 20);
        assertEquals(1, alerts.stream().map(Alert::id).distinct().count(), "100 by each user");
        finals(3, 2_001, 20);
        assertEquals("click:intensity_threshold:1970-01-01T00:30:00Z", alerts.get(alerts.size() - 1).id());
    }

    @Test
    void aRuleThatChangesHoldsFromTheNextWindowOn() {
        finals(0, 2_000, 100);
        rules.put("count_threshold/click", new Rule(true, 5_000.0, null, 77));
        finals(1, 2_000, 100);
        finals(2, 2_000, 100);
        assertEquals(List.of(Alert.Status.OPEN, Alert.Status.CLOSED), statuses());
        assertEquals(77, alerts.get(1).ruleVersion());
        finals(3, 5_001, 100);
        rules.put("count_threshold/click", new Rule(false, null, null, 78));
        finals(4, 9_000, 100);
        finals(5, 9_000, 100);
        assertEquals(
                List.of(Alert.Status.OPEN, Alert.Status.CLOSED, Alert.Status.OPEN, Alert.Status.CLOSED), statuses());
    }

    @Test
    void aCountIsToldWhileItsWindowFillsAndAnIntensityOnlyAfterwards() {
        Window window = new Window(0, 1_500, 2);
        series.add(0);
        detector.judgeOpen(TYPE, series, window, rules, alerts::add);
        assertEquals(1, alerts.size());
        assertEquals(Signal.COUNT, alerts.get(0).signal());
        detector.judgeFinal(TYPE, series, history, window, rules, alerts::add);
        assertEquals(2, alerts.size());
        assertEquals(Signal.INTENSITY, alerts.get(1).signal());
    }

    @Test
    void anUnusualAlertHoldsDownToHalfOfWhatOpensOne() {
        long slot = 0;
        for (; slot < 8 * 144; slot++) {
            finals(slot, 900 + slot * 7 % 200, 900);
        }
        finals(slot, scored(slot, 5.5), 900);
        for (int held = 0; held < 4; held++) {
            slot++;
            finals(slot, scored(slot, 2.7), 900);
        }
        finals(slot + 1, scored(slot + 1, 2.3), 900);
        finals(slot + 2, scored(slot + 2, 2.3), 900);
        Alert last = alerts.get(alerts.size() - 1);
        assertEquals(Alert.Status.CLOSED, last.status());
        assertEquals(Signal.SPIKE, last.signal());
        assertEquals(slot, last.last());
        assertEquals(slot - 4, last.start());
    }

    /** Events that give the window about this score; the thresholds are far off. */
    private long scored(long slot, double score) {
        rules.put("count_threshold/*", new Rule(false, null, null, 0));
        return Math.round(series.expected.get(slot).high(score));
    }

    @Test
    void aTypeThatVanishesIsADropUntilItIsForgotten() {
        long slot = 0;
        for (; slot < 8 * 144; slot++) {
            finals(slot, 90 + slot * 7 % 20, 50);
        }
        assertEquals(List.of(), alerts);
        long silent = slot;
        for (; !series.isForgotten(slot); slot++) {
            detector.judgeFinal(TYPE, series, history, new Window(slot, 0, 0), rules, alerts::add);
            assertTrue(slot < silent + 15 * 144, "never forgotten");
        }
        detector.forget(TYPE, series, slot, rules, alerts::add);
        assertEquals(Signal.DROP, alerts.get(0).signal());
        assertEquals(silent, alerts.get(0).start(), "the first window without an event");
        assertEquals(Alert.Status.CLOSED, alerts.get(alerts.size() - 1).status());
        long days = (alerts.get(alerts.size() - 1).last() - silent) / 144;
        assertTrue(3 <= days && days <= 9, days + " days until silence was usual");
        assertEquals(1, alerts.stream().map(Alert::id).distinct().count());
    }

    private void finals(long slot, long events, long users) {
        series.add(slot);
        series.open--;
        detector.judgeFinal(TYPE, series, history, new Window(slot, events, users), rules, alerts::add);
    }

    private List<Alert.Status> statuses() {
        return alerts.stream().map(Alert::status).toList();
    }
}
