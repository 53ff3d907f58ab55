package shopstream.anomalies;

import java.util.function.Consumer;

/** Judges the windows of an event type by the rules; what is kept between two windows is the caller's. */
final class Detector {
    /** An unusual alert goes on until the score is below this part of what opens one. */
    private static final double HOLD = 0.5;

    private final Forecast forecast = new Forecast();

    /** Judges a window that is not final, for what is certain already. */
    void judgeOpen(String eventType, Series series, Window window, Rule.Book rules, Consumer<Alert> out) {
        for (Signal signal : Signal.values()) {
            if (signal.isCertainEarly()) {
                Judgement judgement = judge(signal, window, series.expected.get(window.slot()), rules.of(signal, eventType));
                Tracker tracker = series.trackers.get(signal);
                tracker.early(window.slot(), judgement, state -> out.accept(alert(signal, eventType, state)));
            }
        }
    }

    /** Judges a window that is final and adds it to the history; windows must come one after the other. */
    void judgeFinal(
            String eventType, Series series, History history, Window window, Rule.Book rules, Consumer<Alert> out) {
        long slot = window.slot();
        Expectation expectation = series.expected.remove(slot);
        for (Signal signal : Signal.values()) {
            Judgement judgement = judge(signal, window, expectation, rules.of(signal, eventType));
            Tracker tracker = series.trackers.get(signal);
            tracker.judge(slot, judgement, state -> out.accept(alert(signal, eventType, state)));
        }
        boolean isFlagged =
                series.trackers.get(Signal.SPIKE).isOpen() || series.trackers.get(Signal.DROP).isOpen();
        double residual = expectation == null ? Double.NaN : expectation.residual(window.events());
        history.add(slot, window.events(), residual, expectation == null ? Double.NaN : expectation.count(), isFlagged);
        Expectation next = forecast.of(history, slot + Forecast.LEAD);
        if (next != null) {
            series.expected.put(slot + Forecast.LEAD, next);
        }
    }

    /** Ends all alerts of an event type that is forgotten. */
    void forget(String eventType, Series series, long slot, Rule.Book rules, Consumer<Alert> out) {
        for (Signal signal : Signal.values()) {
            Judgement nothing = judge(signal, new Window(slot, 0, 0), null, rules.of(signal, eventType));
            series.trackers.get(signal).end(nothing, state -> out.accept(alert(signal, eventType, state)));
        }
    }

    private static Judgement judge(Signal signal, Window window, Expectation expectation, Rule rule) {
        return switch (signal) {
            case COUNT -> threshold(window, window.events(), rule);
            case INTENSITY -> threshold(window, window.eventsPerUser(), rule);
            case SPIKE -> unusual(window, 1, expectation, rule);
            case DROP -> unusual(window, -1, expectation, rule);
        };
    }

    private static Judgement threshold(Window window, double value, Rule rule) {
        boolean isAnomalous = rule.isOn() && value > rule.limit();
        return new Judgement(isAnomalous, false, window, value, value / rule.limit(), 0, rule.limit(), rule.version());
    }

    private static Judgement unusual(Window window, int direction, Expectation expectation, Rule rule) {
        double value = window.events();
        if (!rule.isOn() || expectation == null || expectation.references() < rule.minHistory()) {
            return new Judgement(false, false, window, value, 0, 0, 0, rule.version());
        }
        double score = direction * expectation.score(value);
        return new Judgement(
                score >= rule.limit(),
                score >= HOLD * rule.limit(),
                window,
                value,
                score,
                expectation.low(rule.limit()),
                expectation.high(rule.limit()),
                rule.version());
    }

    private static Alert alert(Signal signal, String eventType, Tracker.State state) {
        return new Alert(
                signal,
                state.status(),
                eventType,
                state.start(),
                state.last(),
                state.value(),
                state.peak().slot(),
                state.peak().judgement(),
                state.ruleVersion());
    }
}
