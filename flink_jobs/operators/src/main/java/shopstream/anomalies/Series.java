package shopstream.anomalies;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What is kept of one event type besides its {@link History} and its {@link OpenWindows}. */
final class Series {
    /** A type that was silent for so long is forgotten. */
    private static final long MAX_SILENCE = History.CAPACITY;

    /** One that was there for less than a day sooner: a sender of made-up types must not fill the memory for weeks. */
    private static final long YOUNG = Slot.PER_DAY;

    /** First window with an event, and the newest. */
    long first = Slot.NONE;

    long newest = Slot.NONE;

    /** Changes of the rules by which the windows that are not final were judged; -1 before they were. */
    long ruleChanges = -1;

    /** How many of its windows are not final. */
    int open;

    /** What is usual for the windows that begin before the next one is final. */
    final TreeMap<Long, Expectation> expected = new TreeMap<>();

    final Map<Signal, Tracker> trackers = new EnumMap<>(Signal.class);

    Series() {
        for (Signal signal : Signal.values()) {
            trackers.put(signal, new Tracker());
        }
    }

    /** Takes note of a window that was not there before. */
    void add(long slot) {
        open++;
        first = first == Slot.NONE ? slot : Math.min(first, slot);
        newest = Math.max(newest, slot);
    }

    boolean isForgotten(long slot) {
        long silence = slot - newest;
        return open == 0 && (silence >= MAX_SILENCE || silence >= YOUNG && newest - first < YOUNG);
    }
}
