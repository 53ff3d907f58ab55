package shopstream.funnels;

import java.util.Arrays;

/**
 * How far a user came from one first step: the attempt that counts for the user in the hour of that step.
 *
 * @param touch the breakdowns' values at the first step
 * @param seconds whole seconds from the first step to each step reached, so the first is 0 and the length is the
 * depth @param capped whether events of the user were left out that might have changed this
 */
record Attempt(String[] touch, int[] seconds, boolean capped) {
    boolean sameAs(Attempt other) {
        return other != null
                && capped == other.capped
                && Arrays.equals(seconds, other.seconds)
                && Arrays.equals(touch, other.touch);
    }

    /** The value in breakdown {@code number}; 0 is the one that does not break down. */
    String value(int number) {
        return number == 0 ? "all" : touch[number - 1];
    }
}
