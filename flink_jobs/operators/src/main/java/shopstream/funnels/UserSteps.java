package shopstream.funnels;

import java.util.Arrays;
import java.util.Comparator;
import java.util.TreeSet;

/**
 * The step events of one user that can still count, sorted by time for each step. Times are microseconds since 1970
 * UTC. What an hour's attempt is depends on these events alone, not on the order in which they came.
 *
 * <p>An attempt begins at a first step. Each next step is the earliest event of it that is not before the step
 * before, and at most the conversion window after the first step: so a step is reached from a first step exactly if
 * ClickHouse's {@code windowFunnel} in its default mode says so. Of the attempts that begin in an hour the deepest
 * counts, of equally deep ones the earliest.
 */
final class UserSteps {
    /** Events of one step in one hour kept for one user; a bot may not fill the memory. */
    static final int MAX_PER_HOUR = 200;

    private static final Comparator<String[]> BY_VALUES = Arrays::compare;

    final FunnelShape shape;
    final int[] size;
    final long[][] times;
    /** The breakdowns' values of each first step, beside its time. */
    String[][] touches = new String[2][];

    /** Hours in which an event was left out. */
    final TreeSet<Long> cappedHours = new TreeSet<>();

    UserSteps(FunnelShape shape) {
        this.shape = shape;
        this.size = new int[shape.steps()];
        this.times = new long[shape.steps()][2];
    }

    /** What became of an event: kept, or left out, and then whether it is the first such one of its hour. */
    enum Fate {
        KEPT,
        FIRST_LEFT_OUT,
        LEFT_OUT
    }

    Fate add(int step, long time, String[] touch) {
        long hour = FunnelShape.hour(time);
        if (countIn(step, hour) >= MAX_PER_HOUR) {
            return cappedHours.add(hour) ? Fate.FIRST_LEFT_OUT : Fate.LEFT_OUT;
        }
        insert(step, place(step, time, touch), time, touch);
        return Fate.KEPT;
    }

    /** Whether an event of this hour is kept. */
    boolean knows(long hour) {
        for (int step = 0; step < size.length; step++) {
            int first = firstAtOrAfter(step, hour * FunnelShape.HOUR);
            if (first < size[step] && times[step][first] < (hour + 1) * FunnelShape.HOUR) {
                return true;
            }
        }
        return false;
    }

    /** The attempt that counts for the hour; null if none begins in it. */
    Attempt counted(long hour) {
        int end = firstAtOrAfter(0, (hour + 1) * FunnelShape.HOUR);
        int best = -1;
        int bestDepth = 0;
        for (int i = firstAtOrAfter(0, hour * FunnelShape.HOUR); i < end && bestDepth < shape.steps(); i++) {
            int depth = depth(times[0][i]);
            if (depth > bestDepth) {
                best = i;
                bestDepth = depth;
            }
        }
        return best < 0 ? null : new Attempt(touches[best], seconds(times[0][best], bestDepth), capped(hour));
    }

    /** Forgets what happened before this hour. */
    void forgetBefore(long hour) {
        for (int step = 0; step < size.length; step++) {
            int gone = firstAtOrAfter(step, hour * FunnelShape.HOUR);
            size[step] -= gone;
            System.arraycopy(times[step], gone, times[step], 0, size[step]);
            if (step == 0) {
                System.arraycopy(touches, gone, touches, 0, size[0]);
                Arrays.fill(touches, size[0], size[0] + gone, null);
            }
        }
        cappedHours.headSet(hour).clear();
    }

    /** The earliest hour with an event; {@code Long.MAX_VALUE} if there is none. */
    long firstHour() {
        long first = Long.MAX_VALUE;
        for (int step = 0; step < size.length; step++) {
            if (size[step] > 0) {
                first = Math.min(first, FunnelShape.hour(times[step][0]));
            }
        }
        return first;
    }

    /** Inserts at a place that keeps the order. */
    void insert(int step, int place, long time, String[] touch) {
        if (size[step] == times[step].length) {
            times[step] = Arrays.copyOf(times[step], size[step] * 2);
            if (step == 0) {
                touches = Arrays.copyOf(touches, size[0] * 2);
            }
        }
        System.arraycopy(times[step], place, times[step], place + 1, size[step] - place);
        times[step][place] = time;
        if (step == 0) {
            System.arraycopy(touches, place, touches, place + 1, size[0] - place);
            touches[place] = touch;
        }
        size[step]++;
    }

    private int depth(long first) {
        long until = first + shape.conversionMicros();
        long time = first;
        int depth = 1;
        for (; depth < shape.steps(); depth++) {
            int next = firstAtOrAfter(depth, time);
            if (next == size[depth] || times[depth][next] > until) {
                break;
            }
            time = times[depth][next];
        }
        return depth;
    }

    private int[] seconds(long first, int depth) {
        int[] seconds = new int[depth];
        long time = first;
        for (int step = 1; step < depth; step++) {
            time = times[step][firstAtOrAfter(step, time)];
            seconds[step] = (int) ((time - first) / FunnelShape.MICROS);
        }
        return seconds;
    }

    private boolean capped(long hour) {
        Long capped = cappedHours.ceiling(hour);
        return capped != null && capped <= FunnelShape.hour((hour + 1) * FunnelShape.HOUR - 1 + shape.conversionMicros());
    }

    private int countIn(int step, long hour) {
        if (size[step] < MAX_PER_HOUR) {
            return 0;
        }
        return firstAtOrAfter(step, (hour + 1) * FunnelShape.HOUR) - firstAtOrAfter(step, hour * FunnelShape.HOUR);
    }

    /** First steps of one moment are sorted by their values, so that which one counts does not depend on arrival. */
    private int place(int step, long time, String[] touch) {
        int place = firstAtOrAfter(step, time);
        while (step == 0
                && place < size[0]
                && times[0][place] == time
                && BY_VALUES.compare(touches[place], touch) < 0) {
            place++;
        }
        return place;
    }

    private int firstAtOrAfter(int step, long time) {
        long[] sorted = times[step];
        int low = 0;
        int high = size[step];
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
