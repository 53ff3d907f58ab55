package shopstream.anomalies;

import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The alerts of one signal of one event type, one after the other. What is open, its start and its end depend on the final
 * windows alone, taken in order; windows that are anomalous for certain before they are final only let it be told earlier.
 *
 * <p>An alert opens at the first anomalous window and closes after {@value #CALM} windows in which it does not hold. It
 * is told when it opens, when its peak has grown by half, every {@value #EVERY} final windows, and when it closes.
 */
final class Tracker {
    /** Windows that do not hold an alert, after which it is over. */
    static final int CALM = 2;

    /** Final windows after which an open alert is told again. */
    static final int EVERY = 6;

    private static final double GROWN = 1.5;

    /** A judgement and the window that it is of. */
    record Judged(long slot, Judgement judgement) {}

    /** First window of the open alert; {@link Slot#NONE} while there is none. */
    long start = Slot.NONE;

    long last;
    int calm;
    Judged peak;

    /** Windows that are anomalous for certain but not final. */
    final TreeMap<Long, Judgement> early = new TreeMap<>();

    /** First window of the alert as it was told; {@link Slot#NONE} while none is. */
    long told = Slot.NONE;

    double toldScore;
    int sinceTold;

    boolean isOpen() {
        return start != Slot.NONE;
    }

    boolean isIdle() {
        return !isOpen() && early.isEmpty() && told == Slot.NONE;
    }

    /** A window that is not final: it counts if it is anomalous, which then is certain. */
    void early(long slot, Judgement judgement, Consumer<State> out) {
        if (judgement.isAnomalous()) {
            early.put(slot, judgement);
            tell(judgement, out);
        } else if (early.remove(slot) != null) {
            // The rule has changed.
            tell(judgement, out);
        }
    }

    /** The next window that is final. */
    void judge(long slot, Judgement judgement, Consumer<State> out) {
        early.remove(slot);
        if (!isOpen()) {
            if (judgement.isAnomalous()) {
                start = slot;
                last = slot;
                calm = 0;
                peak = new Judged(slot, judgement);
            }
        } else if (judgement.isAnomalous() || judgement.holds()) {
            last = slot;
            calm = 0;
            if (judgement.score() > peak.judgement().score()) {
                peak = new Judged(slot, judgement);
            }
        } else if (++calm == CALM) {
            close(judgement, out);
        }
        sinceTold++;
        tell(judgement, out);
    }

    /** Ends an open alert without waiting, and takes back what is not final. */
    void end(Judgement judgement, Consumer<State> out) {
        early.clear();
        if (isOpen()) {
            close(judgement, out);
        }
        tell(judgement, out);
    }

    /** One state of an alert. */
    record State(Alert.Status status, long start, long last, double value, Judged peak, long ruleVersion) {}

    private void close(Judgement judgement, Consumer<State> out) {
        // What is open was always told.
        out.accept(new State(Alert.Status.CLOSED, start, last, judgement.value(), peak, judgement.ruleVersion()));
        start = Slot.NONE;
        told = Slot.NONE;
        peak = null;
    }

    private void tell(Judgement now, Consumer<State> out) {
        long wanted = isOpen() ? start : early.isEmpty() ? Slot.NONE : early.firstKey();
        if (told != Slot.NONE && told != wanted) {
            Judged nothing = new Judged(told, now);
            out.accept(new State(Alert.Status.WITHDRAWN, told, told, now.value(), nothing, now.ruleVersion()));
            told = Slot.NONE;
        }
        if (wanted == Slot.NONE) {
            return;
        }
        Judged highest = peak;
        for (var each : early.entrySet()) {
            if (highest == null || each.getValue().score() > highest.judgement().score()) {
                highest = new Judged(each.getKey(), each.getValue());
            }
        }
        boolean isNew = told == Slot.NONE;
        if (isNew || highest.judgement().score() >= GROWN * toldScore || sinceTold >= EVERY) {
            long newest = Math.max(isOpen() ? last : wanted, early.isEmpty() ? wanted : early.lastKey());
            Alert.Status status = isNew ? Alert.Status.OPEN : Alert.Status.UPDATED;
            out.accept(new State(status, wanted, newest, now.value(), highest, now.ruleVersion()));
            told = wanted;
            toldScore = highest.judgement().score();
            sinceTold = 0;
        }
    }
}
